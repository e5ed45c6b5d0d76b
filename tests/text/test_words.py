import hypothesis.strategies as st
import pytest
from hypothesis import given

from textbook_nlp.text import (
    PUNCTUATION,
    BytePairTokenizer,
    CharacterTokenizer,
    JamoTokenizer,
    NgramTokenizer,
    SyllableTokenizer,
    WordTokenizer,
    check_text,
    ngrams,
)
from textbook_nlp.text.subwords import BYTES

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TOKENS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3))
TOKENIZERS = [
    WordTokenizer(),
    WordTokenizer(split=" "),
    WordTokenizer(lower=False, keep_filtered=True),
    CharacterTokenizer(),
    NgramTokenizer(),
    NgramTokenizer(2, 3, CharacterTokenizer(lower=True), ""),
]


# Words, characters, n-grams


@pytest.mark.parametrize(
    ("tokenizer", "words"),
    [
        (WordTokenizer(), ["don't", "panic", "o", "reader"]),
        (WordTokenizer(lower=False), ["Don't", "panic", "O", "reader"]),
        (WordTokenizer(filters=""), ["don't", "panic,", "o", "reader!"]),
        (WordTokenizer(keep_filtered=True), ["don't", "panic", ",", "o", "reader", "!"]),
        (WordTokenizer(split=" "), ["don't", "panic", "o\xa0reader"]),
        (WordTokenizer(filters=",!", split="a"), ["don't p", "nic", "\to\xa0re", "der"]),
        (WordTokenizer(filters="n", split="<>"), ["do", "'t pa", "ic,\to\xa0reader!"]),
    ],
)
def test_words(tokenizer, words):
    assert tokenizer.tokenize("Don't panic,\tO\xa0reader!") == words


def test_words_may_be_none():
    assert WordTokenizer().tokenize("  ?!\n") == []


@given(TEXT)
def test_no_word_holds_white_space_or_a_filtered_character(text):
    words = WordTokenizer().tokenize(text)
    assert all(word and not set(word) & set(PUNCTUATION) for word in words)
    assert all(word.split() == [word] for word in words)


@given(TEXT)
def test_kept_filters_lose_only_white_space(text):
    words = WordTokenizer(lower=False, keep_filtered=True).tokenize(text)
    assert "".join(words) == "".join(text.split())


@given(TEXT)
def test_characters_join_to_the_text(text):
    assert "".join(CharacterTokenizer().tokenize(text)) == text
    assert CharacterTokenizer(lower=True).tokenize(text) == list(text.lower())


def test_empty_separator_is_refused():
    with pytest.raises(ValueError, match="separator"):
        WordTokenizer(split="")


@given(TOKENS, st.integers(1, 5))
def test_ngrams(tokens, n):
    grams = ngrams(tokens, n)
    assert len(grams) == max(len(tokens) - n + 1, 0)
    assert all(list(gram) == tokens[i : i + n] for i, gram in enumerate(grams))


def test_ngram_tokenizer():
    assert NgramTokenizer(2, 3, CharacterTokenizer(), "").tokenize("abcd") == [
        *("ab", "bc", "cd"),
        *("abc", "bcd"),
    ]
    assert NgramTokenizer(3, 3).tokenize("to be") == []
    with pytest.raises(ValueError, match="n is 0"):
        ngrams(["a"], 0)
    with pytest.raises(ValueError, match="smallest <= largest"):
        NgramTokenizer(3, 2)


@pytest.mark.parametrize(
    ("base", "pairs"),
    [
        (SyllableTokenizer(), ["한글", "글 ", " a"]),
        (JamoTokenizer("keyboard"), ["ㅎㅏ", "ㅏㄴ", "ㄴㄱ", "ㄱㅡ", "ㅡㄹ", "ㄹ ", " a"]),
        (BytePairTokenizer([("한", "글")], "한글a", "plain"), ["한글a"]),
        (BytePairTokenizer([], BYTES, "bytes"), None),
    ],
)
def test_ngrams_of_any_tokenizer(base, pairs):
    found = NgramTokenizer(2, 2, base, "").tokenize("한글 a")
    assert found == pairs or (pairs is None and len(found) == len("한글 a".encode()) - 1)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("text", [b"bytes", None, 3, ["list"]])
def test_what_is_no_text_is_refused(tokenizer, text):
    with pytest.raises(TypeError):
        tokenizer.tokenize(text)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("text", ["\ud800", "tail \udfff", "\ud83d \ude00"])
def test_lone_surrogates_are_refused(tokenizer, text):
    with pytest.raises(ValueError, match="lone surrogate"):
        tokenizer.tokenize(text)


def test_messages_say_what_to_do():
    with pytest.raises(
        TypeError, match=r'got bytes: decode them first, as in data.decode\("utf-8"'
    ):
        check_text(b"bytes")
    with pytest.raises(TypeError, match="got NoneType: pass one string at a time"):
        check_text(None)
    with pytest.raises(ValueError, match="character 5 is a lone surrogate"):
        check_text("tail \udfff")


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_control_characters_are_text(tokenizer):
    assert "\x00\x07" in "".join(tokenizer.tokenize("a\x00\x07b"))


def test_a_megabyte_on_one_line():
    line = "word and " * 120_000
    assert len(WordTokenizer().tokenize(line)) == 240_000
    assert len(CharacterTokenizer().tokenize(line)) == len(line)
