import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from textbook_nlp.text.hangul import (
    JamoTokenizer,
    SyllableTokenizer,
    from_jamo,
    is_syllable,
    join_syllable,
    split_syllable,
    to_jamo,
    to_letters,
)

ALL = [chr(code) for code in range(0xAC00, 0xD7A4)]
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


def test_keyboard_letters_have_the_names_of_the_jamo():
    def names(text):
        return [unicodedata.name(c).split()[-1] for c in text]

    assert all(names(to_letters(s)) == names(to_jamo(s)) for s in ALL)
    assert to_letters("한글 OK") == "ㅎㅏㄴㄱㅡㄹ OK"


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
def test_the_tokenizers(text):
    whole = unicodedata.normalize("NFC", text)
    assert SyllableTokenizer().tokenize(text) == list(whole)
    assert from_jamo("".join(JamoTokenizer().tokenize(text))) == whole
    assert "".join(JamoTokenizer("keyboard").tokenize(text)) == to_letters(text)


@pytest.mark.parametrize("function", [to_jamo, from_jamo, to_letters])
@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_text_is_refused(function):
    with pytest.raises(TypeError, match="got bytes"):
        function(b"bytes")
    with pytest.raises(TypeError, match="got NoneType"):
        function(None)
    with pytest.raises(ValueError, match="lone surrogate"):
        function("\udfff")
