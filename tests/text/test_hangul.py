import unicodedata

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from textbook_nlp.text.hangul import (
    FINAL_LETTERS,
    INITIAL_LETTERS,
    MEDIAL_LETTERS,
    JamoTokenizer,
    SyllableTokenizer,
    from_jamo,
    from_letters,
    is_syllable,
    join_syllable,
    split_syllable,
    to_jamo,
    to_letters,
)

ALL = [chr(code) for code in range(0xAC00, 0xD7A4)]
SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
# Syllables, all jamo with their unassigned and ancient neighbors, and ASCII.
HANGUL = st.text(
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)
    | st.characters(min_codepoint=0x1100, max_codepoint=0x11FF)
    | st.characters(min_codepoint=0x3130, max_codepoint=0x318F)
    | st.characters(max_codepoint=0x7F)
    | st.sampled_from("\u1100\u1161\u11a7\u11a8\u11c2\u11c3가힣갸")
)


def test_every_syllable_is_what_unicodedata_says():
    assert [to_jamo(s) for s in ALL] == [unicodedata.normalize("NFD", s) for s in ALL]
    assert [from_jamo(to_jamo(s)) for s in ALL] == ALL
    assert [join_syllable(*split_syllable(s)) for s in ALL] == ALL
    assert [from_letters(to_letters(s)) for s in ALL] == ALL
    assert all(map(is_syllable, ALL))


@given(HANGUL)
@example("\u1100\u1161\u11a8")
@example("가\u11a8")
@example("각\u11a8")
@example("\u1100\u1100\u1161")
@example("가\u11a7")
def test_any_hangul_is_normalized_as_unicodedata_does(text):
    assert to_jamo(text) == unicodedata.normalize("NFD", text)
    assert from_jamo(text) == unicodedata.normalize("NFC", text)


def test_the_three_letters_of_a_syllable():
    assert split_syllable("가") == (0, 0, 0)
    assert split_syllable("힣") == (18, 20, 27)
    assert to_letters("닭") == "ㄷㅏㄺ"
    names = [unicodedata.name(c).split()[-1] for c in INITIAL_LETTERS]
    assert names == [unicodedata.name(chr(0x1100 + i)).split()[-1] for i in range(19)]
    assert len(set(MEDIAL_LETTERS)) == 21
    assert len(set(FINAL_LETTERS)) == 28


@pytest.mark.parametrize("style", ["jamo", "keyboard"])
def test_letters_are_the_compatible_forms(style):
    counts = np.unique([len(JamoTokenizer(style).tokenize(s)) for s in ALL], return_counts=True)
    np.testing.assert_array_equal(counts, [[2, 3], [19 * 21, 19 * 21 * 27]])
    for s in ALL[::97]:
        compatible = unicodedata.normalize("NFKD", to_letters(s))
        assert compatible[:2] == to_jamo(s)[:2]


@pytest.mark.parametrize("text", ["", "A", "ㄱ", "\u1100", "가나", "\uabff", "\ud7a4"])
def test_what_is_no_syllable_is_refused(text):
    assert not is_syllable(text)
    with pytest.raises(ValueError, match="no whole Hangul syllable"):
        split_syllable(text)


@pytest.mark.parametrize(
    "numbers", [(-1, 0, 0), (19, 0, 0), (0, -1, 0), (0, 21, 0), (0, 0, -1), (0, 0, 28)]
)
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(ValueError, match="is no syllable"):
        join_syllable(*numbers)


@given(HANGUL)
def test_texts_come_back(text):
    whole = unicodedata.normalize("NFC", text)
    for tokenizer in (SyllableTokenizer(), JamoTokenizer()):
        assert tokenizer.join(tokenizer.tokenize(text)) == whole
    assert SyllableTokenizer().tokenize(text) == list(whole)


@given(SYLLABLES, st.text(st.characters(max_codepoint=0x7F)))
def test_whole_syllables_come_back_from_keyboard_letters(korean, ascii_text):
    tokenizer = JamoTokenizer("keyboard")
    for text in (korean, korean + ascii_text + korean):
        assert tokenizer.join(tokenizer.tokenize(text)) == text


@pytest.mark.parametrize(
    ("letters", "syllables"),
    [
        ("ㅎㅏㅋ", "핰"),
        ("ㅋㅋㅋ", "ㅋㅋㅋ"),
        ("ㅏㅎ", "ㅏㅎ"),
        ("ㅎㅏㄸㅏ", "하따"),
        ("ㅎㅏㄸ", "하ㄸ"),
        ("ㄱㅏㄱㅅㅏ", "각사"),
        ("ㄱㅏㄳㅇㅏ", "갃아"),
        ("ㄱ", "ㄱ"),
        ("", ""),
    ],
)
def test_letters_are_joined_as_they_are_typed(letters, syllables):
    assert from_letters(letters) == syllables


@pytest.mark.parametrize("function", [to_jamo, from_jamo, to_letters, from_letters])
@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_text_is_refused(function):
    with pytest.raises(TypeError, match="got bytes"):
        function(b"bytes")
    with pytest.raises(TypeError, match="got NoneType"):
        function(None)
    with pytest.raises(ValueError, match="lone surrogate"):
        function("\udfff")
