"""Cutting data into batches: one long sequence for truncated BPTT, or texts with labels."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

# Inputs and targets; the last batch may have fewer steps than the others.
Batches = list[tuple[Int[Tensor, "B _"], Int[Tensor, "B _"]]]
# Texts and their labels; the last batch may have fewer rows than the others.
LabeledBatches = list[tuple[Int[Tensor, "_ _"], Int[Tensor, " _"]]]


def bptt_batches(ids: Int[Tensor, " N"] | Int[np.ndarray, " N"], B: int, T: int) -> Batches:
    """Cut a stream of ids into B contiguous rows, and the rows into pieces of T steps.

    Row i of every batch continues row i of the batch before, so the state can be carried over.
    The target of a token is the token after it. The last batch is shorter than T where T does not
    divide the rows, and up to B - 1 tokens at the end of the stream are left out where B does not
    divide it: B = 1 leaves out none.

    Returns:
        Pairs (inputs, targets), each (B, T), as views of the ids: a list, so it has a length and
        can be gone through once an epoch.

    Raises:
        ValueError: if B or T is below 1, or the stream is too short for one token and its target
            in every row.

    Taught in: chapter 07.
    """
    ids = _stream(ids, B, T)
    length = (len(ids) - 1) // B
    inputs = ids[: B * length].view(B, length)
    targets = ids[1 : B * length + 1].view(B, length)
    return list(zip(inputs.split(T, dim=1), targets.split(T, dim=1), strict=True))


def wrapping_batches(
    ids: Int[Tensor, " N"] | Int[np.ndarray, " N"], B: int, T: int, epoch: int = 1
) -> Batches:
    """Cut a stream as the source book does: every epoch goes on where the one before stopped.

    Of the N - 1 pairs of token and target, row i starts at pair i * ((N - 1) // B), and an epoch
    has (N - 1) // (B * T) batches of exactly T steps. That does not reach the end of the rows, and
    the next epoch goes on from there, into the next row's text and from the end to the beginning.
    `bptt_batches` starts every epoch at the same places instead.

    Args:
        ids: the stream, N tokens.
        B: rows.
        T: steps.
        epoch: which epoch, from 1.

    Raises:
        ValueError: if B, T or epoch is below 1, or the stream is too short for one batch.

    Source: Saito, "Deep Learning from Scratch 2" (2018), section 5.4 (``RnnlmTrainer``).
    Taught in: chapter 07.
    """
    ids = _stream(ids, B, T)
    if epoch < 1:
        raise ValueError(f"epoch is {epoch}; epochs count from 1")
    pairs = len(ids) - 1
    batches = pairs // (B * T)
    if batches == 0:
        raise ValueError(f"{pairs} pairs do not fill one batch of {B} x {T}: lower B or T")
    starts = torch.arange(B, device=ids.device).unsqueeze(1) * (pairs // B)
    steps = torch.arange((epoch - 1) * batches * T, epoch * batches * T, device=ids.device)
    positions = (starts + steps) % pairs
    inputs, targets = ids[positions], ids[positions + 1]
    return list(zip(inputs.split(T, dim=1), targets.split(T, dim=1), strict=True))


def labeled_batches(
    texts: Int[Tensor, "N T"] | Int[np.ndarray, "N T"],
    labels: Int[Tensor, " N"] | Int[np.ndarray, " N"],
    B: int,
    *,
    seed: int | None = None,
    epoch: int = 1,
    padding: int | None = None,
) -> LabeledBatches:
    """Cut padded texts and their labels into batches of B rows; the last may have fewer.

    Args:
        texts: ids, one text a row.
        labels: one class a text.
        B: rows.
        seed: of a shuffle that differs from epoch to epoch; None keeps the order.
        epoch: which epoch, from 1.
        padding: cut off the columns at both ends in which a batch holds nothing but this id, so
            that short texts make small batches; None keeps every column. One column always stays.

    Raises:
        ValueError: if B or epoch is below 1, there is no text, the texts are not integers of shape
            (N, T), or there is not one label a text.

    Taught in: chapter 05.
    """
    texts, labels = torch.as_tensor(texts), torch.as_tensor(labels)
    if B < 1 or epoch < 1:
        raise ValueError(f"B and epoch must be at least 1, not {B} and {epoch}")
    for name, ids, shape in (("texts", texts, "N T"), ("labels", labels, "N")):
        if ids.ndim != len(shape.split()) or ids.is_floating_point():
            raise ValueError(
                f"{name} are {ids.dtype} of shape {tuple(ids.shape)}; expected integers of shape "
                f"({', '.join(shape.split())})"
            )
    if len(texts) == 0 or len(labels) != len(texts):
        raise ValueError(f"{len(texts)} texts and {len(labels)} labels; expected one label a text")
    order = torch.arange(len(texts), device=texts.device)
    if seed is not None:
        chance = np.random.default_rng([seed, epoch])
        order = torch.from_numpy(chance.permutation(len(texts))).to(texts.device)
    return [(_trimmed(texts[rows], padding), labels[rows].long()) for rows in order.split(B)]


def _trimmed(texts: Int[Tensor, "B T"], padding: int | None) -> Int[Tensor, "B _"]:
    """Cut off the columns at both ends that hold nothing but padding."""
    texts = texts.long()
    if padding is None or texts.shape[1] == 0:
        return texts
    used = (texts != padding).any(dim=0).nonzero()
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    return texts[:, first : last + 1]


def _stream(ids: Tensor | np.ndarray, B: int, T: int) -> Tensor:
    """Check the arguments and return the ids as int64, which a loss asks for."""
    if B < 1 or T < 1:
        raise ValueError(f"B and T must be at least 1, not {B} and {T}")
    ids = torch.as_tensor(ids)
    if ids.ndim != 1 or ids.is_floating_point():
        raise ValueError(
            f"ids are {ids.dtype} of shape {tuple(ids.shape)}; expected integers in one dimension"
        )
    if len(ids) <= B:
        raise ValueError(
            f"{len(ids)} tokens are too few for {B} rows: each needs a token and its target"
        )
    return ids.long()
