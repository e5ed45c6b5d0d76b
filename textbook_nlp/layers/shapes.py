"""What refuses a tensor that does not fit: one call at the head of a layer or a model.

What depends on the numbers in a tensor, and not on its shape alone, is looked at on the CPU only:
a GPU would have to finish all that came before, at every step. A model that is being compiled or
traced has no numbers yet; there the embedding's own check has to do.
"""

from typing import Any

import torch
from jaxtyping import Bool, Int, Shaped
from torch import Tensor


def check_shape(name: str, x: Tensor, shape: tuple[int | str, ...]) -> None:
    """Refuse what has another shape; a letter in place of a size allows any size.

    Raises:
        ValueError: if the number of axes or one of the sizes differs; nothing is broadcast.
    """
    fits = x.ndim == len(shape) and all(
        isinstance(wanted, str) or size == wanted
        for size, wanted in zip(x.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} has shape {tuple(x.shape)}; expected ({wanted})")


def check_ids(ids: Int[Tensor, "B T"], vocabulary_size: int) -> None:
    """Refuse what are no ids of a vocabulary, in rows of equal length.

    Raises:
        ValueError: if `ids` are not integers of shape (B, T) and of 32 or 64 bits, which alone
            torch looks up, or one is not from 0 to V - 1.
    """
    if ids.ndim != 2 or ids.dtype not in (torch.int32, torch.int64):
        raise ValueError(
            f"ids are {ids.dtype} of shape {tuple(ids.shape)}; expected integers of shape (B, T), "
            "of 32 or 64 bits: convert them with ids.long()"
        )
    if _can_look(ids) and ids.numel():
        low, high = int(ids.min()), int(ids.max())
        if low < 0 or high >= vocabulary_size:
            raise ValueError(
                f"ids run from {low} to {high}; expected 0 to {vocabulary_size - 1}: "
                "encode with the model's vocabulary"
            )


def check_mask(mask: Bool[Tensor, "B T"], x: Shaped[Tensor, "B T *rest"]) -> None:
    """Refuse a mask that does not say of each place of x whether it holds a real token.

    Raises:
        ValueError: if `mask` is not a tensor of truth values of shape (B, T).
    """
    if mask.shape != x.shape[:2] or mask.dtype != torch.bool:
        raise ValueError(
            f"mask is {mask.dtype} of shape {tuple(mask.shape)}; expected torch.bool of shape "
            f"{tuple(x.shape[:2])}"
        )


def check_no_row_is_empty(mask: Bool[Tensor, "B S"]) -> None:
    """Refuse a mask of sources, one of which holds no token: there is nothing to read.

    Raises:
        ValueError: if a row is false everywhere.
    """
    if _can_look(mask) and not mask.any(dim=1).all():
        row = int(mask.any(dim=1).logical_not().nonzero()[0])
        raise ValueError(f"row {row} of the source holds no token: leave empty sources out")


def check_tokens_come_first(mask: Bool[Tensor, "B T"]) -> None:
    """Refuse a mask with padding before a real token: a kernel would look across the gap.

    Raises:
        ValueError: if in some row a false value comes before a true one.
    """
    if _can_look(mask) and (mask[:, 1:] & ~mask[:, :-1]).any():
        row = int((mask[:, 1:] & ~mask[:, :-1]).any(dim=1).nonzero()[0])
        raise ValueError(
            f"row {row} of the mask has padding before a real token: let the real ones come first, "
            "as `tokens_first` does"
        )


def tokens_first(
    x: Shaped[Tensor, "B T *rest"], mask: Bool[Tensor, "B T"]
) -> tuple[Shaped[Tensor, "B T *rest"], Bool[Tensor, "B T"]]:
    """Move the real tokens of each row to its front, in their order, and the mask with them.

    Args:
        x: ids (B, T), or vectors (B, T, D).
        mask: true at real tokens.

    Raises:
        ValueError: if the mask is not bool of shape (B, T).
    """
    check_mask(mask, x)
    order = mask.byte().argsort(dim=1, descending=True, stable=True)
    own = order.reshape(*order.shape, *(1,) * (x.ndim - 2)).expand_as(x)
    return x.gather(1, own), mask.gather(1, order)


def check_share(name: str, share: float) -> None:
    """Refuse what is no share to drop: of everything dropped, nothing could be scaled up.

    Raises:
        ValueError: if `share` is not in [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"{name} is {share}; expected a share in [0, 1)")


def check_sizes(**sizes: int) -> None:
    """Refuse sizes of a layer of which one is no size at all.

    Raises:
        ValueError: if one is below 1.
    """
    if min(sizes.values()) < 1:
        said = ", ".join(f"{name} is {size}" for name, size in sizes.items())
        raise ValueError(f"{said}; expected at least 1")


def holds_tensors(part: Any, count: int) -> bool:
    """Whether a part of a state is a tuple of so many tensors."""
    return (
        isinstance(part, tuple)
        and len(part) == count
        and all(isinstance(tensor, Tensor) for tensor in part)
    )


def _can_look(x: Tensor) -> bool:
    """Whether the numbers of a tensor are at hand without waiting for them."""
    return x.device.type == "cpu" and not (torch.compiler.is_compiling() or torch.jit.is_tracing())
