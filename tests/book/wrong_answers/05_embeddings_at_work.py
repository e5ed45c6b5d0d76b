"""Wrong answers to the exercises of chapter 05, and a part of the hint that each must get."""

WRONG_ANSWERS = {
    "parameters": [
        ("parameters = 160_408", "either the biases"),
        ("parameters = 160_432", "one bias is missing"),
        ("parameters = 433", "vectors are learned too"),
        ("parameters = 160_017", "hidden layer"),
    ],
    "average": [
        ("average = [1.5, 0.75]", "divides by all four places"),
        ("average = [6, 3]", "that is the sum"),
        ("average = [2.5, 0]", "counts twice"),
        ("average = [3, 2.25]", "must not be added or counted"),
        ("average = [4, 3]", "must not be added"),
    ],
    "gradient": [
        ("gradient = [0.15, -0.05]", "stands at two"),
        ("gradient = [0.6, -0.2]", "each place gets a share"),
        ("gradient = [0.4, -0.1333]", "four words"),
    ],
    "fixed_pool": [
        ("fixed_pool = pool_with_a_bug", "fault is still there"),
        (
            "def fixed_pool(W, ids):\n    return (W[ids] * (ids != 0)[:, :, None]).mean(axis=1)",
            "still count in the length",
        ),
        (
            "def fixed_pool(W, ids):\n"
            "    return W[ids].sum(axis=1) / (ids != 0).sum(axis=1, keepdims=True)",
            "still added",
        ),
        (
            "def fixed_pool(W, ids):\n"
            "    mask = (ids != 0)[:, :, None]\n"
            "    return (W[ids] * mask).sum(axis=1) / mask.sum(axis=1)",
            "without any word",
        ),
    ],
    "coverage": [
        (
            "def coverage(texts, vectors):\n"
            "    types = {w for text in texts for w in text}\n"
            "    return sum(w in vectors for w in types) / len(types)",
            "coverage of the types",
        ),
        (
            "def coverage(texts, vectors):\n"
            "    return np.mean([np.mean([w in vectors for w in t]) for t in texts])",
            "mean over texts",
        ),
        (
            "def coverage(texts, vectors):\n    return sum(w in vectors for t in texts for w in t)",
            "that is a count",
        ),
    ],
    "embedding_matrix": [
        (
            "def embedding_matrix(tokens, vectors):\n    return np.array(list(vectors.values()))",
            "order of the file",
        ),
        (
            "def embedding_matrix(tokens, vectors):\n"
            "    return np.array([vectors[t] for t in tokens if t in vectors])",
            "row of zeros",
        ),
    ],
    "stop": [
        (
            "def stop(losses, patience):\n    return int(np.argmin(losses)) + 1, len(losses)",
            "goes on to the end",
        ),
        (
            "def stop(losses, patience):\n"
            "    best = 0\n"
            "    for epoch, loss in enumerate(losses):\n"
            "        if loss < losses[best]:\n"
            "            best = epoch\n"
            "        if epoch - best >= patience:\n"
            "            break\n"
            "    return best, epoch",
            "count from 1",
        ),
        (
            "def stop(losses, patience):\n"
            "    best = 0\n"
            "    for epoch, loss in enumerate(losses):\n"
            "        if loss < losses[best]:\n"
            "            best = epoch\n"
            "        if epoch - best > patience:\n"
            "            break\n"
            "    return best + 1, epoch + 1",
            "one epoch too late",
        ),
        (
            "def stop(losses, patience):\n"
            "    best = 0\n"
            "    for epoch, loss in enumerate(losses):\n"
            "        if epoch and loss < losses[epoch - 1]:\n"
            "            best = epoch\n"
            "        if epoch - best >= patience:\n"
            "            break\n"
            "    return best + 1, epoch + 1",
            "best so far",
        ),
        (
            "def stop(losses, patience):\n"
            "    best = 0\n"
            "    for epoch, loss in enumerate(losses):\n"
            "        if loss <= losses[best]:\n"
            "            best = epoch\n"
            "        if epoch - best >= patience:\n"
            "            break\n"
            "    return np.array([best + 1, epoch + 1])",
            "an equal loss",
        ),
        (
            "def stop(losses, patience):\n"
            "    best, lowest = 0, np.inf\n"
            "    for epoch, loss in enumerate(losses):\n"
            "        if loss < lowest:\n"
            "            best, lowest = epoch, loss\n"
            "        if epoch - best >= patience:\n"
            "            break\n"
            "    return int(np.argmin(losses)) + 1, epoch + 1",
            "sought among all losses",
        ),
        (
            "def stop(losses, patience):\n"
            "    best, lowest, waited = 0, np.inf, 0\n"
            "    for epoch, loss in enumerate(losses):\n"
            "        if loss < lowest:\n"
            "            best, lowest = epoch, loss\n"
            "        else:\n"
            "            waited += 1\n"
            "        if waited >= patience:\n"
            "            break\n"
            "    return best + 1, epoch + 1",
            "begins again",
        ),
    ],
}
