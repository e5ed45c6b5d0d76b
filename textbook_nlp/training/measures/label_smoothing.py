"""Cross-entropy against targets that are not quite certain."""

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_share


def smoothed_cross_entropy(
    logits: Float[Tensor, "N V"],
    targets: Int[Tensor, " N"],
    smoothing: float = 0.0,
    *,
    padding_id: int = -100,
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy in nats, with some of each target's weight spread over all.

    A target weighs `1 - smoothing`, and every token of the vocabulary, the target too,
    `smoothing / V`. A model that is never asked for certainty does not drive its scores apart
    without end. It is for training: the cross-entropy of a smoothed target is no perplexity's.

    Args:
        logits: a row for each target.
        targets: from 0 to V - 1, or `padding_id`.
        smoothing: share of the weight that is spread, in [0, 1).
        padding_id: targets that are this id count for nothing.

    Raises:
        ValueError: if `smoothing` is no such share.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016),
    section 7.
    """
    check_share("smoothing", smoothing)
    return F.cross_entropy(logits, targets, ignore_index=padding_id, label_smoothing=smoothing)
