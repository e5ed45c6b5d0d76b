"""The songs of the book: how many there are, their letters, their verses and refrains."""

import re
import string

import pytest

from textbook_nlp.data import samples
from textbook_nlp.data.samples import Song, songs

LETTERS = set(string.ascii_letters + " \"',-.:?")
ALL = songs()


def test_thirty_songs():
    assert len(ALL) == len({song.title for song in ALL}) == 30
    words = sum(len(song.text.split()) for song in ALL)
    assert 6_000 < words < 6_500
    assert ALL[0].title == "Pull, My Sleepy Fellows"
    assert ALL[0].verses[0][1] == "And we went out with it,"


@pytest.mark.parametrize("song", ALL, ids=lambda song: song.title)
def test_a_song(song):
    assert 5 <= len(song.verses) <= 9
    for verse in song.verses:
        assert 2 <= len(verse) <= 8
        assert verse[-1][-1] in '.?"'
        for line in verse:
            assert set(line) <= LETTERS
            assert line == " ".join(line.split())
            assert re.match(r'"?[A-Z]', line)
            assert 2 <= len(line.split()) <= 12
    lines = song.text.split("\n")
    assert len(set(lines)) < len(lines) - song.text.count("\n\n"), "something is sung twice"


def test_no_verse_stands_in_two_songs():
    verses = [(tuple(verse), song.title) for song in ALL for verse in song.verses]
    assert len(dict(verses)) == len(set(verses))


def test_the_text_of_a_song_is_its_block_of_the_file():
    whole = samples.path("songs.txt").read_text(encoding="utf-8")
    assert whole == "\n\n".join(f"# {song.title}\n{song.text}" for song in ALL) + "\n"


def test_verses_are_cut_at_blank_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
    (tmp_path / "songs.txt").write_text("# A\nOne.\nTwo.\n\nThree.\n\n# B\nFour.\n", "utf-8")
    assert songs() == [Song("A", [["One.", "Two."], ["Three."]]), Song("B", [["Four."]])]
