"""A game that the reader plays against models: bet on the next word, and see what the bets cost."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textbook_nlp.show.svg import MARGIN, caption_html, checked_alt, display_html

BETS = (("sure", 0.85), ("fairly sure", 0.55), ("no idea", None))
"""What the reader can say, and the probability that the chosen word then gets; None: all alike."""


class Gap(NamedTuple):
    """One word to guess.

    Attributes:
        before: the text up to the gap.
        options: the words to choose from, in the order in which they are shown.
        right: the position of the word that really came.
        chances: the probability that each player gave to that word among the options, in the order
            of the players.
        after: what follows the word, shown with the answer, such as a full stop.
    """

    before: str
    options: Sequence[str]
    right: int
    chances: Sequence[float]
    after: str = "."


def guessing_game(
    gaps: Sequence[Gap], players: Sequence[str], *, alt: str, caption: str | None = None
) -> None:
    """A game without a kernel: the reader bets on each word, beside what models gave to it.

    After each bet a table tells what probability the reader and every model gave to the right word,
    and the perplexity of each so far, in which no idea about one of N words counts as N. Without
    scripts the first gap stands there with its options.

    Args:
        gaps: the words to guess, in order.
        players: the names of the models.
        alt: what the game is, for those who hear the page.
        caption: a sentence below it.

    Raises:
        ValueError: if there is no gap, a missing alt text, a gap with fewer than two options or two
            alike, a `right` that is no option, or chances that are not one number in (0, 1] for
            each player.

    Example:
        >>> gap = Gap("A fox asked for a book about", ["hens", "snow"], 0, [0.7])
        >>> guessing_game(
        ...     [gap], ["pairs of words"], alt="A game: guess the next word of a fable."
        ... )  # doctest: +SKIP
    """
    alt = checked_alt(alt)
    if not gaps:
        raise ValueError("a game needs at least one gap")
    for gap in gaps:
        _check(gap, len(players))
    stored = {
        "players": list(players),
        "gaps": [
            [g.before, list(g.options), g.right, [round(p, 4) for p in g.chances], g.after]
            for g in gaps
        ],
        "bets": [p for _, p in BETS],
    }
    display_html(_html(stored, alt, caption), alt)


def _check(gap: Gap, players: int) -> None:
    options = list(gap.options)
    if len(options) < 2 or len(set(options)) < len(options):
        raise ValueError(f"a gap needs two options or more, all different: got {options}")
    if not 0 <= gap.right < len(options):
        raise ValueError(f"right is {gap.right}; expected a position among {options}")
    if len(gap.chances) != players or not all(
        isinstance(p, float | int) and 0 < p <= 1 and math.isfinite(p) for p in gap.chances
    ):
        raise ValueError(
            f"chances are {list(gap.chances)}; expected a number in (0, 1] for each of the "
            f"{players} players"
        )


def _html(stored: Mapping, alt: str, caption: str | None) -> str:
    before, options, *_ = stored["gaps"][0]
    # As in `interact`: in an attribute, since some hosts insert outputs without their scripts, and
    # what a script must bring to life is hidden by a style, which no host strips.
    data = html.escape(json.dumps(stored, ensure_ascii=False, separators=(",", ":")), quote=False)
    data = data.replace("'", "&#39;")
    words = "".join(
        f'<button type="button" aria-pressed="false" style="{_BUTTON}">{html.escape(o)}</button>'
        for o in options
    )
    bets = "".join(f'<button type="button" style="{_BUTTON}">{name}</button>' for name, _ in BETS)
    return (
        f"<figure class=\"tn-figure tn-game\"{MARGIN} data-game='{data}'>"
        f'<div role="group" aria-label="{html.escape(alt)}" style="{_BOX}">'
        f'<p class="tn-count" style="margin:0;font-weight:bold">1 of {len(stored["gaps"])}</p>'
        f'<p class="tn-gap" style="margin:.5em 0">{html.escape(before)} ____</p>'
        f'<div class="tn-words" role="group" aria-label="which word?" style="{_ROW}">{words}</div>'
        '<div class="tn-play" style="display:none">'
        '<p style="margin:.7em 0 .2em">Choose a word. How sure are you?</p>'
        f'<div class="tn-bets" role="group" aria-label="how sure?" style="{_ROW}">{bets}</div>'
        "</div>"
        '<div class="tn-told" role="status" style="margin:.7em 0 0"></div>'
        f'<div class="tn-next" style="display:none;margin:.6em 0 0">'
        f'<button type="button" style="{_BUTTON}">next word</button></div>'
        f"</div>{caption_html(caption)}</figure><script>{_SCRIPT}</script>"
    )


_BUTTON = (
    "font:inherit;color:inherit;background:transparent;border:1px solid currentColor;"
    "border-radius:.3em;padding:.3em .8em;min-height:2.75em;cursor:pointer"
)
_ROW = "display:flex;flex-wrap:wrap;gap:.5em"
_BOX = "border:1px solid currentColor;border-radius:.4em;padding:.8em 1em;text-align:left"

# Texts are set as text, never as HTML. A word that is chosen is marked by its frame and for those
# who hear the page; the right one by a sign too, so that nothing depends on a color.
_SCRIPT = """
(function(){
function go(){document.querySelectorAll("figure.tn-game").forEach(function(f){
if(f.tnReady||document.readyState=="loading"&&!f.nextSibling)return;f.tnReady=true;
var d=JSON.parse(f.getAttribute("data-game")),i=0,choice=-1,sums=[],n=0,
q=function(s){return f.querySelector(s)},count=q(".tn-count"),gap=q(".tn-gap"),
words=q(".tn-words"),play=q(".tn-play"),bets=q(".tn-bets").children,told=q(".tn-told"),
next=q(".tn-next"),on=next.firstChild,names=["you"].concat(d.players),style;
style=words.firstChild.getAttribute("style");
function mark(b,yes){b.setAttribute("aria-pressed",yes);b.style.outline=yes?"3px solid":""}
function able(){for(var k=0;k<bets.length;k++)bets[k].disabled=choice<0&&d.bets[k]!==null;
for(k=0;k<bets.length;k++)bets[k].style.opacity=bets[k].disabled?.45:1}
function start(){var g=d.gaps[i];choice=-1;told.textContent="";next.style.display="none";
play.style.display="";count.textContent=(i+1)+" of "+d.gaps.length;
gap.textContent=g[0]+" ____";words.textContent="";
g[1].forEach(function(w,k){var b=document.createElement("button");b.type="button";
b.setAttribute("style",style);b.textContent=w;mark(b,false);
b.addEventListener("click",function(){choice=k;
for(var j=0;j<words.children.length;j++)mark(words.children[j],j===k);able()});
words.appendChild(b)});able()}
function cell(r,t,kind,side){var c=document.createElement(kind);c.textContent=t;
c.style.textAlign=side;c.style.padding=".15em .8em .15em 0";
if(kind==="th")c.scope=side==="left"?"row":"col";r.appendChild(c)}
function bet(k){var g=d.gaps[i],N=g[1].length,p=d.bets[k],mine=p===null?1/N:
choice===g[2]?p:(1-p)/(N-1),all=[mine].concat(g[3]),t=document.createElement("table"),r;n++;t.style.margin="0";
play.style.display="none";gap.textContent=g[0]+" "+g[1][g[2]]+g[4];
for(var j=0;j<N;j++){var b=words.children[j];b.disabled=true;
b.style.opacity=j===g[2]?1:.55;if(j===g[2])b.textContent="\\u2713 "+g[1][j]}
var line=document.createElement("p");line.style.margin="0 0 .4em";
line.textContent="It was \\u201c"+g[1][g[2]]+"\\u201d. You gave it the probability "+
mine.toFixed(2)+".";told.appendChild(line);
r=document.createElement("tr");cell(r,"","td","left");cell(r,"this word","th","right");
cell(r,"perplexity so far","th","right");t.appendChild(r);
all.forEach(function(p,j){sums[j]=(sums[j]||0)-Math.log(p);r=document.createElement("tr");
cell(r,names[j],"th","left");cell(r,p.toFixed(2),"td","right");
cell(r,Math.exp(sums[j]/n).toFixed(2),"td","right");t.appendChild(r)});
told.appendChild(t);on.textContent=i+1<d.gaps.length?"next word":"play again";
next.style.display="";on.focus({preventScroll:true})}
for(var k=0;k<bets.length;k++)(function(k){
bets[k].addEventListener("click",function(){bet(k)})})(k);
on.addEventListener("click",function(){i++;if(i>=d.gaps.length){i=0;n=0;sums=[]}start();
words.firstChild.focus({preventScroll:true})});
start()})}
go();setTimeout(go,300)})()
""".strip().replace("\n", "")
