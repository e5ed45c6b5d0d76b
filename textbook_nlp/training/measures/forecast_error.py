"""How far forecasts are from what came."""

from jaxtyping import Float
from torch import Tensor, nn


def absolute_error(
    model: nn.Module, batch: tuple[Float[Tensor, "B T D"], Float[Tensor, " B"]]
) -> tuple[Float[Tensor, ""], int]:
    """Return the mean absolute error of forecasts, in the unit of the targets, and their number.

    Args:
        model: maps windows (B, T, D) to forecasts (B,).
        batch: windows and what came.

    Raises:
        ValueError: if there is not one forecast a target.

    """
    windows, targets = batch
    forecasts = model(windows)
    if forecasts.shape != targets.shape:
        raise ValueError(
            f"forecasts have shape {tuple(forecasts.shape)}, targets {tuple(targets.shape)}; "
            "expected one number a window, (B,)"
        )
    return (forecasts - targets).abs().mean(), len(targets)
