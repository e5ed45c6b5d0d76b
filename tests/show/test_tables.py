"""A table shows what it was given, on a page and in letters."""

import numpy as np
import pytest
import torch

from textbook_nlp import show
from textbook_nlp.show import tables


def test_a_table_is_aligned(capsys):
    rows = [("RNN", 9.25, None), ("bigram", np.int64(14), True), ("x", torch.tensor(1.5), 3)]

    show.table(rows, header=("model", "perplexity", "seeds"))

    assert capsys.readouterr().out == (
        "model   perplexity  seeds\n"
        "------  ----------  -----\n"
        "RNN           9.25  -\n"
        "bigram          14  True\n"
        "x             1.50  3\n"
    )


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="has 1 cells, the header 2"):
        show.table([("a",)], header=("a", "b"))


@pytest.fixture
def shown(monkeypatch):
    """The HTML and the text of each table that is shown."""
    found = []
    monkeypatch.setattr(tables, "display_html", lambda *both: found.append(both))
    return found


def test_on_a_page_words_stand_left_and_numbers_right(shown):
    show.table([("a <b>\nsecond", 1.0)], header=("model", "loss"), digits=1, caption="So & so")
    html, _ = shown[0]
    assert "<caption>So &amp; so</caption>" in html
    assert '<th scope="col" style="text-align:left">model</th>' in html
    assert '<td style="text-align:left">a &lt;b&gt;<br>second</td>' in html
    assert '<td style="text-align:right">1.0</td>' in html


def test_letters_are_wrapped_to_fit(shown):
    words = "the plain recurrent network of the book, by its own settings"
    show.table([(words, words, 9.25), ("x", "y", 100)], header=("what", "where", "perplexity"))
    lines = shown[0][1].splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["-" * 33, "-" * 33, "-" * 10]
    assert lines[2].endswith("      9.25")
    left = " ".join(line[:33].strip() for line in lines[2:-1])
    assert left == words
    assert lines[-1].split() == ["x", "y", "100"]


def test_what_cannot_be_wrapped_stays(shown):
    show.table([[1234567] * 12], header=["n"] * 12)
    assert shown[0][1].splitlines()[-1].split() == ["1234567"] * 12
