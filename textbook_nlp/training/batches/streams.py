"""One long sequence in batches for truncated BPTT."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

# Inputs and targets; the last batch may have fewer steps than the others.
Batches = list[tuple[Int[Tensor, "B _"], Int[Tensor, "B _"]]]


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

    Source: Saito, "Deep Learning from Scratch 2" (2018), section 5.4 (`RnnlmTrainer`).
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
