"""How well a model sorts texts into classes, and how often sequences are right."""

from fractions import Fraction

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


def class_cross_entropy(
    logits: Float[Tensor, "B K"], labels: Int[Tensor, " B"]
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy in nats a text.

    With one logit the classes are 0 and 1, and the logit is the log of the odds for 1; with K
    logits they are 0 to K - 1. Both forms stay exact where a sigmoid or a softmax would round to 0.

    Raises:
        ValueError: if a label is no class.
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
    model: nn.Module, batch: tuple[Int[Tensor, "B T"], Int[Tensor, " B"]]
) -> tuple[Float[Tensor, ""], int]:
    """Return the mean cross-entropy in nats a text, and the number of texts.

    Args:
        model: maps ids (B, T) to logits (B, K).
        batch: ids and labels.

    Raises:
        ValueError: if a label is no class.

    Taught in: chapter 05.
    """
    ids, labels = batch
    return class_cross_entropy(model(ids), labels), len(labels)


def classification_accuracy(
    model: nn.Module, batch: tuple[Int[Tensor, "B T"], Int[Tensor, " B"]]
) -> tuple[Fraction, int]:
    """Return the share of texts whose likelier class is their label, and the number of texts.

    The share is exact, so that two epochs that are right equally often are equal, however the
    texts fall into batches.

    Args:
        model: maps ids (B, T) to logits (B, K).
        batch: ids and labels.

    Taught in: chapter 05.
    """
    ids, labels = batch
    right = int((classes(model(ids)) == labels).sum())
    return Fraction(right, len(labels)), len(labels)


def classes(logits: Float[Tensor, "B K"]) -> Int[Tensor, " B"]:
    """Return the likelier class of each row: with one logit, 1 where it is above 0."""
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(dim=1)


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
    """
    right = _equal(predictions, targets)
    if mask is not None:
        if mask.shape != right.shape:
            raise ValueError(f"mask has shape {tuple(mask.shape)}; expected {tuple(right.shape)}")
        right = right[mask]
    if right.numel() == 0:
        raise ValueError("nothing counts: the predictions are empty or the mask is all false")
    return right.sum().item() / right.numel()


def exact_match(predictions: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]) -> float:
    """Return the share of rows that are right at every position, from 0 to 1.

    Raises:
        ValueError: if the shapes differ or there is no row.
    """
    right = _equal(predictions, targets)
    if right.shape[0] == 0:
        raise ValueError("there is no row to compare")
    return right.flatten(1).all(dim=1).sum().item() / len(right)


def _equal(predictions: Tensor, targets: Tensor) -> Bool[Tensor, "..."]:
    if predictions.shape != targets.shape:
        raise ValueError(
            f"predictions have shape {tuple(predictions.shape)}, targets {tuple(targets.shape)}; "
            "expected equal shapes"
        )
    return predictions == targets
