"""The recurrent layers by hand, and the language model around them, against time layers of steps.

Ours puts the inputs of all time steps through one matrix product, and so the gradients of the
weights; only the product with the state stays in the loop. The peer is what a first implementation
is, and the source's: a time layer is T layers of one step each, which compute the gradients of all
parameters, and adds up what they give, for the embedding T arrays with a row for every word. Both
are checked to give the same results before they are timed. The whole model gains less than its
parts: most of its time goes into the three products with the V-wide output matrix, and those are
the same work either way.

Then the memory of both passes: it grows in a line with the number of steps, because every step
keeps its gates for the backward pass; cut into blocks, as truncated BPTT does, it stays that of one
block, however long the text.

    python benchmarks/recurrent_by_hand.py            one thread; smallest of several runs
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import time
import tracemalloc

import numpy as np

from textbook_nlp.by_hand import lstm, rnn, softmax
from textbook_nlp.by_hand.language_model import initialize, loss_and_gradients
from textbook_nlp.by_hand.recurrence import sigmoid

V, T, B = 10_000, 35, 20
SIZES = [(rnn, 100), (lstm, 100), (lstm, 650)]  # inputs and hidden units are as many
IGNORED = -1  # a target that does not count; there is none here


def rnn_step(p, x, state):
    """Take a step; return the state and what the way back needs."""
    (h,) = state
    new = np.tanh(x @ p["W_x"] + h @ p["W_h"] + p["b"])
    return (new,), new


def rnn_back(new, before, dstate):
    """Return the gradient before the tanh, and what else reaches the state before."""
    (dh,) = dstate
    return dh * (1 - new**2), ()


def lstm_step(p, x, state):
    """Take a step; return the state and what the way back needs."""
    h, c = state
    i, f, g, o = np.split(x @ p["W_x"] + h @ p["W_h"] + p["b"], 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * c + i * g
    return (o * np.tanh(c), c), (i, f, g, o, np.tanh(c))


def lstm_back(kept, before, dstate):
    """Return the gradient before the gates, and what else reaches the state before."""
    (i, f, g, o, tanh_c), (dh, dc) = kept, dstate
    dc = dc + dh * o * (1 - tanh_c**2)
    gates = (
        dc * g * i * (1 - i),
        dc * before[1] * f * (1 - f),
        dc * i * (1 - g**2),
        dh * tanh_c * o * (1 - o),
    )
    return np.hstack(gates), (dc * f,)


PEERS = {rnn: (rnn_step, rnn_back), lstm: (lstm_step, lstm_back)}


def layer_at_once(cell, p, x, state, dhs):
    """Run a layer forward and backward."""
    hs, end, cache = cell.forward(p, x, state)
    dx, _, dp = cell.backward(dhs, cache)
    return hs, end, dx, dp


def layer_step_by_step(cell, p, x, state, dhs):
    """Compute what `layer_at_once` computes, one time step at a time.

    The gradient of the outputs may be a function of them, for a model that has to know them first.
    """
    step, back = PEERS[cell]
    hs, states, kept = np.empty((*x.shape[:2], len(p["W_h"])), x.dtype), [state], []
    for t in range(x.shape[1]):
        state, notes = step(p, x[:, t], state)
        states.append(state)
        kept.append(notes)
        hs[:, t] = state[0]
    dhs = dhs(hs) if callable(dhs) else dhs
    dx, dstate = np.empty_like(x), [np.zeros_like(part) for part in state]
    dp = {name: np.zeros_like(p[name]) for name in ("W_x", "W_h", "b")}
    for t in reversed(range(x.shape[1])):
        dstate[0] = dstate[0] + dhs[:, t]
        da, rest = back(kept[t], states[t], dstate)
        dp["W_x"] += x[:, t].T @ da
        dp["W_h"] += states[t][0].T @ da
        dp["b"] += da.sum(axis=0)
        dx[:, t] = da @ p["W_x"].T
        dstate = [da @ p["W_h"].T, *rest]
    return hs, state, dx, dp


def model_step_by_step(cell, p, ids, targets, state):
    """Compute what `loss_and_gradients` computes; all steps at once only where V is at stake."""
    gradients, found = {}, {}

    def through_the_vocabulary(hs):
        rows = hs.reshape(-1, hs.shape[2])
        right, counts = (np.arange(len(rows)), targets.ravel()), targets.ravel() != IGNORED
        dscores = softmax(rows @ p["W_out"] + p["b_out"])
        found["loss"] = -(np.log(dscores[right]) * counts).sum() / counts.sum()
        dscores[right] -= 1
        dscores *= np.float32(1)  # the gradient of the loss by itself: each layer multiplies it in
        dscores /= counts.sum()
        dscores *= counts[:, None]
        gradients["W_out"], gradients["b_out"] = rows.T @ dscores, dscores.sum(axis=0)
        return (dscores @ p["W_out"].T).reshape(hs.shape)

    vectors = np.stack([p["embedding"][ids[:, t]] for t in range(ids.shape[1])], axis=1)
    _, state, dx, dp = layer_step_by_step(cell, p, vectors, state, through_the_vocabulary)
    gradients["embedding"] = np.zeros_like(p["embedding"])
    for t in range(ids.shape[1]):
        of_step = np.zeros_like(p["embedding"])
        np.add.at(of_step, ids[:, t], dx[:, t])
        gradients["embedding"] += of_step
    return found["loss"], gradients | dp, state


def seconds(runs, *jobs):
    """Return the smallest CPU time of several runs of each job, the jobs taking turns."""
    best = [float("inf")] * len(jobs)
    for _ in range(runs):
        for i, job in enumerate(jobs):
            start = time.process_time()
            job()
            best[i] = min(best[i], time.process_time() - start)
    return best


def report(what, runs, ours, theirs):
    """Time two jobs, print tokens per CPU second and their ratio."""
    a, b = seconds(runs, ours, theirs)
    print(
        f"  {what:15s} at once {B * T / a:9,.0f} tokens/s   step by step {B * T / b:9,.0f}   "
        f"x {b / a:.2f}"
    )


def compare(cell, H, runs=12):
    """Check that both ways agree, then time the layer and the model."""
    rng = np.random.default_rng(0)
    p = initialize(V, H, H, seed=0, dtype=np.float32, cell=cell)
    ids, targets = rng.integers(0, V, (2, B, T))
    x, dhs = rng.standard_normal((2, B, T, H)).astype(np.float32)
    state = (np.zeros((B, H), np.float32),) * (2 if cell is lstm else 1)
    layer = [f(cell, p, x, state, dhs) for f in (layer_at_once, layer_step_by_step)]
    for mine, theirs in zip(*layer, strict=True):
        pairs = [(mine[k], theirs[k]) for k in mine] if isinstance(mine, dict) else [(mine, theirs)]
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-3)
    ours = loss_and_gradients(p, ids, targets, state, cell)
    theirs = model_step_by_step(cell, p, ids, targets, state)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    for name in p:
        np.testing.assert_allclose(ours[1][name], theirs[1][name], atol=1e-6)

    name = cell.__name__.split(".")[-1]
    print(f"{name} {H}/{H}, V {V}, T {T}, B {B}, forward and backward, float32, one thread")
    report(
        "layer",
        runs,
        lambda: layer_at_once(cell, p, x, state, dhs),
        lambda: layer_step_by_step(cell, p, x, state, dhs),
    )
    report(
        "language model",
        runs,
        lambda: loss_and_gradients(p, ids, targets, state, cell),
        lambda: model_step_by_step(cell, p, ids, targets, state),
    )


def peak(job):
    """Return the most memory that a job held at a time, in MB."""
    tracemalloc.start()
    try:
        job()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def memory(H=100):
    """Print what both passes of an LSTM hold, of a whole text and block by block."""
    rng = np.random.default_rng(0)
    p = lstm.initialize(H, H, rng, np.float32)

    def passes(x):
        state = None
        for block in x:
            hs, state, cache = lstm.forward(p, block, state)
            lstm.backward(np.ones_like(hs), cache)

    print(f"memory of both passes, lstm {H}/{H}, B {B}, float32")
    for steps in (T, 2 * T, 4 * T, 8 * T, 16 * T):
        x = np.ones((B, steps, H), np.float32)
        pieces = np.split(x, steps // T, axis=1)
        whole, blocks = peak(lambda x=x: passes([x])), peak(lambda x=pieces: passes(x))
        print(f"  {steps:4d} steps: at once {whole:6.1f} MB, in blocks of {T}: {blocks:5.1f} MB")


def main():
    """Compare results and time them, for the plain layer and the LSTM; then look at memory."""
    for cell, H in SIZES:
        compare(cell, H)
    memory()


if __name__ == "__main__":
    main()
