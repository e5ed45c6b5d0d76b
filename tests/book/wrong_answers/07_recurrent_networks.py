"""Wrong answers to the exercises of chapter 07, and a part of the hint that each must get."""

BACKWARD = """
def relu_backward(g, x, h0, hs, W_x, W_h):
    dh = np.zeros_like(h0)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    for t in reversed(range(x.shape[1])):
        before = hs[:, t - 1] if t > 0 else h0
        delta = {delta}
        dW_x += x[:, t].T @ delta
        dW_h += before.T @ delta
        db += delta.sum(axis=0)
        dh = delta @ W_h.T
    return {returned}
"""
ALL = "dh, dW_x, dW_h, db"

WRONG_ANSWERS = {
    "parameters": [
        ("in_this_chapter, in_torch = 40_000, 40_200", "bias is missing"),
        ("in_this_chapter, in_torch = 40_200, 40_200", "PyTorch's count"),
        ("in_this_chapter, in_torch = 40_100, 40_100", "one for the state"),
        ("in_this_chapter, in_torch = 120_100, 40_200", "not D"),
        ("in_this_chapter, in_torch = '40100', 40_200", "expected"),
    ],
    "shapes": [
        ("outputs_shape, last_shape = (8, 20, 32), (4, 8, 32)", "side by side"),
        ("outputs_shape, last_shape = (8, 20, 64), (2, 8, 64)", "of its own"),
        ("outputs_shape, last_shape = (20, 8, 64), (4, 8, 32)", "batch comes first"),
        ("outputs_shape, last_shape = 3, 4", "expected"),
    ],
    "state_after_ho": [
        ("state = [0.231, -0.962]", "the state is tanh(a)"),
        ("state = np.tanh(W_x[3] + W_h @ np.tanh(W_x[0] + b) + b)", "h @ W_h"),
        ("state = [0.46, 0.0]", "one letter is still to come"),
        ("state = [0.23]", "shape"),
        ("state = [np.nan, 0.1]", "NaN"),
    ],
    "relu_backward": [
        ("relu_backward = relu_backward_with_a_bug", "which way"),
        ("relu_backward = backward", "slope of the tanh"),
        (BACKWARD.format(delta="g[:, t] * (hs[:, t] > 0)", returned=ALL), "no longer arrives"),
        (BACKWARD.format(delta="g[:, t] + dh", returned=ALL), "passes unchanged"),
        (BACKWARD.format(delta="g[:, t] + dh * (hs[:, t] > 0)", returned=ALL), "own gradient"),
        (
            BACKWARD.format(delta="(g[:, t] + dh) * (hs[:, t] > 0)", returned="dW_x"),
            "4 values",
        ),
        ("relu_backward = 3", "function"),
    ],
    "blocks": [
        (
            "def blocks(ids, B, T):\n"
            "    n = (len(ids) - 1) // (B * T)\n"
            "    x = ids[:n * B * T].reshape(n, B, T)\n"
            "    return [(a, a + 1) for a in x]",
            "go on where row i",
        ),
        (
            "def blocks(ids, B, T):\n"
            "    n = (len(ids) - 1) // B\n"
            "    x = ids[:B * n].reshape(B, n)\n"
            "    return [(x[:, t:t + T], x[:, t:t + T]) for t in range(0, n - T + 1, T)]",
            "inputs themselves",
        ),
        (
            "def blocks(ids, B, T):\n"
            "    n = (len(ids) - 1) // B\n"
            "    x = ids[:B * n].reshape(n, B).T\n"
            "    return [(x[:, t:t + T], x[:, t:t + T] + 1) for t in range(0, n - T + 1, T)]",
            "not neighbors",
        ),
        (
            "def blocks(ids, B, T):\n"
            "    n = (len(ids) - 1) // B\n"
            "    x = ids[:B * n].reshape(B, n)\n"
            "    return [(x[:, t:t + T], x[:, t:t + T] + 1) for t in range(0, n, T)]",
            "a block has shape",
        ),
        ("def blocks(ids, B, T):\n    return 5", "list of pairs"),
        ("def blocks(ids):\n    return []", "argument"),
    ],
    "steps_back": [
        ("steps_back = 43", "still a little above"),
        ("steps_back = np.log(0.01) / np.log(0.9)", "whole"),
        ("steps_back = 100", "too large"),
    ],
    "clip": [
        (
            "def clip(gradients, theta):\n"
            "    return [g * min(1, theta / max(np.linalg.norm(g), 1e-9)) for g in gradients]",
            "its own norm",
        ),
        (
            "def clip(gradients, theta):\n"
            "    return [np.clip(g, -theta, theta) for g in gradients]",
            "each number",
        ),
        (
            "def clip(gradients, theta):\n"
            "    norm = np.sqrt(sum((g ** 2).sum() for g in gradients))\n"
            "    return [g * theta / norm for g in gradients]",
            "must stay as they are",
        ),
        ("def clip(gradients, theta):\n    return gradients", "as they were"),
        (
            "def clip(gradients, theta):\n"
            "    for g in gradients:\n"
            "        g *= 0.5\n"
            "    return gradients",
            "in place",
        ),
    ],
}
