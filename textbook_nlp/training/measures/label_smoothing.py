"""Cross-entropy against targets that are not quite certain."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_share


def smoothed_cross_entropy(
    logits: Float[Tensor, "N V"],
    targets: Int[Tensor, " N"],
    smoothing: float = 0.0,
    *,
    padding_id: int | None = -100,
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy in nats, with some of each target's weight spread over all.

    A target weighs `1 - smoothing`, and every token of the vocabulary, the target too,
    `smoothing / V`. A model that is never asked for certainty does not drive its scores apart
    without end. It is for training: the cross-entropy of a smoothed target is no perplexity's.

    Args:
        logits: a row for each target.
        targets: integers of any type, from 0 to V - 1 or `padding_id`.
        smoothing: share of the weight that is spread, in [0, 1).
        padding_id: targets that are this id count for nothing; None lets every target count.

    Raises:
        ValueError: if `smoothing` is no such share, or a target is no such integer.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016),
    section 7.
    """
    check_share("smoothing", smoothing)
    targets = _checked(targets, logits.shape[1], padding_id)
    # Without padding nothing is to be left out, not even the -100 that PyTorch ignores unasked.
    ignored = torch.iinfo(torch.int64).min if padding_id is None else padding_id
    return F.cross_entropy(logits, targets, ignore_index=ignored, label_smoothing=smoothing)


def _checked(targets: Tensor, vocabulary_size: int, padding_id: int | None) -> Int[Tensor, " N"]:
    """Return the targets in the type that PyTorch asks for; the ids are looked at on the CPU."""
    if targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool:
        raise ValueError(f"targets are {targets.dtype}; expected integers")
    targets = targets.long()
    # On a GPU the comparison would wait for the device at every step.
    if targets.device.type == "cpu":
        right = (targets >= 0) & (targets < vocabulary_size)
        if padding_id is not None:
            right |= targets == padding_id
        if not right.all():
            raise ValueError(
                f"a target is {int(targets[~right][0])}; expected 0 to {vocabulary_size - 1}, or "
                f"the padding_id, which is {padding_id}"
            )
    return targets
