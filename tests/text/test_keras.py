import os
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from textbook_nlp.text import PUNCTUATION, KerasTokenizer, Vocabulary, WordTokenizer, pad


@pytest.fixture(scope="module")
def keras():
    """Keras on torch, the peer. Its own deprecations are not ours to report."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def peer(keras):
    from keras.src.legacy.preprocessing.text import Tokenizer

    return Tokenizer


# Letters, both cases, an apostrophe, filtered characters, and white space of several kinds.
TEXT = st.text("aAbBcİßΣé가'.,-_!\t\n \xa0\r\u3000")
DOCUMENT = TEXT | st.lists(st.text("aAb. ", max_size=2), max_size=6)
DOCUMENTS = st.lists(DOCUMENT, max_size=6)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "num_words": st.none() | st.integers(1, 8),
        "filters": st.sampled_from([PUNCTUATION, "", "ab", " ", "A.\xa0"]),
        "lower": st.booleans(),
        "split": st.sampled_from([" ", "a", "ab", "\n"]),
        "char_level": st.booleans(),
        "oov_token": st.sampled_from([None, "<OOV>", "a", "b", ""]),
    },
)


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS, OPTIONS)
@settings(max_examples=200)
def test_every_number_is_that_of_keras(peer, first, second, held_out, options):
    ours, theirs = KerasTokenizer(**options), peer(**options)
    for texts in (first, second):
        ours.fit_on_texts(texts)
        theirs.fit_on_texts(texts)
    assert list(ours.word_index.items()) == list(theirs.word_index.items())
    assert ours.index_word == theirs.index_word
    assert list(ours.word_counts.items()) == list(theirs.word_counts.items())
    assert ours.word_docs == theirs.word_docs
    assert ours.index_docs == theirs.index_docs
    assert ours.document_count == theirs.document_count
    for name in ("num_words", "filters", "lower", "split", "char_level", "oov_token"):
        assert getattr(ours, name) == getattr(theirs, name)
    for texts in (first, held_out):
        sequences = ours.texts_to_sequences(texts)
        assert sequences == theirs.texts_to_sequences(texts)
        assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)
    indices = [[0, 1, 2, 3, 99, -1], []]
    assert ours.sequences_to_texts(indices) == theirs.sequences_to_texts(indices)


@given(st.lists(st.text(), max_size=4), st.booleans())
def test_any_unicode_text_gets_keras_indices(peer, texts, char_level):
    texts = [text.encode("utf-8", "ignore").decode("utf-8") for text in texts]
    ours, theirs = KerasTokenizer(char_level=char_level), peer(char_level=char_level)
    ours.fit_on_texts(texts)
    theirs.fit_on_texts(texts)
    assert ours.word_index == theirs.word_index
    assert ours.texts_to_sequences(texts) == theirs.texts_to_sequences(texts)


@given(st.lists(TEXT, min_size=1), st.integers(2, 9))
def test_the_plain_pieces_give_the_same_numbers(texts, size):
    keras = KerasTokenizer(num_words=size, oov_token="<OOV>")
    keras.fit_on_texts(texts)
    documents = [WordTokenizer(split=" ").tokenize(text) for text in texts]
    if any(documents):
        specials = ("<pad>", "<OOV>")
        vocabulary = Vocabulary.fit(documents, size, specials=specials, unknown="<OOV>")
        ids = [vocabulary.encode(document) for document in documents]
        assert keras.texts_to_sequences(texts) == ids
    else:
        assert keras.word_index == {"<OOV>": 1}


def test_an_analyzer_replaces_the_words(peer):
    options = {"analyzer": lambda text: text[::-1].split("x")}
    ours, theirs = KerasTokenizer(**options), peer(**options)
    ours.fit_on_texts(["abxcd", "cdxx"])
    theirs.fit_on_texts(["abxcd", "cdxx"])
    assert ours.word_index == theirs.word_index == {"dc": 1, "": 2, "ba": 3}


@given(
    st.lists(st.lists(st.integers(-5, 2**31 - 1), max_size=6), min_size=1, max_size=5),
    st.none() | st.integers(1, 8),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
    st.integers(-3, 3),
)
@settings(max_examples=100)
def test_pad_is_that_of_keras(keras, sequences, length, padding, truncating, value):
    theirs = keras.utils.pad_sequences(
        sequences, length, padding=padding, truncating=truncating, value=value
    )
    ours = pad(sequences, length, padding, truncating, value, np.int32)
    np.testing.assert_array_equal(ours, theirs, strict=True)


def test_pad_with_keras_defaults(keras):
    sequences = [[1, 2, 3, 4], [5], []]
    np.testing.assert_array_equal(
        pad(sequences, 3, padding="pre", truncating="pre", dtype=np.int32),
        keras.utils.pad_sequences(sequences, 3),
        strict=True,
    )


# What differs, on purpose


@pytest.mark.parametrize("num_words", [0, -1, -100])
def test_num_words_below_one_is_refused(num_words):
    with pytest.raises(ValueError, match=f"num_words is {num_words}: give at least 1"):
        KerasTokenizer(num_words=num_words)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("options", [{}, {"char_level": True}])
@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("one text", TypeError, "got one text"),
        (b"bytes", TypeError, "got one text"),
        ([b"bytes"], TypeError, "got bytes"),
        ([None], TypeError, "got NoneType"),
        ([["a", None]], TypeError, "got NoneType"),
        (["\ud800"], ValueError, "lone surrogate"),
        ([["a", "\ud800"]], ValueError, "lone surrogate"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(texts, error, message, options):
    tokenizer = KerasTokenizer(**options)
    with pytest.raises(error, match=message):
        tokenizer.fit_on_texts(texts)
    with pytest.raises(error, match=message):
        tokenizer.texts_to_sequences(texts)


def test_an_oov_token_needs_a_count():
    for convert in (
        KerasTokenizer(oov_token="<OOV>").texts_to_sequences,
        KerasTokenizer(oov_token="<OOV>").sequences_to_texts,
    ):
        with pytest.raises(ValueError, match="call fit_on_texts first"):
            convert([])
    assert KerasTokenizer().texts_to_sequences(["a b"]) == [[]]


def test_empty_corpus_numbers_nothing():
    tokenizer = KerasTokenizer(oov_token="<OOV>")
    tokenizer.fit_on_texts([])
    assert tokenizer.word_index == {"<OOV>": 1}
    assert tokenizer.texts_to_sequences(["a b", ""]) == [[1, 1], []]


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("split", ["", None])
def test_no_separator_is_refused(split):
    with pytest.raises(ValueError, match="split is .* give a separator"):
        KerasTokenizer(split=split)
