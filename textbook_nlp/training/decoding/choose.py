"""Ways to choose the next token from its logits."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

Choose = Callable[[Float[Tensor, "B V"]], Int[Tensor, " B"]]


def greedy(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
    """Choose the most likely token; of several equal ones that of the lowest id.

    Raises:
        ValueError: if a row of logits holds NaN, plus infinity, or nothing but minus infinity.

    Taught in: chapter 10.
    """
    check_logits(logits)
    return logits.argmax(dim=-1)


def check_logits(logits: Float[Tensor, "*B V"]) -> None:
    """Refuse logits that no probabilities can be made of.

    Raises:
        ValueError: if a row of them holds NaN, plus infinity, or nothing but minus infinity.
    """
    if not logits.amax(dim=-1).isfinite().all():
        raise ValueError(
            "a row of logits holds NaN, plus infinity, or nothing but minus infinity; expected a "
            "largest logit that is finite"
        )


def sampling_distribution(
    logits: Float[Tensor, "B V"],
    temperature: float | int = 1.0,
    *,
    top_k: int | None = None,
    top_p: float | int | None = None,
) -> Float[Tensor, "B V"]:
    """Return the probabilities that `sample` draws from, in double precision on the CPU.

    First the logits are divided by the temperature; then all but the `top_k` likeliest tokens get
    the probability 0; then, of what is left, all behind the smallest number of likeliest tokens
    that together reach `top_p`. What stays is scaled to a sum of 1. Of equally likely tokens those
    of the lower ids stay.

    Args:
        logits: minus infinity forbids a token.
        temperature: above 0. Below 1 the likely tokens become likelier, above 1 all become more
            alike.
        top_k: how many tokens stay, from 1 to V; None keeps all.
        top_p: above 0 and at most 1; None keeps all, as 1 does.

    Raises:
        ValueError: if an option is out of its range, or a row of logits holds NaN, plus infinity,
            or nothing but minus infinity.

    Source: top-k: Fan, Lewis and Dauphin, "Hierarchical Neural Story Generation" (2018), section
    5.1; top-p, or nucleus sampling: Holtzman, Buys, Du, Forbes and Choi, "The Curious Case of
    Neural Text Degeneration" (2020), section 3.1.
    Taught in: chapter 10.
    """
    _check_options(temperature, top_k, top_p)
    V = logits.shape[-1]
    if top_k is not None and top_k > V:
        raise ValueError(f"top_k is {top_k}, and there are {V} tokens; expected at most {V}")
    logits = logits.detach().cpu().double()
    check_logits(logits)
    # Shifted first: at a tiny temperature the quotients would otherwise be beyond a float's range.
    p = ((logits - logits.amax(dim=-1, keepdim=True)) / temperature).softmax(dim=-1)
    if top_k is None and top_p in (None, 1):
        return p
    ranked, order = p.sort(dim=-1, descending=True, stable=True)
    if top_k is not None:
        ranked[..., top_k:] = 0
        ranked /= ranked.sum(dim=-1, keepdim=True)
    if top_p not in (None, 1):
        ranked[ranked.cumsum(dim=-1) - ranked >= top_p] = 0  # what stands before reaches it
    kept = torch.zeros_like(p).scatter(-1, order, ranked)
    return kept / kept.sum(dim=-1, keepdim=True)


def sample(
    temperature: float | int = 1.0,
    generator: torch.Generator | None = None,
    *,
    top_k: int | None = None,
    top_p: float | int | None = None,
) -> Choose:
    """Make a function that draws a token from `sampling_distribution` of its logits.

    Args:
        temperature: above 0.
        generator: where the chance comes from; on the CPU, whatever the model's device. Equal
            seeds draw equal tokens from equal logits.
        top_k: draw among so many of the likeliest tokens, from 1 to V; None among all.
        top_p: draw among the fewest likeliest tokens that together reach this probability, above
            0 and at most 1; None among all.

    Raises:
        ValueError: if an option is out of its range; that `top_k` is above V, only the function
            that is made can find.

    Taught in: chapter 10.
    """
    _check_options(temperature, top_k, top_p)

    def choose(logits: Float[Tensor, "B V"]) -> Int[Tensor, " B"]:
        p = sampling_distribution(logits, temperature, top_k=top_k, top_p=top_p)
        return torch.multinomial(p, 1, generator=generator).squeeze(1).to(logits.device)

    return choose


def _check_options(temperature, top_k, top_p) -> None:
    if not 0 < temperature < math.inf:
        raise ValueError(
            f"temperature is {temperature}; expected a finite number above 0 (or choose=greedy)"
        )
    if top_k is not None and (not isinstance(top_k, int) or isinstance(top_k, bool) or top_k < 1):
        raise ValueError(f"top_k is {top_k!r}; expected a whole number of tokens, at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}; expected above 0 and at most 1")
