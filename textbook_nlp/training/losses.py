"""Losses in the form that `training.fit.fit` asks for."""

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


def class_cross_entropy(
    logits: Float[Tensor, "B K"], labels: Int[Tensor, " B"]
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy in nats a text.

    With one logit the classes are 0 and 1, and the logit is the log of the odds for 1; with K
    logits they are 0 to K - 1. Both forms stay exact where a sigmoid or a softmax would round to 0.

    Raises:
        ValueError: if a label is no class.

    Taught in: chapter 05.
    """
    K = max(logits.shape[1], 2)
    # On a GPU the comparison would wait for the device at every step.
    if labels.device.type == "cpu" and not ((labels >= 0) & (labels < K)).all():
        low, high = int(labels.min()), int(labels.max())
        raise ValueError(f"labels run from {low} to {high}; expected classes from 0 to {K - 1}")
    if logits.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(logits[:, 0], labels.to(logits.dtype))
    return F.cross_entropy(logits, labels)


def classification_loss(
    model: nn.Module, batch: tuple[Int[Tensor, "B T"], Int[Tensor, " B"]], state: Any
) -> tuple[Float[Tensor, ""], int, Any]:
    """Return the mean cross-entropy in nats a text, the number of texts, and the state untouched.

    Args:
        model: maps texts to logits (B, K).
        batch: texts and labels.
        state: anything; texts do not continue one another.

    Taught in: chapter 05.
    """
    texts, labels = batch
    return class_cross_entropy(model(texts), labels), len(labels), state
