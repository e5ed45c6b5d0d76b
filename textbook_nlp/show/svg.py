"""A matplotlib figure as one small HTML element, equal byte for byte each time it is drawn."""

from __future__ import annotations

import base64
import html
import io
import re
import sys
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib import font_manager
from matplotlib.collections import Collection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from textbook_nlp.show.style import use_style

MANY = 3000
"""A picture of more cells or points than this is stored as pixels inside the figure."""

NO_MARKER = ("None", None, " ", "")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def figure(fig: Figure, *, alt: str, caption: str | None = None, keep_colors: bool = False) -> None:
    """Show a figure: one `<figure>` with the picture (SVG), its alt text and its caption.

    The picture is opaque and white, so that it can be read on any page; the book's dark theme
    turns its colors over. The figure is closed afterward.

    Args:
        fig: the figure, from `axes` or from matplotlib.
        alt: what a reader who cannot see the picture should know: what is drawn and what it shows.
        caption: a sentence below the picture; plain text.
        keep_colors: whether the dark theme leaves the picture as it is, where a color is what the
            text says it is: "a yellow triangle".

    Raises:
        TypeError: if `fig` is no figure.
        ValueError: if the alt text is missing, a file name or too short; or a text in the figure
            has characters that matplotlib's own font lacks (Hangul, for example).

    Example:
        >>> fig, ax = axes()
        >>> figure(fig, alt="An empty pair of axes from 0 to 1.")  # doctest: +SKIP
    """
    alt = checked_alt(alt)
    image = image_html(fig, alt)
    close(fig)
    kind = classes("tn-figure", keep_colors)
    display_html(f'<figure class="{kind}"{MARGIN}>{image}{caption_html(caption)}</figure>', alt)


def classes(names: str, keep_colors: bool) -> str:
    """The classes of a figure, with the one that the dark theme leaves alone."""
    return f"{names} tn-as-it-is" if keep_colors else names


MARGIN = ' style="margin:1em 0"'


def checked_alt(alt: Any) -> str:
    """The alt text with its white space in order.

    Raises:
        ValueError: if the text is missing, a file name, or shorter than 15 characters.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(
            f"a figure needs an alt text, a sentence that says what it shows: got {alt!r}"
        )
    alt = " ".join(alt.split())
    if re.fullmatch(r"\S+\.\w{2,5}", alt):
        raise ValueError(f"the alt text says what the figure shows; {alt!r} looks like a file name")
    if len(alt) < 15:
        raise ValueError(f"the alt text {alt!r} is too short: say what is drawn and what it shows")
    return alt


def caption_html(caption: str | None) -> str:
    """The caption as an element, or nothing."""
    return f"<figcaption>{html.escape(caption, quote=False)}</figcaption>" if caption else ""


def image_html(fig: Figure, alt: str) -> str:
    """The figure as an `<img>` that holds its own picture."""
    size = checked_figure(fig).get_size_inches()
    source = data_uri(fig)  # draws it: only then do all its texts exist
    return image(source, alt, size, smallest_letters(fig))


def image(source: str, alt: str, size: Iterable[float], letters: float) -> str:
    """An `<img>` of a size in inches that says how small its letters are, in points."""
    width, height = (round(96 * side) for side in size)
    return (
        f'<img src="{source}" alt="{html.escape(alt)}" width="{width}" height="{height}" '
        f'data-text="{letters:g}" style="max-width:100%;height:auto;background:#fff">'
    )


def smallest_letters(fig: Figure) -> float:
    """The size of the smallest text of a figure that has been drawn, in points."""
    sizes = [
        text.get_fontsize()
        for text in fig.findobj(Text)
        if text.get_visible() and text.get_text().strip()
    ]
    return float(min(sizes, default=12))


def data_uri(fig: Figure) -> str:
    """The figure as an address that contains the picture itself."""
    return "data:image/svg+xml;base64," + base64.b64encode(to_svg(fig).encode()).decode()


def checked_figure(fig: Any) -> Figure:
    """The figure itself.

    Raises:
        TypeError: if it is something else.
    """
    if not isinstance(fig, Figure):
        hint = ""
        if isinstance(fig, tuple):
            hint = "; `show.axes()` returns a figure and its axes: `fig, ax = show.axes()`"
        raise TypeError(f"expected a matplotlib Figure, got {type(fig).__name__}{hint}")
    return fig


def to_svg(fig: Figure) -> str:
    """The figure as a short SVG text: glyphs as paths, no date, coordinates to 2 decimals.

    Raises:
        TypeError: if it is no figure.
        ValueError: if a text has characters that the font lacks.
    """
    _rasterize_large_parts(checked_figure(fig))
    buffer = io.StringIO()
    use_style()
    with warnings.catch_warnings():
        # The texts exist only once the figure is drawn, so they are checked below.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from font")
        fig.savefig(buffer, format="svg", metadata=_NO_METADATA, facecolor="white")
        _check_glyphs(fig)
    return minified(buffer.getvalue())


def _rasterize_large_parts(fig: Figure) -> None:
    for part in fig.findobj(Collection):
        array = part.get_array() if isinstance(part, QuadMesh) else part.get_offsets()
        if array is not None and max(np.shape(array), default=0) and np.size(array) > MANY:
            part.set_rasterized(True)
    for line in fig.findobj(Line2D):
        if line.get_marker() not in NO_MARKER and np.size(line.get_xdata()) > MANY:
            line.set_rasterized(True)


def _check_glyphs(fig: Figure) -> None:
    missing: dict[str, str] = {}
    for text in fig.findobj(Text):
        words = text.get_text()
        if text.get_visible() and not words.isascii():
            font = font_manager.get_font(font_manager.findfont(text.get_fontproperties()))
            for letter in words:
                if letter.isprintable() and not font.get_char_index(ord(letter)):
                    missing.setdefault(letter, words)
    if missing:
        letters, words = "".join(missing), next(iter(missing.values()))
        raise ValueError(
            f"the figures' font has no {letters!r} (in the text {words!r}): write it in Latin "
            "letters in the figure, or show it as HTML text with `show.frames`"
        )


def minified(svg: str) -> str:
    """The same picture in about half the bytes: relative paths, short names, no dead space."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'(<path [^>]*?) d="([^"]*)" transform="scale\(0\.015625\)"', _glyph, svg)
    svg = re.sub(r' d="(M[^"]*)"', lambda m: f' d="{relative(m[1], 2)}"', svg)
    svg = re.sub(r' (?:x|y|width|height)="[^"]*"', _rounded, svg)
    svg = re.sub(r"translate\([^)]*\)", _rounded, svg)
    svg = re.sub(r'(<use [^>]*)transform="translate\((\S+) 0\)"', r'\1x="\2"', svg)
    svg = re.sub(r'style="[^"]*"', lambda m: re.sub(r"([:;]) ", r"\1", m[0]), svg)
    svg = re.sub(r">\s+<", "><", svg).replace("base64,\n", "base64,").strip()
    svg = svg.replace(" xlink:href=", " href=")
    svg = re.sub(r' xmlns:xlink="[^"]*"| version="1.1"', "", svg)
    svg = re.sub(r"<g/>|<g>\s*</g>", "", svg)
    names = {name: f"n{i}" for i, name in enumerate(dict.fromkeys(_USES.findall(svg)))}
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", svg)
    return _USES.sub(lambda m: m[0].replace(m[1], names[m[1]]), svg)


_USES = re.compile(r'(?:href="#|url\(#)([^")]+)')
_NUMBER = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?")
_STEP = re.compile(r"([MLQCzZ])([^MLQCzZ]*)")


def _rounded(match: re.Match[str]) -> str:
    return _NUMBER.sub(lambda number: _text(round(100 * float(number[0])), 2), match[0])


def _text(units: int, digits: int) -> str:
    """`units` hundredths (or tenths) in the shortest form."""
    number = f"{units / 10**digits:.{digits}f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0(?=\.)", r"\1", number)


def _glyph(match: re.Match[str]) -> str:
    """A letter's path, stored at 64 times its size, scaled here instead of in the picture."""
    return f'{match[1]} d="{relative(match[2], 1, scale=1 / 64)}"'


def relative(path: str, digits: int, *, scale: float = 1.0) -> str:
    """A path (M, L, Q, C, z) with every point relative to the last, rounded without drift.

    Raises:
        ValueError: if the path has another command.
    """
    if set(re.findall(r"[a-zA-Z]", re.sub(r"\de[-+]?\d", "", path))) - set("MLQCzZ"):
        raise ValueError(f"unknown command in the path {path[:60]!r}")
    parts: list[str] = []
    at = start = (0, 0)
    for command, numbers in _STEP.findall(path):
        if command in "zZ":
            parts.append("z")
            at = start
            continue
        units = [round(float(number) * scale * 10**digits) for number in numbers.split()]
        points = list(zip(units[::2], units[1::2], strict=True))
        size = {"M": 1, "L": 1, "Q": 2, "C": 3}[command]
        for i in range(0, len(points), size):
            segment = points[i : i + size]
            steps = [(x - at[0], y - at[1]) for x, y in segment]
            words = "".join(f" {_text(unit, digits)}" for step in steps for unit in step)
            parts.append(command.lower() + words[1:].replace(" -", "-"))
            at = segment[-1]
        if command == "M":
            start = at
    return "".join(parts)


def close(fig: Figure) -> None:
    """Forget a figure that `pyplot` made; one from `axes` is forgotten by itself."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(fig)


def display_html(fragment: str, text: str) -> None:
    """Show a fragment of HTML; where none can be shown, print the text in its place."""
    display({"text/html": fragment, "text/plain": text})


def display(bundle: dict[str, str]) -> None:
    """Show the richest form that the place knows; in a plain Python, print the plain text."""
    if in_ipython():
        from IPython.display import display as show  # noqa: PLC0415  (only there in a notebook)

        show(bundle, raw=True)
    else:
        print(bundle["text/plain"])


def in_ipython() -> bool:
    """Whether an IPython shell or kernel runs this code."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
