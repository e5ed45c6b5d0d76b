import sys
import unicodedata

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from textbook_nlp.text.normalize import (
    lower_case,
    normal_form,
    stemmer,
    what_is_lost,
    without_punctuation,
)
from textbook_nlp.text.words import PUNCTUATION

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_each_change_made_twice_is_made_once(text):
    for change in (without_punctuation, normal_form, lambda t: normal_form(t, "NFKC")):
        assert change(change(text)) == change(text)


def test_lower_case():
    assert lower_case("The US, ÉTÉ") == "the us, été"


def test_without_punctuation():
    assert without_punctuation("“Don't—stop!” €5 + 3…") == "Don'tstop 5  3"
    assert without_punctuation("Don't stop-ping", keep="-") == "Dont stop-ping"
    assert without_punctuation(PUNCTUATION, keep="") == "\t\n"


def test_normal_forms():
    assert [len(normal_form("é", form)) for form in ("NFC", "NFD", "NFKC", "NFKD")] == [1, 2, 1, 2]
    assert normal_form("x² ﬁne ＡＢ", "NFKC") == "x2 fine AB"
    assert normal_form("x² ﬁne ＡＢ") == "x² ﬁne ＡＢ"
    assert normal_form("한", "NFD") == unicodedata.normalize("NFD", "한")


def test_stems():
    stem = stemmer()
    assert [stem(word) for word in ("running", "runs", "ran")] == ["run", "run", "ran"]
    assert stemmer("german")("Häuser") == "Haus"
    assert stem("") == ""


def test_no_rules_for_a_language():
    with pytest.raises(ValueError, match="no rules for 'korean'.*english"):
        stemmer("korean")


def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "snowballstemmer", None)
    with pytest.raises(ImportError, match="pip install snowballstemmer"):
        stemmer()


def test_what_is_lost():
    words = ["US", "us", "us", "we", "The", "the", "the", "the"]
    loss = what_is_lost(words, str.lower)
    assert (loss.before, loss.after) == (5, 3)
    assert loss.merged == {"the": ["the", "The"], "us": ["us", "US"]}
    np.testing.assert_allclose(loss.touched, 7 / 8)
    stems = what_is_lost(["relative", "relativity", "news"], stemmer())
    assert stems.merged == {"relat": ["relative", "relativity"]}
    assert what_is_lost(words, lambda word: word).merged == {}
    with pytest.raises(ValueError, match="no tokens"):
        what_is_lost([], str.lower)


@given(st.lists(TEXT, min_size=1), st.sampled_from([str.lower, lambda t: t[:1], lambda t: t]))
def test_losses_add_up(tokens, change):
    loss = what_is_lost(tokens, change)
    assert loss.before == len(set(tokens))
    assert loss.after == len({change(token) for token in tokens})
    gone = sum(len(old) - 1 for old in loss.merged.values())
    assert loss.before - loss.after == gone
    assert 0 <= loss.touched <= 1


@pytest.mark.parametrize(
    "change",
    [lower_case, without_punctuation, normal_form, lambda text: stemmer()(text)],
    ids=["case", "punctuation", "form", "stem"],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_text_is_refused(change):
    with pytest.raises(TypeError, match="got bytes"):
        change(b"bytes")
    with pytest.raises(TypeError, match="got NoneType"):
        change(None)
    with pytest.raises(ValueError, match="lone surrogate"):
        change("\ud800")


@pytest.mark.usefixtures("shapes_unchecked")
def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="no form 'NFX'"):
        normal_form("text", "NFX")
