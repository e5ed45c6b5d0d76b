"""Pictures of mechanisms: boxes and arrows, a line of code each."""

from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Patch

from textbook_nlp.show.style import axes, palette
from textbook_nlp.show.svg import figure

Number = float | int
Kind = Literal["state", "layer", "operation", "value", "loss"]
Way = Literal["forward", "backward", "cut", "weight"]

# Fill, edge and text of each kind of box; a value is text alone.
_FILL = {"state": "#e4e7f5", "layer": "white", "operation": "#fdf1e0", "loss": "#f1e6ef"}
_EDGE = {
    "state": palette.model,
    "layer": palette.ink,
    "operation": palette.other,
    "loss": palette.fourth,
}
_COLOR = {
    "forward": palette.model,
    "backward": palette.other,
    "cut": palette.muted,
    "weight": palette.muted,
}
_DASHES = {"forward": "-", "backward": "-", "cut": ":", "weight": "-"}
_WIDTH = 4.8  # inches: on a phone the letters stay larger than 10 pixels


class Diagram:
    """Boxes on a grid, and arrows between them, by name.

    The first number of a place counts columns to the right, the second rows upward; both may be
    fractions. A box must be there before an arrow leads to it.

    Args:
        columns: width of the grid; the figure is as wide as a page of the book allows.
        rows: height of the grid.
        row_height: of one row, in inches.

    Example:
        >>> net = Diagram(columns=3, rows=2)
        >>> net.box("x", (1, 0), "$x_1$", kind="value")
        >>> net.box("h", (1, 1), "$h_1$", kind="state")
        >>> net.arrow("x", "h", "$W_x$")
        >>> net.show(alt="An arrow leads from the input to the state.")  # doctest: +SKIP
    """

    def __init__(self, columns: Number, rows: Number, *, row_height: Number = 0.85):
        if columns <= 0 or rows <= 0:
            raise ValueError(f"a grid of {columns} x {rows} has no room; give sizes above 0")
        self.figure, self.axes = axes(size=(_WIDTH, max(rows * row_height, 0.6)))
        self._unit = _WIDTH / columns  # inches a column
        self._row = row_height
        self._boxes: dict[str, tuple[float, float, Patch]] = {}
        ax: Axes = self.axes
        ax.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5))
        ax.set_axis_off()

    def box(
        self,
        name: str,
        at: tuple[Number, Number],
        text: str | None = None,
        *,
        kind: Kind = "layer",
        width: Number | None = None,
        height: Number = 0.5,
    ) -> None:
        """Put a box on the grid.

        Args:
            name: for the arrows.
            at: column and row of its center.
            text: what stands in it; its name, if nothing is given.
            kind: a state of the network, a layer, an operation such as a product, a loss, or a
                value, which has no border.
            width: in columns; from the text's length, if nothing is given.
            height: in rows.

        Raises:
            ValueError: if there is a box of this name.
        """
        if name in self._boxes:
            raise ValueError(f"there is a box {name!r} already; give each box its own name")
        text = name if text is None else text
        x, y = at
        if width is None:
            letters = max(len(_plain(line)) for line in text.split("\n"))
            width = (0.11 * letters + 0.22) / self._unit
        patch = FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.08",
            mutation_aspect=self._unit / self._row,
            facecolor=_FILL.get(kind, "none"),
            edgecolor=_EDGE.get(kind, "none"),
            linewidth=1.2 if kind in _EDGE else 0,
            zorder=2,
        )
        self.axes.add_patch(patch)
        self.axes.text(x, y, text, ha="center", va="center", size=12, zorder=3, linespacing=1.15)
        self._boxes[name] = (float(x), float(y), patch)

    def row(
        self,
        name: str,
        texts: Sequence[str],
        at: tuple[Number, Number],
        *,
        kind: Kind = "layer",
        step: Number = 1,
        width: Number | None = None,
    ) -> list[str]:
        """Put boxes side by side, and return their names: `name` and a number, from 1.

        Args:
            name: of the row.
            texts: what stands in each box.
            at: column and row of the first.
            kind: as in `box`.
            step: from one box to the next, in columns.
            width: as in `box`.
        """
        names = [f"{name}{i}" for i in range(1, len(texts) + 1)]
        for i, text in enumerate(texts):
            self.box(names[i], (at[0] + i * step, at[1]), text, kind=kind, width=width)
        return names

    def arrow(
        self,
        start: str,
        end: str,
        text: str = "",
        *,
        way: Way = "forward",
        bend: Number = 0,
        shift: tuple[Number, Number] = (0, 0),
        strength: Number = 1,
    ) -> None:
        """Lead an arrow from one box to another.

        Args:
            start: name of a box.
            end: name of another.
            text: written beside the middle of the arrow.
            way: forward; backward, as gradients go; cut, for what does not pass; weight, thin,
                for attention.
            bend: how far the arrow curves out, as a share of its length; negative to the other
                side.
            shift: moves the whole arrow, in columns and rows, to set two side by side.
            strength: from 0 to 1, how much of the color shows.

        Raises:
            ValueError: if there is no box of that name.
        """
        (x, y, a), (u, v, b) = (self._find(name) for name in (start, end))
        dx, dy = shift
        color = _COLOR[way]
        self.axes.annotate(
            "",
            xy=(u + dx, v + dy),
            xytext=(x + dx, y + dy),
            arrowprops={
                "arrowstyle": "-|>,head_width=0.22,head_length=0.4",
                "color": color,
                "alpha": strength,
                "linewidth": 1.1 if way == "weight" else 1.7,
                "linestyle": _DASHES[way],
                "connectionstyle": f"arc3,rad={bend}",
                "patchA": a,
                "patchB": b,
                "shrinkA": 2,
                "shrinkB": 2,
            },
            zorder=1,
        )
        if text:
            # Beside the arrow: to the right of a steep one, above a flat one, outside of a bend.
            steep = abs(v - y) * self._row > abs(u - x) * self._unit
            middle = [(x + u) / 2 + dx, (y + v) / 2 + dy]
            middle[0] += bend * (v - y) / 2
            middle[1] -= bend * (u - x) / 2
            place = (5, 0) if steep else (0, 3)
            self.axes.annotate(
                text,
                middle,
                xytext=place,
                textcoords="offset points",
                color=color if way in ("forward", "backward") else palette.ink,
                size=11,
                ha="left" if steep else "center",
                va="center" if steep else "bottom",
            )

    def group(self, names: Sequence[str], text: str = "", *, pad: Number = 0.12) -> None:
        """Draw a dashed frame around some boxes, with words above it.

        Raises:
            ValueError: if there is no box of one of the names.
        """
        extents = [self._find(name)[2].get_extents() for name in names]
        inverse = self.axes.transData.inverted()
        corners = [inverse.transform(e.get_points()) for e in extents]
        left, bottom = (min(c[0][i] for c in corners) for i in (0, 1))
        right, top = (max(c[1][i] for c in corners) for i in (0, 1))
        frame = FancyBboxPatch(
            (left - pad, bottom - pad),
            right - left + 2 * pad,
            top - bottom + 2 * pad,
            boxstyle="round,pad=0,rounding_size=0.1",
            mutation_aspect=self._unit / self._row,
            facecolor="none",
            edgecolor=palette.muted,
            linestyle="--",
            linewidth=1,
            zorder=0,
        )
        self.axes.add_patch(frame)
        if text:
            self.note((left + right) / 2, top + pad, text)

    def note(self, x: Number, y: Number, text: str, *, color: str = palette.muted) -> None:
        """Write words on the grid; their lower edge stands a little above the place."""
        self.axes.annotate(
            text, (x, y), xytext=(0, 3), textcoords="offset points",
            ha="center", va="bottom", size=11, color=color,
        )  # fmt: skip

    def wall(self, x: Number, text: str = "") -> None:
        """Draw a dashed line from top to bottom: here something ends, such as a block."""
        bottom, top = self.axes.get_ylim()
        self.axes.plot([x, x], [bottom, top], color=palette.muted, ls="--", lw=1, zorder=0)
        if text:
            self.axes.annotate(
                text, (x, top), xytext=(4, -2), textcoords="offset points",
                ha="left", va="top", size=11, color=palette.muted,
            )  # fmt: skip

    def show(self, *, alt: str, caption: str | None = None) -> None:
        """Show the diagram as `show.figure` does."""
        figure(self.figure, alt=alt, caption=caption)

    def _find(self, name: str) -> tuple[float, float, Patch]:
        if name not in self._boxes:
            raise ValueError(
                f"there is no box {name!r}; there are {', '.join(self._boxes) or 'none'}: "
                "put it on the grid first"
            )
        return self._boxes[name]


def _plain(text: str) -> str:
    """A text about as long as its formula looks."""
    for mark in ("$", "_", "^", "{", "}", "\\mathbf", "\\tilde", "\\odot", "\\"):
        text = text.replace(mark, "o" if mark == "\\odot" else "")
    return text
