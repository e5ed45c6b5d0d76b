"""A model, layer by layer: what each part puts out, and how many parameters it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from textbook_nlp.models.parameters import count_parameters


@dataclass(frozen=True)
class SummaryRow:
    """One row of a summary.

    Attributes:
        name: where it stands in the model, as in `model.get_submodule(name)`.
        kind: its class, and what cells it is made of.
        shape: of what it put out; None where nothing was seen.
        parameters: those that no row above has counted.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None
    parameters: int


@dataclass(frozen=True)
class ModelSummary:
    """What `model_summary` found; `print` shows it as a table.

    Attributes:
        parts: in the order in which they were first called.
        total: all parameters of the model, each counted once.
        frozen: those among them that training leaves as they are.
    """

    parts: tuple[SummaryRow, ...]
    total: int
    frozen: int

    def __str__(self) -> str:
        rows = [("part", "kind", "puts out", "parameters")]
        for part in self.parts:
            shape = "" if part.shape is None else str(part.shape)
            rows.append((part.name, part.kind, shape, f"{part.parameters:,}"))
        rows.append(("all", "", "", f"{self.total:,}"))
        if self.frozen:
            rows.append(("of them frozen", "", "", f"{self.frozen:,}"))
        *left, right = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = []
        for *cells, number in rows:
            words = "  ".join(cell.ljust(width) for cell, width in zip(cells, left, strict=True))
            lines.append(f"{words}  {number.rjust(right)}")
        return "\n".join(lines)


def model_summary(model: nn.Module, *inputs: Any) -> ModelSummary:
    """Call a model once, and say of each part what it puts out and how many parameters it has.

    A part is the innermost module that is called and has parameters: an embedding, a recurrent
    layer with its one or two cells, an affine layer. A matrix that two parts share is counted where
    it comes first. The model is called as in evaluation, without gradients, and is left as it was.

    Args:
        model: any module.
        inputs: what to call it with, such as a batch of ids.

    Taught in: chapter 09.
    """
    names = {module: name for name, module in reversed(list(model.named_modules()))}
    called: dict[nn.Module, tuple[int, ...] | None] = {}

    def note(module: nn.Module, arguments: Any, output: Any) -> None:
        if module in names and next(module.parameters(), None) is not None:
            called.setdefault(module, _shape(output))

    with _watched(model, note), torch.no_grad():
        model(*inputs)
    seen: set[Tensor] = set()
    parts = []
    for module, shape in called.items():
        if any(inner in called for inner in module.modules() if inner is not module):
            continue
        new = set(module.parameters()) - seen
        kind = _kind(module) + (", shared" if seen & set(module.parameters()) else "")
        parts.append(SummaryRow(names[module] or "model", kind, shape, _count(new)))
        seen |= new
    rest = set(model.parameters()) - seen
    if rest:
        parts.append(SummaryRow("elsewhere", "", None, _count(rest)))
    total = _count(set(model.parameters()))
    return ModelSummary(tuple(parts), total, total - count_parameters(model))


@contextmanager
def _watched(model: nn.Module, note: Any) -> Iterator[None]:
    """Evaluate with a look at each call, and leave the model as it was."""
    training = {module: module.training for module in model.modules()}
    hooks = [module.register_forward_hook(note) for module in training]
    model.eval()
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for module, was in training.items():
            module.training = was


def _count(parameters: set[Tensor]) -> int:
    return sum(p.numel() for p in parameters)


def _shape(output: Any) -> tuple[int, ...] | None:
    """Return the shape of the first tensor of what a module puts out."""
    while isinstance(output, tuple | list) and output:
        output = output[0]
    return tuple(output.shape) if isinstance(output, Tensor) else None


def _kind(module: nn.Module) -> str:
    inner = {
        type(child).__name__
        for child in module.children()
        if next(child.parameters(), None) is not None
    }
    return type(module).__name__ + (f" of {', '.join(sorted(inner))}" if inner else "")
