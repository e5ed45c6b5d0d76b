"""How large a model is."""

from torch import nn


def count_parameters(model: nn.Module) -> int:
    """Count the numbers that training may change; a tied matrix counts once."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
