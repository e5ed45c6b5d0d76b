"""How well a model predicts the next token."""

import math
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


def next_token_loss(
    model: nn.Module,
    batch: tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]],
    state: Any = None,
    *,
    padding_id: int = -100,
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

    Raises:
        ValueError: if every target is padding.
    """
    inputs, targets = batch
    # Counted before the model is called: a GPU has nothing to do yet that this would wait for.
    items = int((targets != padding_id).sum())
    if items == 0:
        raise ValueError(f"all targets are padding ({padding_id}): leave such batches out")
    logits, state = model(inputs, state)
    mean = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=padding_id)
    return mean, items, state


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
