"""The guessing game: what is stored for the script, and what is refused."""

import html
import json
import re

import pytest

from textbook_nlp import show
from textbook_nlp.show import svg
from textbook_nlp.show.game import BETS

ALT = "A game: guess the next word of a fable."
GAPS = [
    show.Gap("The <fox> said it's", ["late", "hens", "snow"], 1, [0.25, 1 / 3]),
    show.Gap("A book about", ["moon", "a & b"], 0, [0.5, 1], after=",'"),
]


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as MIME bundles."""
    bundles = []
    monkeypatch.setattr(svg, "display", bundles.append)
    return bundles


def test_everything_is_stored_and_the_first_gap_stands_there_without_scripts(shown):
    show.guessing_game(GAPS, ["pairs", "fives"], alt=ALT, caption="Bet on < words.")

    (bundle,) = shown
    fragment = bundle["text/html"]
    stored = json.loads(html.unescape(re.search(r"data-game='([^']*)'", fragment)[1]))
    assert stored["players"] == ["pairs", "fives"]
    assert stored["gaps"][0] == [
        "The <fox> said it's",
        ["late", "hens", "snow"],
        1,
        [0.25, 0.3333],
        ".",
    ]
    assert stored["gaps"][1] == ["A book about", ["moon", "a & b"], 0, [0.5, 1], ",'"]
    assert stored["bets"] == [p for _, p in BETS]
    still = fragment.split("<script>")[0].split(">", 1)[1]
    assert "The &lt;fox&gt; said it&#x27;s ____" in still
    assert [word in still for word in ("late", "hens", "snow")] == [True] * 3
    assert "moon" not in still
    assert still.count('style="display:none') == 2  # what needs the script
    assert bundle["text/plain"] == ALT
    assert "<figcaption>Bet on &lt; words.</figcaption>" in fragment
    assert not re.search(r"https?://| id=|innerHTML", fragment)


@pytest.mark.parametrize(
    ("gaps", "alt", "words"),
    [
        ([], ALT, "at least one gap"),
        (GAPS, "short", "too short"),
        ([GAPS[0]._replace(options=["one"])], ALT, "two options or more"),
        ([GAPS[0]._replace(options=["a", "a", "b"])], ALT, "all different"),
        ([GAPS[0]._replace(right=3)], ALT, "right is 3"),
        ([GAPS[0]._replace(chances=[0.5])], ALT, "for each of the 2 players"),
        ([GAPS[0]._replace(chances=[0.5, 0])], ALT, r"in \(0, 1\]"),
        ([GAPS[0]._replace(chances=[0.5, float("nan")])], ALT, r"in \(0, 1\]"),
    ],
)
def test_an_impossible_game_is_refused(shown, gaps, alt, words):
    with pytest.raises(ValueError, match=words):
        show.guessing_game(gaps, ["pairs", "fives"], alt=alt)
    assert shown == []
