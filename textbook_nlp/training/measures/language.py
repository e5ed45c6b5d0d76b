"""How well a model predicts the next token."""

import math
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.training.measures.label_smoothing import smoothed_cross_entropy


def next_token_loss(
    model: nn.Module,
    batch: tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]],
    state: Any = None,
    *,
    padding_id: int = -100,
    smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], int, Any]:
    """Return the mean cross-entropy in nats a token, the number of tokens, and the new state.

    One fused call over all B * T rows: log-softmax and the choice of the target in one.

    Args:
        model: maps (ids, state) to (logits (B, T, V), state).
        batch: inputs and targets.
        state: the state before the batch, or None.
        padding_id: targets that are this id count for nothing, neither in the mean nor in the
            number of tokens. PyTorch's -100 is no token's id; where the texts of a batch were
            filled up, give the id that fills them: `partial(next_token_loss, padding_id=0)`.
        smoothing: of the targets, in training; see `smoothed_cross_entropy`.

    Raises:
        ValueError: if every target is padding, one is neither padding nor an id from 0 to V - 1,
            or `smoothing` is not in [0, 1).
    """
    inputs, targets = batch
    # Counted before the model is called: a GPU has nothing to do yet that this would wait for.
    items = int((targets != padding_id).sum())
    if items == 0:
        raise ValueError(f"all targets are padding ({padding_id}): leave such batches out")
    logits, state = model(inputs, state)
    mean = smoothed_cross_entropy(
        logits.flatten(0, 1), targets.flatten(), smoothing, padding_id=padding_id
    )
    return mean, items, state


def whole_text_loss(
    model: nn.Module,
    batch: tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]],
    *,
    padding_id: int = -100,
    smoothing: float = 0.0,
) -> tuple[Float[Tensor, ""], int]:
    """Return what `next_token_loss` does for texts that begin in this batch, and no state.

    So no batch reads on from the one before. For a `TransformerLanguageModel`, whose state holds
    all that was read and grows with it, that is the loss to train with, also on pieces of a long
    text.

    Args:
        model: maps (ids, state) to (logits (B, T, V), state).
        batch: inputs and targets.
        padding_id: as in `next_token_loss`.
        smoothing: as in `next_token_loss`.

    Raises:
        ValueError: if every target is padding, one is neither padding nor an id from 0 to V - 1,
            or `smoothing` is not in [0, 1).
    """
    options = {"padding_id": padding_id, "smoothing": smoothing}
    mean, items, _ = next_token_loss(model, batch, **options)
    return mean, items


def perplexity(cross_entropy: float | int) -> float:
    """Return exp of a mean cross-entropy in nats: among how many equal choices a model wavers.

    Infinite where exp is beyond the range of a float.

    Raises:
        ValueError: if the cross-entropy is negative or NaN.
    """
    if not cross_entropy >= 0:
        raise ValueError(f"cross_entropy is {cross_entropy}; expected at least 0")
    try:
        return math.exp(cross_entropy)
    except OverflowError:
        return math.inf
