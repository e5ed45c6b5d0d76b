"""The matrices of Keras' tokenizer, against Keras."""

import os
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from textbook_nlp.bags import sequences_to_matrix, sequences_to_sparse_matrix, texts_to_matrix
from textbook_nlp.text import PUNCTUATION, KerasTokenizer


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


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
@given(texts=DOCUMENTS, held_out=DOCUMENTS, options=OPTIONS)
@settings(max_examples=60)
def test_the_matrix_is_that_of_keras(peer, mode, texts, held_out, options):
    ours, theirs = KerasTokenizer(**options), peer(**options)
    ours.fit_on_texts(texts)
    theirs.fit_on_texts(texts)
    for given_texts in (texts, held_out):
        try:
            expected = theirs.texts_to_matrix(given_texts, mode)
        except ValueError:
            with pytest.raises(ValueError, match="call fit_on_texts first"):
                texts_to_matrix(ours, given_texts, mode)
            continue
        matrix = texts_to_matrix(ours, given_texts, mode)
        np.testing.assert_allclose(matrix, expected, rtol=1e-14, strict=True)
        sequences = ours.texts_to_sequences(given_texts)
        sparse = sequences_to_sparse_matrix(ours, sequences, mode)
        np.testing.assert_array_equal(sparse.toarray(), matrix)
        assert sparse.nnz == np.count_nonzero(matrix)


def test_indices_beyond_the_width_have_no_column(peer):
    ours, theirs = KerasTokenizer(num_words=3), peer(num_words=3)
    sequences = [[0, 1, 1, 2, 7], [5], []]
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_texts(["a b c"])
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(
            sequences_to_matrix(ours, sequences, mode), theirs.sequences_to_matrix(sequences, mode)
        )


@pytest.mark.usefixtures("shapes_unchecked")
def test_a_matrix_needs_indices_that_count():
    tokenizer = KerasTokenizer(num_words=4)
    with pytest.raises(ValueError, match="index -1 is negative"):
        sequences_to_matrix(tokenizer, [[0, -1]])
    with pytest.raises(ValueError, match="mode is 'raw'"):
        sequences_to_matrix(tokenizer, [[1]], "raw")
    with pytest.raises(ValueError, match="tfidf needs document frequencies"):
        sequences_to_matrix(tokenizer, [[1]], "tfidf")
    with pytest.raises(ValueError, match="how wide is the matrix"):
        sequences_to_matrix(KerasTokenizer(), [[1]])


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("wrong", [1.9, 1.0, "1", None, True])
def test_what_is_no_index_is_refused(wrong):
    tokenizer = KerasTokenizer(num_words=4)
    with pytest.raises(TypeError, match="no list of integers"):
        sequences_to_matrix(tokenizer, [[1], [2, wrong]])
    with pytest.raises(TypeError, match="no list of integers"):
        sequences_to_matrix(tokenizer, [wrong])


def test_indices_of_any_integer_type_and_any_iterable():
    tokenizer = KerasTokenizer(num_words=3)
    for sequences in (
        np.array([[1, 1], [2, 0]], np.uint8),
        (iter(row) for row in [[1, 1], [2, 0]]),
    ):
        matrix = sequences_to_matrix(tokenizer, sequences, "count")
        np.testing.assert_array_equal(matrix, [[0, 2, 0], [1, 0, 1]])
