"""Wrong answers to the exercises of chapter 03, and a part of the hint that each must get."""

EMBED = """
def embed(sentences):
    known = sorted({{word for row in sentences for word in row}})
    number = {{word: i for i, word in enumerate(known)}}
    text = [[number[word] for word in row] for row in sentences]
    C = cooccurrence(text, len(known), 5)
    {rest}
"""
NEAREST = """
def nearest(M, i, k):
    lengths = np.linalg.norm(M, axis=1)
    cosines = (M / np.where(lengths == 0, 1, lengths)[:, None]) @ M[i]
    {rest}
"""

WRONG_ANSWERS = {
    "row": [
        ("row = [0, 1, 1, 0]", "second occurrence"),
        ("row = [2, 2, 2, 1]", "three places apart"),
        ("row = [0, 2, 2, 2]", "does not see it"),
        ("row = [0, 2, 2]", "shape"),
        ("row = 'cat'", "expected numbers"),
    ],
    "similarity": [
        ("similarity = 6", "1 / (1 + steps)"),
        ("similarity = 1 / 6", "add 1"),
        ("similarity = 1 / 4", "the way down"),
    ],
    "bits": [
        ("bits = 16 * 80_000 / (400 * 50)", "now the logarithm"),
        ("bits = np.log(64)", "base 2"),
        ("bits = np.log2(400 * 50 / (16 * 80_000))", "upside down"),
    ],
    "fixed_ppmi": [
        ("fixed_ppmi = ppmi_with_a_bug", "fault is still there"),
        (
            "def fixed_ppmi(C):\n"
            "    C = C.astype(np.int64)\n"
            "    N, S = C.sum(), C.sum(axis=0)\n"
            "    with np.errstate(all='ignore'):\n"
            "        pmi = np.log2(C * N / np.outer(S, S))\n"
            "    return np.maximum(0, np.nan_to_num(pmi, posinf=0, neginf=0))",
            "not forever",
        ),
        (
            "def fixed_ppmi(C):\n"
            "    C = C.astype(float)\n"
            "    S = C.sum(axis=0)\n"
            "    with np.errstate(all='ignore'):\n"
            "        pmi = np.log(C * C.sum() / np.outer(S, S))\n"
            "    return np.maximum(0, np.nan_to_num(pmi, neginf=0))",
            "base 2",
        ),
        (
            "def fixed_ppmi(C):\n"
            "    C = C.astype(float)\n"
            "    S = C.sum(axis=0)\n"
            "    with np.errstate(all='ignore'):\n"
            "        return np.nan_to_num(np.log2(C * C.sum() / np.outer(S, S)), neginf=0)",
            "negative",
        ),
    ],
    "weighted": [
        (
            "def weighted(ids, V, n):\n    return cooccurrence([ids], V, n).toarray()",
            "should count 1 / d",
        ),
        (
            "def weighted(ids, V, n):\n"
            "    C = np.zeros((V, V))\n"
            "    for d in range(1, n + 1):\n"
            "        for left, right in zip(ids, ids[d:]):\n"
            "            C[left, right] += 1 / d\n"
            "    return C",
            "symmetric",
        ),
        (
            "def weighted(ids, V, n):\n"
            "    C = np.zeros((V, V))\n"
            "    for d in range(1, n):\n"
            "        for left, right in zip(ids, ids[d:]):\n"
            "            C[left, right] += 1 / d\n"
            "            C[right, left] += 1 / d\n"
            "    return C",
            "last one included",
        ),
    ],
    "nearest": [
        (NEAREST.format(rest="return np.argsort(-cosines)[:k].tolist()"), "leave row i out"),
        (
            "def nearest(M, i, k):\n"
            "    scores = M @ M[i]\n"
            "    scores[~M.any(axis=1)] = -1e9\n"
            "    scores[i] = -np.inf\n"
            "    return np.argsort(-scores)[:k].tolist()",
            "dot products",
        ),
        (
            NEAREST.format(
                rest="cosines[lengths == 0] = -1e9\n"
                "    return np.argsort(-cosines)[1:k + 1].tolist()"
            ),
            "by its number",
        ),
        (
            "def nearest(M, i, k):\n"
            "    scores = M @ M[i]\n"
            "    scores[i] = -np.inf\n"
            "    return np.argsort(-scores)[:k].tolist()",
            "Divide by the lengths",
        ),
        (
            NEAREST.format(
                rest="cosines[i] = -np.inf\n    return np.argsort(-cosines)[:k].tolist()"
            ),
            "comes last",
        ),
    ],
    "directions": [
        (
            "def directions(S, share):\n"
            "    kept = np.cumsum(S) / np.sum(S)\n"
            "    return int(np.argmax(kept >= share)) + 1",
            "squares",
        ),
        (
            "def directions(S, share):\n"
            "    kept = np.cumsum(np.square(S)) / np.sum(np.square(S))\n"
            "    return int(np.argmax(kept >= share))",
            "off by one",
        ),
        (
            "def directions(S, share):\n"
            "    kept = np.cumsum(np.square(S)) / np.sum(np.square(S))\n"
            "    return int(np.argmax(kept >= share)) + 1",
            "share of 1",
        ),
    ],
    "embed": [
        (EMBED.format(rest="return known, C.toarray()"), "drown"),
        (EMBED.format(rest="return known, shortened(ppmi(C), 50)"), "together"),
        (EMBED.format(rest="return known[1:], C.toarray()[1:]"), "needs a row"),
        (EMBED.format(rest="return C.toarray()"), "two things"),
    ],
}
