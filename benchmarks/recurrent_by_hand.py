"""The recurrent layer by hand, and the language model around it, against one that loops for all.

Ours puts the inputs of all time steps through one matrix product, and so the gradients of the
weights; only the product with the state stays in the loop. The peer does everything step by
step, as a first implementation does, forward and backward. Both are checked to give the same
results before they are timed. The whole model gains less than the layer: most of its time goes
into the three products with the V-wide output matrix, and those are the same work either way.

    python benchmarks/recurrent_by_hand.py            one thread; smallest of several runs
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import time

import numpy as np

from textbook_nlp.by_hand import rnn, softmax
from textbook_nlp.by_hand.language_model import initialize, loss_and_gradients

V, E, H, T, B, RUNS = 10_000, 100, 100, 35, 20, 15


def layer_at_once(p, x, h, dhs):
    """Run the layer forward and backward."""
    hs, _, cache = rnn.forward(p, x, (h,))
    dx, (dh,), dp = rnn.backward(dhs, cache)
    return hs, dx, dh, dp["W_x"], dp["W_h"], dp["b"]


def layer_step_by_step(p, x, h, dhs):
    """Compute what `layer_at_once` computes, one time step at a time."""
    hs, before = np.empty_like(dhs), []
    for t in range(T):
        before.append(h)
        h = np.tanh(x[:, t] @ p["W_x"] + h @ p["W_h"] + p["b"])
        hs[:, t] = h
    dx, dh = np.empty_like(x), np.zeros_like(h)
    dW_x, dW_h, db = (np.zeros_like(p[name]) for name in ("W_x", "W_h", "b"))
    for t in reversed(range(T)):
        da = (dhs[:, t] + dh) * (1 - hs[:, t] ** 2)
        dW_x += x[:, t].T @ da
        dW_h += before[t].T @ da
        db += da.sum(axis=0)
        dx[:, t] = da @ p["W_x"].T
        dh = da @ p["W_h"].T
    return hs, dx, dh, dW_x, dW_h, db


def model_step_by_step(p, ids, targets, h):
    """Compute what `loss_and_gradients` computes, one time step at a time."""
    B, T = ids.shape
    loss, kept = 0.0, []
    for t in range(T):
        x = p["embedding"][ids[:, t]]
        h_next = np.tanh(x @ p["W_x"] + h @ p["W_h"] + p["b"])
        probabilities = softmax(h_next @ p["W_out"] + p["b_out"])
        loss -= np.log(probabilities[np.arange(B), targets[:, t]]).sum() / (B * T)
        kept.append((x, h, h_next, probabilities))
        h = h_next
    gradients = {name: np.zeros_like(array) for name, array in p.items()}
    dh = np.zeros_like(h)
    for t in reversed(range(T)):
        x, h_before, h_after, dscores = kept[t]
        dscores[np.arange(B), targets[:, t]] -= 1
        dscores /= B * T
        gradients["W_out"] += h_after.T @ dscores
        gradients["b_out"] += dscores.sum(axis=0)
        da = (dscores @ p["W_out"].T + dh) * (1 - h_after**2)
        gradients["W_x"] += x.T @ da
        gradients["W_h"] += h_before.T @ da
        gradients["b"] += da.sum(axis=0)
        np.add.at(gradients["embedding"], ids[:, t], da @ p["W_x"].T)
        dh = da @ p["W_h"].T
    return loss, gradients, h


def seconds(*jobs):
    """Return the smallest CPU time of several runs of each job, the jobs taking turns."""
    best = [float("inf")] * len(jobs)
    for _ in range(RUNS):
        for i, job in enumerate(jobs):
            start = time.process_time()
            job()
            best[i] = min(best[i], time.process_time() - start)
    return best


def report(what, ours, theirs):
    """Time two jobs and print the ratio."""
    a, b = seconds(ours, theirs)
    print(
        f"{what:32s} at once {1000 * a:6.1f} ms   step by step {1000 * b:6.1f} ms   x {b / a:.2f}"
    )


def main():
    """Compare results, then time."""
    rng = np.random.default_rng(0)
    p = initialize(V, E, H, seed=0, dtype=np.float32)
    ids, targets = rng.integers(0, V, (2, B, T))
    x, dhs = rng.standard_normal((2, B, T, H)).astype(np.float32)
    h = np.zeros((B, H), np.float32)
    for a, b in zip(layer_at_once(p, x, h, dhs), layer_step_by_step(p, x, h, dhs), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3)
    ours = loss_and_gradients(p, ids, targets, (h,))
    theirs = model_step_by_step(p, ids, targets, h)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    for name in p:
        np.testing.assert_allclose(ours[1][name], theirs[1][name], atol=1e-6)

    print(f"forward and backward, V {V}, E {E}, H {H}, T {T}, B {B}, float32, one thread")
    report(
        "recurrent layer",
        lambda: layer_at_once(p, x, h, dhs),
        lambda: layer_step_by_step(p, x, h, dhs),
    )
    report(
        "language model",
        lambda: loss_and_gradients(p, ids, targets, (h,)),
        lambda: model_step_by_step(p, ids, targets, h),
    )


if __name__ == "__main__":
    main()
