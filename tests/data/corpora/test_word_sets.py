"""The parsers of pairs, analogies and vectors, on small files made here."""

import zipfile

import numpy as np
import pytest

from textbook_nlp.data.corpora.analogies import read_analogies
from textbook_nlp.data.corpora.glove import read_parts
from textbook_nlp.data.corpora.word_pairs import read_simlex, read_wordsim
from textbook_nlp.files import DamagedFile


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def packed(path, member, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, text)
    return path


PAIRS = [("love", "sex", 6.77), ("FBI", "phone", 2.0)]


def test_wordsim_in_both_forms(tmp_path):
    lines = "# comment\n# Word 1\tWord 2\tHuman\nlove\tsex\t6.77\nFBI\tphone\t2\n"
    assert read_wordsim({"pairs": write(tmp_path / "a", lines)}) == PAIRS
    text = "Word 1,Word 2,Human (mean)\r\nlove,sex,6.77\r\nFBI,phone,2\r\n"
    assert read_wordsim({"pairs": packed(tmp_path / "b", "combined.csv", text)}) == PAIRS


def test_simlex_in_both_forms(tmp_path):
    assert (
        read_simlex({"pairs": write(tmp_path / "a", "love\tsex\t6.77\nFBI\tphone\t2\n")}) == PAIRS
    )
    text = "word1\tword2\tPOS\tSimLex999\tconc(w1)\nlove\tsex\tN\t6.77\t1\nFBI\tphone\tN\t2\t3\n"
    path = packed(tmp_path / "b", "SimLex-999/SimLex-999.txt", text)
    assert read_simlex({"pairs": path}) == PAIRS


def test_pairs_in_another_form(tmp_path):
    with pytest.raises(DamagedFile, match="expected two words and a score in column 3"):
        read_wordsim({"pairs": write(tmp_path / "a", "a\tb\t1\nlove\tsex\n")})
    with pytest.raises(DamagedFile, match="expected two words and a score"):
        read_simlex({"pairs": write(tmp_path / "a", "a\tb\t1\nlove\tsex\tmuch\n")})
    with pytest.raises(DamagedFile, match="no pair of words"):
        read_simlex({"pairs": write(tmp_path / "a", "# nothing\n")})
    with pytest.raises(DamagedFile, match="combined.csv cannot be read"):
        read_wordsim({"pairs": packed(tmp_path / "b", "other.csv", "a,b,1")})


def test_analogies(tmp_path):
    text = ": capital\nAthens Greece Baghdad Iraq\n: family\nboy girl brother sister\n"
    assert read_analogies({"questions": write(tmp_path / "a", text)}) == {
        "capital": [("athens", "greece", "baghdad", "iraq")],
        "family": [("boy", "girl", "brother", "sister")],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c d\n", "line 1"),
        (": one\na b c\n", "line 2.*expected ': section' or four words"),
        (":\n", "line 1"),
        ("", "no analogy"),
    ],
)
def test_analogies_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_analogies({"questions": write(tmp_path / "a", text)})


def test_glove_subsets_are_joined_and_the_archive_is_read_once(tmp_path):
    first, second = write(tmp_path / "a", "the 1 2\n"), write(tmp_path / "b", "cat 3 4\n")
    both = read_parts("g.txt", {"vectors": first, "more": second})
    assert both.words == ("the", "cat")
    np.testing.assert_array_equal(both.matrix, [[1, 2], [3, 4]])
    archive = packed(tmp_path / "c", "g.txt", "the 1 2\ncat 3 4\n")
    assert read_parts("g.txt", {"vectors": archive, "more": archive}).words == both.words
    with pytest.raises(DamagedFile, match="line 1"):
        read_parts("g.txt", {"vectors": write(tmp_path / "d", "the 1 x\n")})
