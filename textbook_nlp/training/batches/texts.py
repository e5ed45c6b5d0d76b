"""Padded texts with their labels in batches."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

# Ids of texts and their labels; the last batch may have fewer rows than the others.
LabeledBatches = list[tuple[Int[Tensor, "_ _"], Int[Tensor, " _"]]]


def labeled_batches(
    ids: Int[Tensor, "N T"] | Int[np.ndarray, "N T"],
    labels: Int[Tensor, " N"] | Int[np.ndarray, " N"],
    B: int,
    *,
    seed: int | None = None,
    epoch: int = 1,
    padding_id: int | None = None,
    by_length: bool = False,
) -> LabeledBatches:
    """Cut padded texts and their labels into batches of B rows; the last may have fewer.

    Args:
        ids: of padded texts, one a row.
        labels: one class a text.
        B: rows.
        seed: of a shuffle that differs from epoch to epoch; None keeps the order.
        epoch: which epoch, from 1.
        padding_id: cut off the columns at both ends in which a batch holds nothing but this id,
            so that short texts make small batches; None keeps every column. One always stays.
        by_length: put texts of about equal length into a batch, so that little padding is left;
            needs `padding_id`. With a seed, lengths vary by chance by a fifth, and batches come in
            an order by chance; without, the shortest texts come first.

    Raises:
        ValueError: if B or epoch is below 1, there is no text, the ids are not integers of shape
            (N, T), there is not one label a text, or `by_length` has no `padding_id`.

    Taught in: chapter 05.
    """
    ids, labels = torch.as_tensor(ids), torch.as_tensor(labels)
    if B < 1 or epoch < 1:
        raise ValueError(f"B and epoch must be at least 1, not {B} and {epoch}")
    for name, found, shape in (("ids", ids, "N T"), ("labels", labels, "N")):
        if found.ndim != len(shape.split()) or found.is_floating_point():
            raise ValueError(
                f"{name} are {found.dtype} of shape {tuple(found.shape)}; expected integers of "
                f"shape ({', '.join(shape.split())})"
            )
    if len(ids) == 0 or len(labels) != len(ids):
        raise ValueError(f"{len(ids)} texts and {len(labels)} labels; expected one label a text")
    rng = None if seed is None else np.random.default_rng([seed, epoch])
    if by_length:
        order = grouped(ids, B, padding_id, rng)
    else:
        rows = np.arange(len(ids)) if rng is None else rng.permutation(len(ids))
        order = [rows[i : i + B] for i in range(0, len(ids), B)]
    chosen = [torch.from_numpy(rows).to(ids.device) for rows in order]
    return [(trimmed(ids[rows], padding_id), labels[rows].long()) for rows in chosen]


def grouped(
    ids: Int[Tensor, "N T"], B: int, padding_id: int | None, rng: np.random.Generator | None
):
    """Return the rows of each batch, in which texts are about equally long.

    Raises:
        ValueError: if no `padding_id` says how long they are.
    """
    if padding_id is None:
        raise ValueError("by_length tells a text's length from its padding: give padding_id")
    lengths = (ids != padding_id).sum(dim=1).cpu().numpy()
    if rng is not None:
        lengths = lengths * rng.uniform(1, 1.2, len(lengths))
    order = np.argsort(lengths, kind="stable")
    batches = [order[i : i + B] for i in range(0, len(order), B)]
    return batches if rng is None else [batches[i] for i in rng.permutation(len(batches))]


def trimmed(ids: Int[Tensor, "B T"], padding_id: int | None) -> Int[Tensor, "B _"]:
    """Cut off the columns at both ends that hold nothing but padding."""
    ids = ids.long()
    if padding_id is None or ids.shape[1] == 0:
        return ids
    used = (ids != padding_id).any(dim=0).nonzero()
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    return ids[:, first : last + 1]
