"""Beam search: the likeliest continuations, of which several are followed at a time."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textbook_nlp.training.decoding.choose import check_logits
from textbook_nlp.training.decoding.generate import (
    ReadingStep,
    check_ends,
    check_prompt,
    ending,
    reading,
)
from textbook_nlp.training.state import select


class Beams(NamedTuple):
    """The continuations that a search has found, the best of each row first.

    Attributes:
        ids: (B, W, S); behind the token that ended it a continuation repeats that token.
        log_probabilities: (B, W), in nats; minus infinity where there are fewer than W
            continuations.
    """

    ids: Int[Tensor, "B W S"]
    log_probabilities: Float[Tensor, "B W"]


def beam_search(
    step: ReadingStep,
    ids: Int[Tensor, "B T"],
    *,
    steps: int,
    width: int,
    state: Any = None,
    end: int | Sequence[int] | None = None,
) -> Beams:
    """Look for the continuations of highest probability, keeping the best `width` at each length.

    A continuation that has ended stays among them, with the probability that it had, as long as
    no `width` better ones are found. One beam is `greedy`; as many as there are continuations find
    the best of all; what lies between can miss it.

    Args:
        step: maps (ids (B, T), state) to (logits (B, T, V), state), as for `generate`.
        ids: at least one token a row.
        steps: how many tokens to add at most.
        width: W, how many continuations of a row to follow.
        state: to begin with, such as an encoder's; None starts afresh.
        end: the token that ends a row, or several; None ends none before the last step.

    Raises:
        ValueError: if the ids are empty, steps or width is no whole number, at least 1, `end` names
            no token, or the logits of a continuation that has not ended hold NaN, plus infinity, or
            nothing but minus infinity.

    Source: Sutskever et al., "Sequence to Sequence Learning with Neural Networks" (2014),
    section 3.2.
    Taught in: chapter 10.
    """
    ids, B, W = check_prompt(step, ids, steps), len(ids), width
    if not isinstance(W, Integral) or isinstance(W, bool) or W < 1:
        raise ValueError(f"width is {W!r}; expected a whole number, at least 1")
    ends = ending(end).to(ids.device)
    row = torch.arange(B, device=ids.device).unsqueeze(1)  # (B, 1)
    found = ids.new_empty(B, W, 0)
    with reading(step):
        logits, state = step(ids, state)
        check_ends(ends, logits.shape[-1])
        beams = row.expand(B, W).flatten()  # every row W times
        logits, state = logits[beams, -1], select(state, beams)  # (B * W, V), here and below
        total = torch.full((B, W), -torch.inf, device=ids.device)
        total[:, 0] = 0.0  # W times the same so far: one of them counts
        for number in range(steps):
            if number:
                logits, state = step(found[:, :, -1].reshape(B * W, 1), state)
                logits = logits[:, -1]
            log_p = logits.log_softmax(dim=-1).view(B, W, -1)
            going_on = ~total.isneginf()
            if number and len(ends):
                going_on &= ~torch.isin(found[:, :, -1], ends)
                log_p = _nothing_after(ends, found[:, :, -1], log_p)
            check_logits(logits.view(B, W, -1)[going_on])
            V = log_p.shape[2]
            # Where a beam has no continuation the model may say NaN, which `topk` would prefer.
            sums = (total.unsqueeze(2) + log_p).masked_fill(
                total.isneginf().unsqueeze(2), -torch.inf
            )
            total, best = sums.flatten(1).topk(W)
            beam, token = best // V, best % V
            found = torch.cat([found[row, beam], token.unsqueeze(2)], dim=2)
            if (torch.isin(token, ends) | total.isneginf()).all():
                break
            state = select(state, (row * W + beam).flatten())
    return Beams(found, total)


def _nothing_after(
    ends: Int[Tensor, " E"], last: Int[Tensor, "B W"], log_p: Float[Tensor, "B W V"]
) -> Float[Tensor, "B W V"]:
    """Let continuations that have ended repeat their last token alone, which costs nothing."""
    again = torch.full_like(log_p, -torch.inf).scatter(2, last.unsqueeze(2), 0.0)
    return torch.where(torch.isin(last, ends).unsqueeze(2), again, log_p)
