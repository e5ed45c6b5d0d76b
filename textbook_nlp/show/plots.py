"""The pictures that nearly every chapter draws: learning curves, a matrix in color."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from textbook_nlp.show.style import axes, palette

Number = float | int
Reference = Number | tuple[str, Number]


def learning_curve(
    curves: Mapping[str, ArrayLike],
    *,
    baseline: Reference | None = None,
    optimum: Reference | None = None,
    x: ArrayLike | None = None,
    title: str | None = None,
    xlabel: str = "epoch",
    ylabel: str = "perplexity",
    logarithmic: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Curves of a measure during training, each named at its end, with the lines to compare with.

    Args:
        curves: name to numbers, one an epoch; or one row a seed: then the mean is drawn, and the
            band from the lowest to the highest. The first name is the chapter's model.
        baseline: what a simple method reaches; a number, or a name and a number.
        optimum: what no model can pass; the same.
        x: where the numbers stand (1, 2, 3 … unless told).
        title: the message, in a short sentence.
        xlabel: name and unit of the x axis.
        ylabel: name and unit of the y axis.
        logarithmic: whether the y axis is logarithmic.
        ax: draw here and not in a figure of its own.

    Returns:
        The figure, for `figure(fig, alt=...)`.

    Raises:
        ValueError: if there is no curve, more curves than colors, an empty curve, or curves with
            other lengths than `x`.

    Example:
        >>> fig = learning_curve({"RNN": [30, 12, 9]}, baseline=("bigram", 14), optimum=8)
    """
    if not 1 <= len(curves) <= len(palette.cycle):
        raise ValueError(f"a figure has 1 to {len(palette.cycle)} curves: got {len(curves)}")
    fig, ax = axes() if ax is None else (ax.get_figure(), ax)
    ends: list[tuple[float, str, str]] = []
    right = 0.0
    for (name, numbers), color in zip(curves.items(), palette.cycle, strict=False):
        rows = _rows(name, numbers)
        at = np.arange(1, rows.shape[1] + 1) if x is None else np.asarray(x, dtype=float)
        if at.shape != (rows.shape[1],):
            raise ValueError(f"curve {name!r} has {rows.shape[1]} numbers, x has shape {at.shape}")
        if len(rows) > 1:
            band = rows.min(axis=0), rows.max(axis=0)
            ax.fill_between(at, *band, color=color, alpha=0.2, linewidth=0)
        mean = rows.mean(axis=0)
        ax.plot(at, mean, color=color, marker="o" if len(at) == 1 else None)
        ends.append((_last_finite(mean), name, color))
        right = max(right, float(at[-1]))
    for kind, reference in (("baseline", baseline), ("optimum", optimum)):
        if reference is not None:
            name, value = reference if isinstance(reference, tuple) else (kind, reference)
            color = getattr(palette, kind)
            dashes = (0, (5, 3)) if kind == "baseline" else (0, (1, 1.5))
            ax.axhline(float(value), color=color, linestyle=dashes, linewidth=1.6)
            ends.append((float(value), name, color))
    if logarithmic:
        ax.set_yscale("log")
    ax.set_xlim(right=right)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title or "")
    label_ends(ax, ends)
    return fig


def _rows(name: str, numbers: ArrayLike) -> Float[np.ndarray, "seeds epochs"]:
    rows = np.atleast_2d(np.asarray(numbers, dtype=float))
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(
            f"curve {name!r} is a list of numbers, or one such list a seed: got an array of "
            f"shape {np.shape(numbers)}"
        )
    return rows


def _last_finite(numbers: np.ndarray) -> float:
    finite = numbers[np.isfinite(numbers)]
    return float(finite[-1]) if finite.size else float("nan")


def label_ends(ax: Axes, ends: Sequence[tuple[Number, str, str]]) -> None:
    """Write names beside the right end of their lines, moved apart where they would overlap.

    Args:
        ax: the axes; its limits should not change afterward.
        ends: for each line its last value, its name and its color.

    Example:
        >>> fig, ax = axes()
        >>> label_ends(ax, [(0.5, "half", palette.model)])
    """
    ends = [end for end in ends if np.isfinite(end[0])]
    height = ax.get_position().height * ax.get_figure().get_size_inches()[1] * 72
    apart = 15.0  # points: one line of the labels' size
    at = [float(ax.transAxes.inverted().transform(_on_screen(ax, end[0]))[1]) for end in ends]
    order = sorted(range(len(ends)), key=lambda i: at[i])
    spots = _spread([at[i] * height for i in order], apart)
    for i, spot in zip(order, spots, strict=True):
        _, name, color = ends[i]
        ax.annotate(
            name,
            (1, at[i]),
            xycoords="axes fraction",
            xytext=(14, spot - at[i] * height),
            textcoords="offset points",
            color=color,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.8,
                "relpos": (0, 0.5),
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )


def _on_screen(ax: Axes, y: float) -> Any:
    return ax.transData.transform((ax.get_xlim()[1], y))


def _spread(spots: list[float], apart: float) -> list[float]:
    """Rising positions at least `apart` from each other, moved as little as a few passes find."""
    spots = list(spots)
    for _ in range(100):
        moved = False
        for i in range(len(spots) - 1):
            lack = apart - (spots[i + 1] - spots[i])
            if lack > 1e-6:
                spots[i], spots[i + 1] = spots[i] - lack / 2, spots[i + 1] + lack / 2
                moved = True
        if not moved:
            break
    return spots


def heatmap(
    matrix: ArrayLike,
    rows: Sequence[Any] | None = None,
    columns: Sequence[Any] | None = None,
    *,
    title: str | None = None,
    xlabel: str = "",
    ylabel: str = "",
    values: str | None = "{:.2f}",
    diverging: bool = False,
    limits: tuple[Number, Number] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A matrix as colored cells with their values, rows and columns named.

    Args:
        matrix: numbers of shape (rows, columns).
        rows: names of the rows, top first; none unless told.
        columns: names of the columns, left first.
        title: the message, in a short sentence.
        xlabel: what the columns are.
        ylabel: what the rows are.
        values: how a value is written in its cell, or None for no values. Above 12 columns or
            200 cells none are written: they could not be read.
        diverging: color by sign, white at zero, and not from low to high.
        limits: the values of the first and the last color; from the matrix unless told. Give them
            in the frames of a slider, so that a color keeps its meaning.
        ax: draw here and not in a figure of its own.

    Returns:
        The figure, for `figure(fig, alt=...)`.

    Raises:
        ValueError: if there is no matrix, an empty one, or another number of names than of rows or
            columns.

    Example:
        >>> fig = heatmap([[1, 0], [0.5, 0.5]], rows=["the", "cat"], columns=["the", "cat"])
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"a heat map needs a matrix: got an array of shape {matrix.shape}")
    for what, names, count in (("row", rows, len(matrix)), ("column", columns, matrix.shape[1])):
        if names is not None and len(names) != count:
            raise ValueError(f"{len(names)} {what} names for {count} {what}s")
    if ax is None:
        height = 0.42 * len(matrix) + 1.2 if values else 6.4 * len(matrix) / matrix.shape[1]
        fig, ax = axes(size=(6.4, float(np.clip(height, 2.2, 6.4))))
    else:
        fig = ax.get_figure()
    largest = np.nanmax(np.abs(matrix)) or 1.0
    low, high = limits or ((-largest, largest) if diverging else (np.nanmin(matrix), largest))
    colors = palette.diverging if diverging else palette.sequential
    ax.grid(False)
    ax.spines[:].set_visible(False)
    picture = ax.imshow(matrix, cmap=colors, vmin=low, vmax=high, aspect="auto")
    _name_ticks(ax, rows, columns)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title or "")
    if values and matrix.shape[1] <= 12 and matrix.size <= 200:
        for (i, j), value in np.ndenumerate(matrix):
            dark = np.dot(picture.cmap(picture.norm(value))[:3], (0.299, 0.587, 0.114)) < 0.55
            word = values.format(value).replace("-", "\N{MINUS SIGN}")
            color = "white" if dark else palette.ink
            ax.text(j, i, word, ha="center", va="center", fontsize=11, color=color)
    else:
        bar = fig.colorbar(picture, ax=ax)
        bar.outline.set_visible(False)
    return fig


def _name_ticks(ax: Axes, rows: Sequence[Any] | None, columns: Sequence[Any] | None) -> None:
    for axis, names in ((ax.yaxis, rows), (ax.xaxis, columns)):
        axis.set_tick_params(length=0)
        if names is not None:
            words = [str(name) for name in names]
            axis.set_ticks(range(len(words)), words)
    if columns is not None and max((len(str(name)) for name in columns), default=0) > 6:
        ax.tick_params(axis="x", rotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
