"""The convolution over time against `F.conv1d`, forward and backward, on one thread.

The jobs take turns, and what is compared is the median of the CPU time, so that other work on the
machine touches all alike. A ratio above 1 means that ours is faster. `F.conv1d` has its input as it
likes it, (B, D, T); ours, (B, T, D), as the book has it everywhere.

From unfolding, `convolve` stays below: it writes every step down once for each tap, 57 MB here, and
reads that again on the way back, and the general product that follows is slower than PyTorch's
kernel even when its rows lie ready. So the layer calls that kernel, through `fast_convolve`, and
`convolve` is the form to read.

    python benchmarks/convolution.py          one thread; about half a minute
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import torch
from recurrent import both_passes, seconds
from torch.nn import functional as F

from textbook_nlp.layers import Convolution, convolve

B, T, D, K = 32, 500, 128, 7  # as many kernels as features
RUNS = 9
WANTED = 0.8  # of the speed of `F.conv1d`, for the layer


def main():
    """Check that all agree, then time them."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layer = Convolution(D, D, K)
    x, gradient = torch.randn(B, T, D, requires_grad=True), torch.randn(B, T - K + 1, D)
    turned = x.detach().transpose(1, 2).contiguous().requires_grad_()
    parameters = [layer.weight, layer.bias]
    jobs = [
        both_passes(
            lambda x: F.conv1d(x, *parameters), turned, gradient.mT.contiguous(), parameters
        ),
        both_passes(layer, x, gradient, parameters),
        both_passes(lambda x: convolve(x, *parameters), x, gradient, parameters),
    ]
    dx, *expected = jobs[0]()
    for job in jobs[1:]:
        torch.testing.assert_close(job(), (dx.mT, *expected), rtol=1e-3, atol=1e-2)
    theirs, ours, unfolded = seconds(jobs, runs=RUNS)
    print(f"B {B}, T {T}, {D} channels, kernel {K}, forward and backward, float32, one thread")
    for name, found in (("F.conv1d", theirs), ("Convolution", ours), ("convolve", unfolded)):
        print(f"  {name:12s} {1000 * found:6.1f} ms   F.conv1d / this {theirs / found:.2f}")
    if theirs / ours < WANTED:
        raise SystemExit(f"the layer is below {WANTED} of the speed of F.conv1d")


if __name__ == "__main__":
    main()
