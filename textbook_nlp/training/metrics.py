"""How good a model is: numbers that can be compared."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.training.losses import class_cross_entropy, next_token_loss


def perplexity(mean_nats: float | int) -> float:
    """Return exp of a mean cross-entropy in nats: among how many equal choices a model wavers.

    Infinite where exp is beyond the range of a float.

    Raises:
        ValueError: if the mean is negative or NaN.

    Taught in: chapter 06.
    """
    if not mean_nats >= 0:
        raise ValueError(f"a mean cross-entropy is at least 0, not {mean_nats}")
    try:
        return math.exp(mean_nats)
    except OverflowError:
        return math.inf


def bits(nats: float | int) -> float:
    """Convert nats to bits. Taught in: chapter 06."""
    return nats / math.log(2)


@torch.no_grad()
def mean_nats(
    model: nn.Module, batches: Iterable[tuple[Int[Tensor, "B _"], Int[Tensor, "B _"]]]
) -> float:
    """Return the cross-entropy in nats a token over batches that continue one another.

    The state is carried from batch to batch, dropout is off, and every token counts the same. With
    ``bptt_batches(ids, 1, T)`` it is one continuous pass over the text; with more rows, each row
    begins without a past, which makes the result a little worse.

    Raises:
        ValueError: if there is no batch.

    Taught in: chapter 07.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    state, total, count = None, 0.0, 0
    try:
        for batch in batches:
            inputs, targets = (tensor.to(device) for tensor in batch)
            loss, weight, state = next_token_loss(model, (inputs, targets), state)
            total += loss.item() * weight
            count += weight
    finally:
        model.train(was_training)
    if count == 0:
        raise ValueError("there is no batch to evaluate on")
    return total / count


def accuracy(
    predictions: Int[Tensor, "*shape"],
    targets: Int[Tensor, "*shape"],
    mask: Bool[Tensor, "*shape"] | None = None,
) -> float:
    """Return the share of predictions equal to their target, from 0 to 1.

    Args:
        predictions: ids of any shape.
        targets: ids of the same shape.
        mask: true where a position counts; None counts all.

    Raises:
        ValueError: if the shapes differ or nothing counts.

    Taught in: chapter 05.
    """
    right = _equal(predictions, targets)
    if mask is not None:
        if mask.shape != right.shape:
            raise ValueError(f"mask has shape {tuple(mask.shape)}; expected {tuple(right.shape)}")
        right = right[mask]
    if right.numel() == 0:
        raise ValueError("nothing counts: the predictions are empty or the mask is all false")
    return right.double().mean().item()


def exact_match(predictions: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]) -> float:
    """Return the share of rows that are right at every position, from 0 to 1.

    Raises:
        ValueError: if the shapes differ or there is no row.

    Taught in: chapter 12.
    """
    right = _equal(predictions, targets)
    if right.shape[0] == 0:
        raise ValueError("there is no row to compare")
    return right.flatten(1).all(dim=1).double().mean().item()


class Score(NamedTuple):
    """How well a classifier does on some texts.

    Attributes:
        nats: mean cross-entropy, in nats a text.
        accuracy: share of the texts classified correctly, from 0 to 1.
    """

    nats: float
    accuracy: float


def classes(logits: Float[Tensor, "B K"]) -> Int[Tensor, " B"]:
    """Return the likelier class of each row: with one logit, 1 where it is above 0.

    Taught in: chapter 05.
    """
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)


@torch.no_grad()
def score(
    model: nn.Module, batches: Iterable[tuple[Int[Tensor, "_ _"], Int[Tensor, " _"]]]
) -> Score:
    """Measure a classifier on batches of texts and labels, with dropout off.

    Raises:
        ValueError: if there is no batch, or a label is no class.

    Taught in: chapter 05.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    total, right, count = 0.0, 0, 0
    try:
        for batch in batches:
            texts, labels = (tensor.to(device) for tensor in batch)
            logits = model(texts)
            total += class_cross_entropy(logits, labels).item() * len(labels)
            right += int((classes(logits) == labels).sum())
            count += len(labels)
    finally:
        model.train(was_training)
    if count == 0:
        raise ValueError("there is no batch to evaluate on")
    return Score(total / count, right / count)


def _equal(predictions: Tensor, targets: Tensor) -> Tensor:
    if predictions.shape != targets.shape:
        raise ValueError(
            f"predictions have shape {tuple(predictions.shape)}, targets {tuple(targets.shape)}; "
            "expected equal shapes"
        )
    return predictions == targets
