"""The fables of the book: how many there are, their letters, and that the translations fit."""

import re
import string
from itertools import chain

import pytest

from textbook_nlp.data import samples
from textbook_nlp.data.samples import Fable, fables

ENGLISH = set(string.ascii_letters + " !\"',-.:?")
ALL = fables()


def test_sixty_fables_a_third_of_them_in_korean():
    assert len(ALL) == len({fable.title for fable in ALL}) == 60
    assert sum(fable.korean_title is not None for fable in ALL) == 20
    words = sum(len(s.split()) for fable in ALL for s in fable.sentences)
    assert 12_000 < words < 14_000
    assert ALL[0].title == "The Bridge That Counted Feet"
    assert ALL[0].sentences[0].startswith("The stone bridge below the mill had nothing to do")
    assert ALL[0].korean_title == "발을 세는 다리"


def test_every_korean_block_has_its_english_twin():
    headings = re.findall(r"^# (.*)$", samples.path("fables.ko.txt").read_text("utf-8"), re.M)
    twins = [heading.split(" | ")[0] for heading in headings]
    assert [fable.title for fable in ALL if fable.korean_title] == twins


@pytest.mark.parametrize("fable", ALL, ids=lambda fable: fable.title)
def test_a_fable(fable):
    assert 10 <= len(fable.sentences) <= 25
    for sentence in fable.sentences:
        assert set(sentence) <= ENGLISH
        assert sentence == " ".join(sentence.split())
        assert re.search(r"[.!?]['\"]*$", sentence)
    assert (fable.korean_title is None) == (fable.korean_sentences is None)
    if fable.korean_sentences:
        assert len(fable.korean_sentences) == len(fable.sentences)


def test_the_korean_is_made_of_whole_syllables():
    texts = chain.from_iterable(
        [fable.korean_title or "", *(fable.korean_sentences or ())] for fable in ALL
    )
    found = set("".join(texts))
    assert {c for c in found if not "가" <= c <= "힣"} <= set(" !\"',.?")


def test_blocks_are_cut_where_a_title_begins(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
    (tmp_path / "fables.txt").write_text("# A\nOne.\nTwo.\n\n# B\nThree.\n", encoding="utf-8")
    (tmp_path / "fables.ko.txt").write_text("# B | 나\n셋.\n", encoding="utf-8")
    assert fables() == [Fable("A", ["One.", "Two."]), Fable("B", ["Three."], "나", ["셋."])]
