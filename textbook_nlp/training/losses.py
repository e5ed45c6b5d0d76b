"""Losses in the form that `training.loop.fit` asks for."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


def next_token_loss(
    model: nn.Module, batch: tuple[Int[Tensor, "B T"], Int[Tensor, "B T"]], state: Any
) -> tuple[Float[Tensor, ""], int, Any]:
    """Return the mean cross-entropy in nats a token, the number of tokens, and the new state.

    One fused call over all B * T rows: log-softmax and the choice of the target in one.

    Args:
        model: maps (tokens, state) to (logits (B, T, V), state).
        batch: inputs and targets.
        state: the state before the batch, or None.

    Taught in: chapter 07.
    """
    inputs, targets = batch
    logits, state = model(inputs, state)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), targets.numel(), state
