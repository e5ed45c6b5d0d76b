"""One number for a model: the mean of a measure over batches."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import torch
from torch import Tensor, nn

from textbook_nlp.training.state import carry, to_device

Measure = Callable[..., tuple[Tensor | Real, int] | tuple[Tensor | Real, int, Any]]


def evaluate(model: nn.Module, batches: Iterable[Any], measure: Measure) -> float:
    """Return the mean of a measure over all items of all batches, with dropout off.

    Every item counts the same, however the batches are cut. A state is carried from batch to
    batch: over `bptt_batches(ids, 1, T)` that is one continuous pass over a text; with more rows
    each begins without a past, which makes a language model a little worse.

    Args:
        model: each of its modules is put back into the mode, training or not, that it was in.
        batches: moved to the model's device one by one.
        measure: a loss or another measure: maps (model, batch) to (mean, items), or with a state
            (model, batch, state) to (mean, items, new state).

    Raises:
        ValueError: if there is nothing to measure.

    Example:
        >>> perplexity(evaluate(model, batches, next_token_loss))  # doctest: +SKIP

    Taught in: chapter 05.
    """
    device = next(model.parameters()).device
    state, total, count = None, 0, 0
    with evaluating(model):
        for batch in batches:
            mean, items, state = carry(measure, model, to_device(batch, device), state)
            total += (mean.item() if isinstance(mean, Tensor) else mean) * items
            count += items
    if count == 0:
        raise ValueError("there is nothing to evaluate on: no batch, or none with an item")
    return float(total / count)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switch dropout and the recording of gradients off in a block, and back on after it.

    A part of the model that was in evaluation before stays in it.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, was_training in modes:
            module.training = was_training
