"""What a model writes for a source, and how often that is right."""

from fractions import Fraction
from typing import Any

from jaxtyping import Bool, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.training.decoding.beam import beam_search
from textbook_nlp.training.decoding.generate import checked_id, ending, filled, generate
from textbook_nlp.training.measures.evaluate import evaluating
from textbook_nlp.training.measures.targets import check_targets, real_tokens


def answer(
    model: nn.Module,
    source: Int[Tensor, "B S"],
    start: int,
    *,
    steps: int,
    mask: Bool[Tensor, "B S"] | None = None,
    width: int | None = None,
    end: int | None = None,
    padding_id: int | None = None,
) -> Int[Tensor, "B T"]:
    """Write a target for each source of a batch, with dropout off.

    Args:
        model: `model.read(source, mask)` gives a state, and `model(ids, state)` the logits
            (B, T, V) and the new state: a `Seq2Seq` is one.
        source: ids.
        start: the token that every target begins with; it is not returned.
        steps: how many tokens to write at most.
        mask: true at real tokens of the source; None: all are.
        width: how many beams to follow, see `beam_search`; None takes the likeliest token at each
            step.
        end: the token that ends a target; None ends none before the last step.
        padding_id: fills a row behind its end, as in `generate`; None repeats the token that ended
            it.

    Raises:
        ValueError: if a source is empty, steps or width is below 1, or an id is no whole number or
            out of range.

    Taught in: chapter 12.
    """
    start = checked_id("start", start)
    padding_id = None if padding_id is None else checked_id("padding_id", padding_id)
    device = next(model.parameters()).device
    first = source.new_full((len(source), 1), start, device=device)
    options: dict[str, Any] = {"steps": steps, "end": end}
    with evaluating(model):
        state = model.read(source.to(device), None if mask is None else mask.to(device))
        if width is None:
            return generate(model, first, state=state, padding_id=padding_id, **options)
        found = beam_search(model, first, state=state, width=width, **options).ids[:, 0]
    return filled(found, ending(end), padding_id)


def exact_answers(
    model: nn.Module,
    batch: tuple[Int[Tensor, "B S"], Int[Tensor, "B T"]],
    *,
    padding_id: int | None = None,
    end: int | None = None,
    width: int | None = None,
) -> tuple[Fraction, int]:
    """Return the share of sources that are answered right in every token, and their number.

    The share is exact, so that two epochs that are right equally often are equal. All targets
    begin with the same token, which the model is given; it writes as many as they have beside it.

    Args:
        model: as for `answer`.
        batch: sources and targets, one target a source.
        padding_id: what fills sources up, and targets behind their end; None takes every token for
            a real one.
        end: as for `answer`.
        width: as for `answer`.

    Raises:
        ValueError: if there is not one target a source, the targets begin with different tokens,
            or `end` comes without `padding_id`.
    """
    source, target = batch
    check_targets(source, target)
    start = int(target[0, 0])
    if (target[:, 0] != start).any():
        raise ValueError("the targets begin with different tokens; expected one that starts all")
    if end is not None and padding_id is None:
        raise ValueError("where a token ends a target, padding_id must say what stands behind it")
    wanted = target[:, 1:]
    found = answer(
        model,
        source,
        start,
        steps=wanted.shape[1],
        mask=real_tokens(source, padding_id),
        width=width,
        end=end,
        padding_id=padding_id,
    )
    if end is not None:
        found = F.pad(found, (0, wanted.shape[1] - found.shape[1]), value=padding_id)
    right = int((found == wanted).all(dim=1).sum())
    return Fraction(right, len(source)), len(source)
