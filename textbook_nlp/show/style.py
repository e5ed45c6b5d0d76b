"""The house style of the figures: one palette, one set of sizes, for the light and the dark theme.

Every color has a contrast of at least 4.5 to 1 on white, and again after the book's dark theme has
turned the plate over (`invert(1) hue-rotate(180deg)`); any two differ by at least 20 (CIE 1976)
for eyes that see few or no differences between red and green, or blue and yellow. Color never
carries a meaning alone: lines are named at their ends, reference lines are dashed.
"""

from __future__ import annotations

from typing import Any, Literal, overload

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Number = float | int


class palette:
    """Named colors; take the one whose meaning fits: a color means the same in all chapters.

    The colors are those of all chapters.
    """

    model = "#5663b0"
    """What the chapter is about (blue)."""
    other = "#ad650d"
    """The second thing compared with it (ochre)."""
    third = "#238748"
    """A third (green)."""
    fourth = "#700c5f"
    """A fourth (purple); with five lines, draw two figures."""
    baseline = "#757575"
    """The simple method that a sensible person would try first (gray)."""
    optimum = "#1a1a1a"
    """The line that no model can pass (near black)."""
    muted = "#757575"
    """What the eye may pass over: notes, axes."""
    ink = "#1a1a1a"
    """Text."""
    grid = "#e3e3e3"
    """The lines behind the data."""
    cycle = (model, other, third, fourth)
    """The order in which unnamed lines take their color."""
    positive = other
    """Above zero, in signed pictures."""
    negative = model
    """Below zero, in signed pictures."""
    sequential = LinearSegmentedColormap.from_list(
        "tn_sequential", ["#ffffff", "#c9cee9", "#8d97cf", "#5663b0", "#2a3478"]
    )
    """From nothing (white) to much (deep blue)."""
    diverging = LinearSegmentedColormap.from_list(
        "tn_diverging", ["#3a4690", "#8d97cf", "#ffffff", "#d9a463", "#8c4d02"]
    )
    """Below zero (blue), zero (white), above zero (ochre)."""


_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": palette.muted,
    "axes.facecolor": "white",
    "axes.grid": True,
    "axes.labelcolor": palette.ink,
    "axes.labelsize": 12,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": cycler(color=palette.cycle),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.titlesize": 13,
    "axes.titleweight": "normal",
    "axes.unicode_minus": True,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.titlesize": 13,
    "font.family": ["DejaVu Sans"],
    "font.size": 12,
    "grid.color": palette.grid,
    "grid.linewidth": 0.8,
    "image.cmap": "viridis",
    "image.interpolation": "none",
    "legend.fontsize": 12,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 6,
    "mathtext.fontset": "dejavusans",
    "path.simplify": True,
    "patch.linewidth": 0.8,
    "savefig.dpi": 144,
    "svg.fonttype": "path",
    "svg.hashsalt": "textbook_nlp",
    "text.color": palette.ink,
    "text.usetex": False,
    "xtick.color": palette.muted,
    "xtick.labelcolor": palette.ink,
    "xtick.labelsize": 11,
    "ytick.color": palette.muted,
    "ytick.labelcolor": palette.ink,
    "ytick.labelsize": 11,
}


def use_style() -> None:
    """Draw in the house style from now on, whatever a person has set before."""
    mpl.rcParams.update(_STYLE)


@overload
def axes(
    ncols: Literal[1] = 1, nrows: Literal[1] = 1, *, size: tuple[Number, Number] | None = None
) -> tuple[Figure, Axes]: ...
@overload
def axes(
    ncols: int = 1, nrows: int = 1, *, size: tuple[Number, Number] | None = None, **kwargs: Any
) -> tuple[Figure, np.ndarray]: ...
def axes(
    ncols: int = 1,
    nrows: int = 1,
    *,
    size: tuple[Number, Number] | None = None,
    **kwargs: Any,
) -> tuple[Figure, Any]:
    """An empty figure, without `pyplot`. From the first one on everything has the house style.

    Args:
        ncols: panels side by side. More than two are hard to read on a phone.
        nrows: panels one below the other.
        size: width and height in inches; 6.4 wide unless told, which fills the page's column.
        kwargs: what `Figure.subplots` takes: `sharex`, `sharey`, `width_ratios` and so on.

    Returns:
        The figure and its axes: one `Axes`, or an array of them as in `Figure.subplots`.

    Raises:
        ValueError: if there is less than one panel, or a size that is not two positive numbers.

    Example:
        >>> fig, ax = axes()
        >>> line = ax.plot([1, 2, 4])
    """
    if ncols < 1 or nrows < 1:
        raise ValueError(f"a figure has at least 1 panel: got ncols={ncols}, nrows={nrows}")
    if size is None:
        size = (6.4, 3.8 if nrows == 1 else 2.9 * nrows)
    if len(size) != 2 or not all(np.isfinite(side) and side > 0 for side in size):
        raise ValueError(f"size is (width, height) in inches, both positive: got {size!r}")
    use_style()
    fig = Figure(figsize=size, layout="constrained")
    axs = fig.subplots(nrows, ncols, **kwargs)
    for ax in np.ravel(axs):
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    return fig, axs
