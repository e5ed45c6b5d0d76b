"""States that models carry from batch to batch: any nesting of tensors, walked in one place."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def detach(state: Any) -> Any:
    """Cut a state off from the steps that led to it; its values stay.

    This is where BPTT is truncated.

    Args:
        state: a tensor, or tuples, lists and dicts of them at any depth; anything else in there,
            such as None, stays as it is.

    Taught in: chapter 07.
    """
    return _each(state, Tensor.detach)


def select(state: Any, rows: Int[Tensor, " K"] | Bool[Tensor, " B"]) -> Any:
    """Return the state of some rows of the batch, in the order given.

    Beam search goes on from the best rows, some of them twice, and others are dropped.

    Args:
        state: tensors whose first axis is the batch, nested as for `detach`.
        rows: which rows, by number (a row may come more than once) or by a mask.
    """
    if rows.dtype == torch.bool:
        rows = rows.nonzero().squeeze(1)
    return _each(state, lambda tensor: tensor.index_select(0, rows.to(tensor.device)))


def to_device(value: Any, device: torch.device | str) -> Any:
    """Move every tensor of a state or a batch; those that are there already are not copied."""
    return _each(value, lambda tensor: tensor.to(device))


def carry(measure: Callable[..., tuple], model: Any, batch: Any, state: Any) -> tuple:
    """Call a loss or a measure on the next batch, and hand the state on if it has one.

    Args:
        measure: maps (model, batch) to (mean, items), or (model, batch, state) to (mean, items,
            new state), where a state left out is the start.
        model: the first argument.
        batch: the second.
        state: what the call before returned, or None at the start.

    Returns:
        Mean, items, and the new state: None where there is none.

    Raises:
        TypeError: if the measure returns something else.
    """
    result = measure(model, batch) if state is None else measure(model, batch, state)
    if not isinstance(result, tuple) or len(result) not in (2, 3):
        raise TypeError(
            f"{getattr(measure, '__name__', measure)} returned {_kind(result)}; expected "
            "(mean, items), or (mean, items, state) if a state goes from batch to batch"
        )
    mean, items, *new_state = result
    return mean, items, new_state[0] if new_state else None


def _kind(result: Any) -> str:
    if isinstance(result, tuple):
        return f"a tuple of {len(result)}"
    return f"a {type(result).__name__}"


def _each(value: Any, do: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to every tensor in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return do(value)
    if isinstance(value, dict):
        return {key: _each(part, do) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):  # a NamedTuple
        return type(value)(*(_each(part, do) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(_each(part, do) for part in value)
    return value
