"""Figures that the reader moves: one call for the page, which has no kernel, and for the notebook.

While the book is made and checked (`TEXTBOOK_NLP_STATIC=1`) all frames are drawn at once and stored
in one HTML element with a slider in plain JavaScript. In a live kernel the same drawing function is
driven by ipywidgets; where ipywidgets is missing, the stored form is used again.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from matplotlib.figure import Figure

from textbook_nlp.show.svg import (
    MARGIN,
    caption_html,
    checked_alt,
    checked_figure,
    classes,
    close,
    data_uri,
    display_html,
    image,
    image_html,
    in_ipython,
    smallest_letters,
)

Alt = str | Callable[[Any], str]


def slider(
    draw: Callable[[Any], Figure],
    values: Iterable[Any],
    *,
    alt: Alt,
    label: str,
    finding: Callable[[Any], str] | None = None,
    caption: str | None = None,
    start: int = 0,
    keep_colors: bool = False,
) -> None:
    """A figure with a slider: one frame for each value.

    Args:
        draw: makes the figure of one value. All its figures have one size; fix the limits of the
            axes, or they jump from frame to frame.
        values: what the slider runs through; each is shown as text beside the label.
        alt: the alt text, or a function that makes it from the value (better: it then tells what
            the frame shows).
        label: what the slider sets, for example "time step".
        finding: makes a few words from the value that say what its frame shows ("83 % right"); they
            stand beside the value, and are read aloud when the slider is moved.
        caption: a sentence below the figure.
        start: position of the value that is shown first, and alone where scripts do not run.
        keep_colors: as in `figure`.

    Raises:
        ValueError: if there are no values, a missing alt text, a `start` outside of the values, or
            figures of several sizes.
        TypeError: if `draw` returned something else than a figure.

    Example:
        >>> def draw(t):
        ...     fig, ax = axes()
        ...     ax.plot(range(t + 1))
        ...     return fig
        >>> slider(draw, range(5), alt="A line of t steps.", label="t")  # doctest: +SKIP
    """
    values, start = _checked(values, label, start)
    alts = [checked_alt(alt(value) if callable(alt) else alt) for value in values]
    words = [f"{value} ({finding(value)})" if finding else str(value) for value in values]

    if live():

        def frame(i: int) -> str:
            fig = draw(values[i])
            picture = image_html(fig, alts[i])
            close(fig)
            return picture

        _show_widgets(frame, words, label=label, caption=caption, start=start)
        return
    images, sizes, letters = [], set(), []
    for value in values:
        fig = checked_figure(draw(value))
        sizes.add(tuple(float(side) for side in fig.get_size_inches()))
        images.append(data_uri(fig))
        letters.append(smallest_letters(fig))
        close(fig)
    if len(sizes) > 1:
        raise ValueError(f"all frames of a slider have one size (inches): got {sorted(sizes)}")
    first = image(images[start], alts[start], sizes.pop(), min(letters))
    frames = [[word, uri, alt] for word, uri, alt in zip(words, images, alts, strict=True)]
    _show_static(
        first,
        frames,
        words,
        label=label,
        caption=caption,
        start=start,
        text=alts[start],
        keep_colors=keep_colors,
    )


def frames(
    fragments: Sequence[str],
    labels: Sequence[Any],
    *,
    alt: str,
    label: str,
    caption: str | None = None,
    start: int = 0,
) -> None:
    """The same slider over ready-made fragments of HTML: a sentence cut in several ways, a table.

    The fragments take the page's own text color, so that they follow its theme; for colored pieces
    use `pieces`.

    Args:
        fragments: the frames, as trusted HTML.
        labels: one for each frame, shown beside the label.
        alt: what the figure shows, for those who hear the page.
        label: what the slider sets, for example "level".
        caption: a sentence below the figure.
        start: position of the frame that is shown first, and alone where scripts do not run.

    Raises:
        ValueError: if there are no fragments, another number of labels, a missing alt text, or a
            `start` outside of the fragments.

    Example:
        >>> cuts = ["a cat".split(), list("a cat")]
        >>> frames(
        ...     [pieces(cut) for cut in cuts], ["words", "characters"],
        ...     alt="The sentence 'a cat' cut into words and into characters.", label="level",
        ... )  # doctest: +SKIP
    """
    fragments, start = _checked(fragments, label, start)
    if len(labels) != len(fragments):
        raise ValueError(f"{len(labels)} labels for {len(fragments)} frames")
    alt = checked_alt(alt)
    words = [str(word) for word in labels]
    boxes = [_box(fragment, alt) for fragment in fragments]
    if live():
        _show_widgets(boxes.__getitem__, words, label=label, caption=caption, start=start)
        return
    stored = [[word, fragment] for word, fragment in zip(words, fragments, strict=True)]
    _show_static(boxes[start], stored, words, label=label, caption=caption, start=start, text=alt)


def pieces(tokens: Sequence[str], highlight: Sequence[int] = ()) -> str:
    """Tokens as boxes in a row that wraps, for `frames`: neighbors differ, a space shows as `␣`.

    Args:
        tokens: the pieces, in order.
        highlight: positions of the pieces that stand out.

    Returns:
        A fragment of HTML that follows the light and the dark theme.

    Example:
        >>> "token" in pieces(["token", "ization"], highlight=[1])
        True
    """
    spans = []
    for i, token in enumerate(tokens):
        marked = i in set(highlight)
        color = "rgba(214,130,20,.38)" if marked else f"rgba(105,120,205,{(0.18, 0.36)[i % 2]})"
        words = html.escape(token).replace(" ", "␣").replace("\n", "↵")
        weight = ";font-weight:bold;outline:2px solid" if marked else ""
        spans.append(
            f'<span style="background:{color};border-radius:4px;padding:.1em .3em;'
            f'overflow-wrap:anywhere{weight}">{words or "&nbsp;"}</span>'
        )
    row = "display:flex;flex-wrap:wrap;gap:.35em .25em;font-family:monospace;line-height:1.6"
    return f'<div style="{row}">{"".join(spans)}</div>'


def live() -> bool:
    """Whether a person runs this in a kernel that can drive widgets, and the book is not made.

    `TEXTBOOK_NLP_STATIC` set to anything but an empty text or 0 says that it is made.
    """
    if os.environ.get("TEXTBOOK_NLP_STATIC", "0") not in ("", "0") or not in_ipython():
        return False
    try:
        import ipywidgets  # noqa: F401, PLC0415  (optional)
    except ImportError:
        return False
    from IPython import get_ipython  # noqa: PLC0415  (only there in a notebook)

    return hasattr(get_ipython(), "kernel")


def _checked(values: Iterable[Any], label: str, start: int) -> tuple[list[Any], int]:
    values = list(values)
    if not values:
        raise ValueError("a slider needs at least one value")
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"a slider needs a label that says what it sets: got {label!r}")
    if not 0 <= start < len(values):
        raise ValueError(f"start is a position among the {len(values)} values: got {start}")
    return values, start


def _box(fragment: str, alt: str) -> str:
    alt = html.escape(alt)
    return f'<div class="tn-frame" role="group" aria-label="{alt}">{fragment}</div>'


def _show_widgets(
    frame: Callable[[int], str],
    words: Sequence[str],
    *,
    label: str,
    caption: str | None,
    start: int,
) -> None:
    """Drive the frames with ipywidgets (7.7 and later); each is drawn when first asked for."""
    import ipywidgets  # noqa: PLC0415  (optional)
    from IPython.display import display  # noqa: PLC0415

    drawn = {start: frame(start)}
    picture = ipywidgets.HTML(value=drawn[start])
    options = [(word, i) for i, word in enumerate(words)]
    control = ipywidgets.SelectionSlider(
        options=options,
        value=start,
        description=label,
        style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="95%", max_width="40em"),
    )

    def show(change: dict[str, Any]) -> None:
        i = change["new"]
        if i not in drawn:
            drawn[i] = frame(i)
        picture.value = drawn[i]

    control.observe(show, names="value")
    below = [ipywidgets.HTML(value=html.escape(caption))] if caption else []
    display(ipywidgets.VBox([control, picture, *below]))


def _show_static(
    first: str,
    stored: Sequence[Sequence[str]],
    words: Sequence[str],
    *,
    label: str,
    caption: str | None,
    start: int,
    text: str,
    keep_colors: bool = False,
) -> None:
    """Store all frames in one element. The controls appear once the script runs.

    They are hidden by a style: a host that strips scripts, such as JupyterLab before it trusts a
    notebook, strips `hidden` as well, and dead controls would stand there.
    """
    # An attribute, and not a second script, since some hosts insert outputs without their scripts.
    data = html.escape(json.dumps(stored, ensure_ascii=False, separators=(",", ":")), quote=False)
    data = data.replace("'", "&#39;")
    name = html.escape(label)
    button = f'<button type="button" style="{_BUTTON}" aria-label="{name}: %s">%s</button>'
    controls = (
        f'<div class="tn-controls" style="display:none"><div><span>{name}: </span>'
        f'<output style="font-weight:bold">{html.escape(words[start])}</output></div>'
        '<div style="display:flex;align-items:center;gap:.5em;margin:.3em 0 .5em">'
        + button
        % ("previous", "&lsaquo;")
        + f'<input type="range" min="0" max="{len(words) - 1}" step="1" value="{start}" '
        f'aria-label="{name}" aria-valuetext="{html.escape(words[start])}" style="{_RANGE}">'
        + button % ("next", "&rsaquo;")
        + "</div></div>"
    )
    kind = classes("tn-figure tn-slider", keep_colors)
    display_html(
        f"<figure class=\"{kind}\"{MARGIN} data-frames='{data}'>{controls}{first}"
        f"{caption_html(caption)}</figure><script>{_SCRIPT}</script>",
        text,
    )


_BUTTON = (
    "font:inherit;font-size:1.3em;line-height:1;color:inherit;background:transparent;"
    "border:1px solid currentColor;border-radius:.3em;min-width:2.2em;min-height:2.2em;"
    "cursor:pointer"
)
_RANGE = "font:inherit;flex:1;min-width:0;max-width:30em;height:2.75em;margin:0;cursor:pointer"

# Runs for every figure that has not been started yet, so that it does not matter how the host
# inserts the output; once more later, since some hosts run scripts before they insert the figure.
# A figure that nothing follows, while the page is still coming in, is not whole yet.
_SCRIPT = """
(function(){
function go(){document.querySelectorAll("figure.tn-slider").forEach(function(f){
if(f.tnReady||document.readyState=="loading"&&!f.nextSibling)return;f.tnReady=true;
var d=JSON.parse(f.getAttribute("data-frames")),r=f.querySelector("input[type=range]"),
o=f.querySelector("output"),m=f.querySelector("img"),x=f.querySelector(".tn-frame"),
b=f.querySelectorAll("button");
function show(){var n=d[+r.value];o.textContent=n[0];r.setAttribute("aria-valuetext",n[0]);
if(n.length>2){m.alt=n[2];m.src=n[1]}else x.innerHTML=n[1]}
function step(k){o.setAttribute("aria-live","polite");r.value=+r.value+k;show()}
r.addEventListener("input",function(){o.setAttribute("aria-live","off");show()});
b[0].addEventListener("click",function(){step(-1)});
b[1].addEventListener("click",function(){step(1)});
f.querySelector(".tn-controls").style.display="";show()})}
go();setTimeout(go,300)})()
""".strip().replace("\n", "")
