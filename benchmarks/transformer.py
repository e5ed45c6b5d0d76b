"""The Transformer's block against torch.nn's, and generation with the cache against without.

The two take turns, and what is compared is the median of the CPU time, so that other work on the
machine touches both alike. A ratio above 1 means that ours is faster.

    python benchmarks/transformer.py          one thread; about a minute
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import torch
from recurrent import seconds
from torch import nn

from textbook_nlp.layers import DecoderBlock, EncoderBlock, causal_mask
from textbook_nlp.models import TransformerLanguageModel
from textbook_nlp.training import generate

B, T, D, N = 32, 128, 256, 4
RUNS = 7
WANTED = 0.8  # of torch's speed, for the blocks
WANTED_OF_CACHE = 5  # times as fast as reading everything anew
TEXTS, LENGTH, LAYERS = 2, 256, 2


def both_passes(run, parameters, *inputs):
    """Make a job: forward, and backward from the same gradient of the outputs."""
    gradient, wanted = torch.ones(B, T, D), [*inputs, *parameters]

    def job():
        return torch.autograd.grad(run(*inputs), wanted, gradient)

    return job


def forward_only(run, *inputs):
    """Make a job: forward, as when a model is used."""

    def job():
        with torch.inference_mode():
            return run(*inputs)

    return job


def pairs():
    """Our blocks beside torch's with the same parameters: name, how each runs, and the inputs."""
    options = {"dropout": 0.0, "batch_first": True, "norm_first": True, "activation": "gelu"}
    ours = {"norm_first": True, "activation": "gelu"}
    x, memory = (torch.randn(B, T, D, requires_grad=True) for _ in range(2))
    unseen = ~causal_mask(T)
    for causal in (False, True):
        block = EncoderBlock(D, N, 4 * D, causal=causal, **ours)
        twin = nn.TransformerEncoderLayer(D, N, 4 * D, **options)
        twin.load_state_dict(block.state_dict())
        masks = {"src_mask": unseen, "is_causal": True} if causal else {}
        name = "causal block" if causal else "encoder block"
        yield (
            name,
            (block, lambda x, block=block: block(x)[0]),
            (twin, lambda x, twin=twin, masks=masks: twin(x, **masks)),
            (x,),
        )
    block = DecoderBlock(D, N, 4 * D, **ours)
    twin = nn.TransformerDecoderLayer(D, N, 4 * D, **options)
    twin.load_state_dict(block.state_dict())
    yield (
        "decoder block",
        (block, lambda x, memory: block(x, block.start(memory))[0]),
        (twin, lambda x, memory: twin(x, memory, tgt_mask=unseen, tgt_is_causal=True)),
        (x, memory),
    )


def compare_blocks():
    """Check that the blocks agree, then time them; return the names of those that are slow."""
    slow = []
    print(f"B {B}, T {T}, D {D}, {N} heads, float32, one thread")
    for name, (ours, run_ours), (theirs, run_theirs), inputs in pairs():
        sides = ((ours, run_ours), (theirs, run_theirs))
        torch.testing.assert_close(run_ours(*inputs), run_theirs(*inputs), rtol=1e-4, atol=1e-4)
        jobs = {
            "training": [both_passes(run, m.parameters(), *inputs) for m, run in sides],
            "inference": [forward_only(run, *inputs) for _, run in sides],
        }
        for kind, pair in jobs.items():
            for module in (ours, theirs):
                module.train(kind == "training")
            mine, other = seconds(pair)
            print(
                f"  {name:13s} {kind:9s} ours {1000 * mine:6.1f} ms   "
                f"torch.nn {1000 * other:6.1f} ms   torch / ours {other / mine:.2f}"
            )
            if other / mine < WANTED:
                slow.append(f"{name}, {kind}")
    return slow


def compare_generation():
    """Check that both ways write the same, then time them; return the ratio."""
    model = TransformerLanguageModel(1000, D, N, LAYERS).eval()
    prompt = torch.randint(1000, (TEXTS, 1))

    def anew(ids, state):
        """Read all tokens so far at every step: the state is the tokens."""
        ids = ids if state is None else torch.cat([state, ids], dim=1)
        return model(ids)[0], ids

    jobs = [lambda step=step: generate(step, prompt, steps=LENGTH) for step in (model, anew)]
    torch.testing.assert_close(jobs[0](), jobs[1]())
    cached, uncached = seconds(jobs, warm=False, runs=3)
    print(
        f"{TEXTS} texts of {LENGTH} tokens, {LAYERS} blocks: cached {cached:.2f} s, not cached "
        f"{uncached:.2f} s, ratio {uncached / cached:.1f}"
    )
    return uncached / cached


def main():
    """Time the blocks and the cache."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    slow, ratio = compare_blocks(), compare_generation()
    if slow:
        raise SystemExit(f"below {WANTED} of torch's speed: {'; '.join(slow)}")
    if ratio < WANTED_OF_CACHE:
        raise SystemExit(f"the cache is {ratio:.1f} times as fast, not {WANTED_OF_CACHE}")


if __name__ == "__main__":
    main()
