"""One run on several processes: each takes some rows of every batch, and gradients are averaged.

Started by `torchrun`. With one process every function here does nothing, so the training loop
has one form.
"""

import os
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist


def start(device: torch.device) -> torch.device:
    """Join the other processes that `torchrun` started, and return this one's device.

    Without `torchrun` (no `WORLD_SIZE` in the environment, or 1) nothing happens. Processes on
    CUDA take one GPU each and talk by NCCL; on a CPU they talk by Gloo.

    Raises:
        ValueError: if a machine has fewer GPUs than processes, or the device is neither.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        return device
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"several processes run on 'cpu' or 'cuda', not on {device.type!r}")
    if device.type == "cuda":
        local, gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= gpus:
            raise ValueError(
                f"process {local} of this machine has no GPU: there are {gpus}. "
                f"Start torchrun with --nproc-per-node={gpus}"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device


def finish() -> None:
    """Leave the other processes."""
    if dist.is_initialized():
        dist.destroy_process_group()


def world_size() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """The number of this process, from 0; only process 0 writes files."""
    return dist.get_rank() if dist.is_initialized() else 0


def rows(batch: Any) -> Any:
    """Return this process's share of the rows of every tensor in a batch.

    The shares are contiguous and differ by one row at most, and a row stays with its process from
    batch to batch, so its state does too.

    Raises:
        ValueError: if there are fewer rows than processes.
    """
    if world_size() == 1:
        return batch
    if isinstance(batch, Tensor):
        if len(batch) < world_size():
            raise ValueError(
                f"a batch of {len(batch)} rows cannot be split over {world_size()} processes: "
                "start fewer processes or take a larger batch"
            )
        return batch.tensor_split(world_size())[rank()]
    if isinstance(batch, dict):
        return {key: rows(value) for key, value in batch.items()}
    if isinstance(batch, tuple | list):
        return type(batch)(rows(value) for value in batch)
    raise TypeError(f"a batch is made of tensors, tuples, lists and dicts, not {type(batch)}")


def share_parameters(model: nn.Module) -> None:
    """Give every process the parameters and buffers of process 0."""
    if world_size() > 1:
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, src=0)


def average(
    loss: Tensor, weight: float | int, parameters: Iterable[Tensor]
) -> tuple[float, float | int]:
    """Make loss and gradients those of the whole batch.

    Each process's mean counts as much as the items it is a mean of, so uneven shares are right
    too.

    Args:
        loss: this process's mean loss.
        weight: how many items it is a mean of.
        parameters: whose gradients become the weighted mean over all processes, in place.

    Returns:
        The mean loss and the number of items of the whole batch.
    """
    if world_size() == 1:
        return loss.item(), weight
    sums = torch.stack([loss.detach().double() * weight, loss.new_tensor(weight).double()])
    dist.all_reduce(sums)
    total, items = sums.tolist()
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients]) * (weight / items)
    dist.all_reduce(flat)
    parts = flat.split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
    return total / items, items


def gather(value: Any) -> list[Any]:
    """Return the value of every process, in order, to all of them."""
    if world_size() == 1:
        return [value]
    values = [None] * world_size()
    dist.all_gather_object(values, value)
    return values


def from_first(value: Any) -> Any:
    """Return the value of process 0 to every process."""
    if world_size() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]
