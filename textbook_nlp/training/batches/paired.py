"""Sources and their targets in batches."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from textbook_nlp.training.batches.texts import grouped, trimmed

# Ids of sources and of their targets; the last batch may have fewer rows than the others.
PairBatches = list[tuple[Int[Tensor, "_ _"], Int[Tensor, "_ _"]]]


def pair_batches(
    source: Int[Tensor, "N S"] | Int[np.ndarray, "N S"],
    target: Int[Tensor, "N T"] | Int[np.ndarray, "N T"],
    B: int,
    *,
    seed: int | None = None,
    epoch: int = 1,
    padding_id: int | None = None,
    by_length: bool = False,
    whole: bool = False,
) -> PairBatches:
    """Cut padded sources and their targets into batches of B rows; the last may have fewer.

    Args:
        source: ids, a source a row.
        target: ids, the target of each source.
        B: rows.
        seed: of a shuffle that differs from epoch to epoch; None keeps the order.
        epoch: which epoch, from 1.
        padding_id: cut off the columns at both ends in which a batch holds nothing but this id, of
            the sources and of the targets; None keeps every column.
        by_length: put pairs of about equal length into a batch, as `labeled_batches` does with
            texts; needs `padding_id`.
        whole: leave out the rest that does not fill a batch; with a seed it is another rest in
            each epoch.

    Raises:
        ValueError: if B or epoch is below 1, there is no pair, the ids are not integers of shapes
            (N, S) and (N, T), `by_length` has no `padding_id`, or no batch is whole.
    """
    source, target = torch.as_tensor(source), torch.as_tensor(target)
    if B < 1 or epoch < 1:
        raise ValueError(f"B and epoch must be at least 1, not {B} and {epoch}")
    for name, ids in (("source", source), ("target", target)):
        if ids.ndim != 2 or ids.is_floating_point():
            raise ValueError(
                f"{name} is {ids.dtype} of shape {tuple(ids.shape)}; expected integers, a row each"
            )
    if len(source) == 0 or len(source) != len(target):
        raise ValueError(f"{len(source)} sources and {len(target)} targets; expected one a source")
    rng = None if seed is None else np.random.default_rng([seed, epoch])
    if by_length:
        order = grouped(torch.cat([source, target], dim=1), B, padding_id, rng)
    else:
        rows = np.arange(len(source)) if rng is None else rng.permutation(len(source))
        order = [rows[i : i + B] for i in range(0, len(source), B)]
    if whole:
        order = [rows for rows in order if len(rows) == B]
        if not order:
            raise ValueError(f"{len(source)} pairs do not fill a batch of {B}: lower B")
    chosen = [torch.from_numpy(rows).to(source.device) for rows in order]
    return [
        (trimmed(source[rows], padding_id), trimmed(target[rows], padding_id)) for rows in chosen
    ]
