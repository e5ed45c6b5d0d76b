"""One token after another: what a model writes when it reads its own words."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from numbers import Integral
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.training.decoding.choose import Choose, greedy
from textbook_nlp.training.measures.evaluate import evaluating

# Maps ids (B, T) and a state to logits (B, T, V) and the new state: a language model is one.
# What belongs to a row (what an encoder made of its text, say) is part of the state.
ReadingStep = Callable[[Int[Tensor, "B T"], Any], tuple[Float[Tensor, "B T V"], Any]]


def generate(
    step: ReadingStep,
    ids: Int[Tensor, "B T"],
    *,
    steps: int,
    choose: Choose = greedy,
    state: Any = None,
    end: int | Sequence[int] | None = None,
    padding_id: int | None = None,
) -> Int[Tensor, "B S"]:
    """Go on from each row of ids until a token comes that ends it, or until the steps are over.

    The ids are read once; after that every step reads one token and the state.

    Args:
        step: maps (ids (B, T), state) to (logits (B, T, V), state), such as a language model. A
            module is switched to evaluation, and back at the end.
        ids: at least one token a row: a prompt, or the token that begins a text.
        steps: how many tokens to add at most.
        choose: picks tokens (B,) from logits (B, V): `greedy`, or one from `sample`.
        state: to begin with, such as an encoder's; None starts afresh.
        end: the token that ends a row, or several; None ends none before the last step.
        padding_id: fills a row behind its end, and need be no id of the vocabulary, since the model
            does not read it; None repeats the token that ended the row.

    Returns:
        The new tokens alone, (B, S): S is `steps`, or less where every row has ended.

    Raises:
        ValueError: if the ids are empty, steps is no whole number, at least 1, `end` names no
            token, or `padding_id` is no whole number.

    Taught in: chapter 10.
    """
    padding_id = None if padding_id is None else checked_id("padding_id", padding_id)
    ids, ends, new = check_prompt(step, ids, steps), ending(end), []
    ended = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
    with reading(step):
        for _ in range(steps):
            logits, state = step(ids, state)
            check_ends(ends, logits.shape[-1])
            # What comes behind an end does not matter: nothing there is refused, and the row reads
            # its last token again.
            chosen = choose(logits[:, -1].masked_fill(ended.unsqueeze(1), 0.0))
            chosen = torch.where(ended, ids[:, -1], chosen)
            ended = ended | torch.isin(chosen, ends.to(chosen.device))
            new.append(chosen)
            ids = chosen.unsqueeze(1)
            if ended.all():
                break
    return filled(torch.stack(new, dim=1), ends, padding_id)


def filled(
    ids: Int[Tensor, "B S"], ends: Int[Tensor, " E"], padding_id: int | None
) -> Int[Tensor, "B S"]:
    """Put `padding_id` behind the first end of each row; None leaves the ids as they are."""
    if padding_id is None:
        return ids
    is_end = torch.isin(ids, ends.to(ids.device)).long()
    return ids.masked_fill(is_end.cumsum(dim=1) > is_end, padding_id)  # an end stands before


def check_prompt(step: ReadingStep, ids: Int[Tensor, "B T"], steps: int) -> Int[Tensor, "B T"]:
    """Return the ids on the device of a module that is to read them, if it has one.

    Raises:
        ValueError: if the ids are empty or steps is no whole number, at least 1.
    """
    if ids.ndim != 2 or ids.numel() == 0:
        raise ValueError(f"ids have shape {tuple(ids.shape)}; expected (B, T), T at least 1")
    if not isinstance(steps, Integral) or steps < 1:
        raise ValueError(f"steps is {steps}; expected a whole number, at least 1")
    if not isinstance(step, nn.Module):
        return ids
    return ids.to(next(chain(step.parameters(), step.buffers()), ids).device)


def checked_id(name: str, value: Any) -> int:
    """Return an id that may be an integer of any kind, of NumPy or torch too, as an int.

    Raises:
        ValueError: if it is no whole number.
    """
    number = value.item() if isinstance(value, Tensor) and value.ndim == 0 else value
    if not isinstance(number, Integral) or isinstance(number, bool):
        raise ValueError(f"{name} is {value!r}; expected the id of a token, a whole number")
    return int(number)


def ending(end: int | Sequence[int] | None) -> Int[Tensor, " E"]:
    """Return the tokens that end a row: none, one or several.

    Raises:
        ValueError: if there is an empty list of them, or one that is no whole number, at least 0.
    """
    if end is None:
        return torch.empty(0, dtype=torch.int64)
    given = end.tolist() if isinstance(end, Tensor) else end
    ids = [checked_id("end", one) for one in (given if isinstance(given, Iterable) else [given])]
    if not ids or min(ids) < 0:
        raise ValueError(f"end is {end}; expected ids of tokens, at least 0, or None for no end")
    return torch.tensor(ids)


def check_ends(ends: Int[Tensor, " E"], vocabulary_size: int) -> None:
    """Refuse a token to end with that no model can choose: nothing would ever end.

    Raises:
        ValueError: if one is not below V.
    """
    if (ends >= vocabulary_size).any():
        raise ValueError(f"end is {ends.tolist()}; expected ids below {vocabulary_size}")


def reading(step: ReadingStep) -> AbstractContextManager:
    """Switch a module's dropout off in a block; of a plain function only the gradients."""
    return evaluating(step) if isinstance(step, nn.Module) else torch.no_grad()
