"""Whatever is passed for text: an answer, or one of the two errors that say what to do."""

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from textbook_nlp.text import (
    BytePairTokenizer,
    CharacterTokenizer,
    KerasTokenizer,
    NgramTokenizer,
    Vocabulary,
    WordTokenizer,
    hangul,
    pad,
    stream,
)

pytestmark = pytest.mark.usefixtures("shapes_unchecked")
# The fixture switches something off for the whole test; it need not do so for each example.
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)

# Text with control characters, lone surrogates and every plane; and what is no text at all.
TEXT = st.text(st.characters(codec=None, categories=None)) | st.text("\ud800\udfff\x00a \n")
ATOMS = TEXT | st.none() | st.binary() | st.integers() | st.floats() | st.booleans()
ANYTHING = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)

SUBWORDS = {
    style: BytePairTokenizer.fit(["a low, lower\nlowest 한글"], 9, style=style)
    for style in ("symbol", "suffix", "plain", "bytes")
}
TOKENIZERS = {
    "words": WordTokenizer(),
    "keras words": WordTokenizer(split=" "),
    "kept": WordTokenizer(keep_filtered=True),
    "characters": CharacterTokenizer(),
    "n-grams": NgramTokenizer(),
    "syllables": hangul.SyllableTokenizer(),
    "jamo": hangul.JamoTokenizer(),
    "keyboard": hangul.JamoTokenizer("keyboard"),
    **SUBWORDS,
}


def answer(function, *arguments, **options):
    """What the function returns, or None if it refuses with one of its own errors."""
    try:
        return function(*arguments, **options)
    except (TypeError, ValueError):
        return None


def is_sound(text):
    """Whether `text` is text that UTF-8 can write."""
    return isinstance(text, str) and not any("\ud800" <= c <= "\udfff" for c in text)


@pytest.mark.parametrize("tokenizer", TOKENIZERS.values(), ids=TOKENIZERS)
@given(text=ANYTHING)
@FUZZ
def test_tokenizers(tokenizer, text):
    tokens = answer(tokenizer.tokenize, text)
    assert (tokens is not None) == is_sound(text)
    assert tokens is None or all(isinstance(token, str) and token for token in tokens)


@pytest.mark.parametrize("tokenizer", SUBWORDS.values(), ids=SUBWORDS)
@given(text=ANYTHING, ids=st.lists(st.integers(-3, 60)) | ANYTHING)
@FUZZ
def test_subword_ids(tokenizer, text, ids):
    encoded = answer(tokenizer.encode, text)
    assert (encoded is not None) == is_sound(text)
    assert encoded is None or isinstance(tokenizer.decode(encoded), str)
    decoded = answer(tokenizer.decode, ids)
    assert decoded is None or isinstance(decoded, str)


@given(corpus=ANYTHING, size=st.none() | st.integers(-2, 9), min_count=st.integers(-1, 3))
@FUZZ
def test_vocabularies(corpus, size, min_count):
    vocabulary = answer(Vocabulary.fit, corpus, size, min_count)
    assert vocabulary is None or len(vocabulary) >= 2
    if vocabulary is not None:
        for document in corpus:
            ids = vocabulary.encode(list(document))
            assert len(vocabulary.decode(ids)) == len(document)
        assert len(stream(corpus, vocabulary, end="<pad>")) >= len(corpus)


@given(tokens=ANYTHING, ids=ANYTHING)
@FUZZ
def test_encoding_and_decoding(tokens, ids):
    vocabulary = Vocabulary(["a", "b"])
    encoded = answer(vocabulary.encode, tokens)
    assert encoded is None or len(encoded) == len(tokens)
    decoded = answer(vocabulary.decode, ids)
    assert decoded is None or len(decoded) == len(ids)


@given(sequences=st.lists(st.lists(st.integers()) | ANYTHING), length=st.integers(-2, 5))
@FUZZ
def test_padding(sequences, length):
    padded = answer(pad, sequences, length)
    assert padded is None or padded.shape == (len(sequences), length)


@given(texts=ANYTHING, num_words=st.none() | st.integers(-2, 4), char_level=st.booleans())
@FUZZ
def test_keras(texts, num_words, char_level):
    tokenizer = answer(KerasTokenizer, num_words, char_level=char_level)
    assert (tokenizer is None) == (num_words is not None and num_words < 1)
    if tokenizer is not None:
        answer(tokenizer.fit_on_texts, texts)
        sequences = answer(tokenizer.texts_to_sequences, texts)
        assert sequences is None or len(sequences) == len(texts)


@given(texts=ANYTHING, merges=st.integers(-2, 9))
@FUZZ
def test_learning_subwords(texts, merges):
    tokenizer = answer(BytePairTokenizer.fit, texts, merges)
    assert tokenizer is None or len(tokenizer.merges) <= merges
