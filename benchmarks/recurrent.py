"""The recurrent layers against torch.nn's, forward and backward, on one thread.

The two take turns, and what is compared is the median of the CPU time, so that other work on the
machine touches both alike. A ratio above 1 means that ours is faster. The LSTM goes the fast way,
with its gradient written out; `scan` is the readable way, which the RNN and the GRU go.

    python benchmarks/recurrent.py            one thread; about two minutes
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import statistics
import time

import torch
from torch import nn

from textbook_nlp.layers import GRU, LSTM, RNN, scan

SIZES = [(20, 35, 650), (128, 100, 64)]  # B, T, H; the inputs have H features too
RUNS = 15
WANTED = 0.8  # of torch's speed, for the LSTM


def seconds(jobs, warm=True, runs=RUNS):
    """Return the median CPU time of each job, the jobs taking turns."""
    for job in jobs if warm else []:
        job()
    times = [[] for _ in jobs]
    for _ in range(runs):
        for job, found in zip(jobs, times, strict=True):
            start = time.process_time()
            job()
            found.append(time.process_time() - start)
    return [statistics.median(found) for found in times]


def both_passes(run, x, gradient, parameters):
    """Make a job: forward, and backward from the same gradient of the outputs."""
    wanted = [x, *parameters]

    def job():
        return torch.autograd.grad(run(x), wanted, gradient)

    return job


def compare(kinds, B, T, H):
    """Check that the layers agree, then time them and `scan` with the first layer's cell."""
    torch.manual_seed(0)
    ours, theirs = (kind(H, H, batch_first=True) for kind in kinds)
    ours.load_state_dict(theirs.state_dict())
    x, gradient = torch.randn(B, T, H, requires_grad=True), torch.randn(B, T, H)
    (cell,) = ours._stack[0].cells
    jobs = [
        both_passes(lambda x: ours(x)[0], x, gradient, ours.parameters()),
        both_passes(lambda x: scan(cell, x)[0], x, gradient, cell.parameters()),
        both_passes(lambda x: theirs(x)[0], x, gradient, theirs.parameters()),
    ]
    for job in jobs[:2]:
        torch.testing.assert_close(job(), jobs[2](), rtol=1e-3, atol=1e-3)
    return seconds(jobs)


def main():
    """Time every kind of layer at every size."""
    torch.set_num_threads(1)
    slow = []
    for B, T, H in SIZES:
        print(f"B {B}, T {T}, H {H}, forward and backward, float32, one thread")
        for kinds in ((LSTM, nn.LSTM), (GRU, nn.GRU), (RNN, nn.RNN)):
            ours, readable, theirs = compare(kinds, B, T, H)
            name = kinds[0].__name__
            print(
                f"  {name:5s} ours {1000 * ours:6.1f} ms   scan {1000 * readable:6.1f} ms   "
                f"torch.nn {1000 * theirs:6.1f} ms   torch / ours {theirs / ours:.2f}"
            )
            if name == "LSTM" and theirs / ours < WANTED:
                slow.append((B, T, H))
    if slow:
        raise SystemExit(f"the LSTM is below {WANTED} of torch's speed at {slow}")


if __name__ == "__main__":
    main()
