"""Counting: each function against its definition, written out in dense loops."""

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given
from scipy.spatial import distance

from textbook_nlp.vectors import cooccurrence, cosines, pmi, ppmi

V = 6
CORPORA = st.lists(st.lists(st.integers(0, V - 1), max_size=9), min_size=1, max_size=6)
# "you say goodbye and i say hello .", the example of the book that row 11 follows
HELLO = np.array([0, 1, 2, 3, 4, 1, 5, 6])


def dense_cooccurrence(sentences, size, window, weighting="flat", cross=False):
    if cross:
        sentences = [[i for sentence in sentences for i in sentence]]
    counts = np.zeros((size, size))
    for sentence in sentences:
        for i, word in enumerate(sentence):
            for j, other in enumerate(sentence):
                if i != j and abs(i - j) <= window:
                    counts[word, other] += 1 if weighting == "flat" else 1 / abs(i - j)
    return counts


def dense_ppmi(C, eps=1e-8):
    """The loop of the source of row 11, in this project's words."""
    M = np.zeros_like(C)
    N, S = C.sum(), C.sum(axis=0)
    for i in range(len(C)):
        for j in range(len(C)):
            if S[i] * S[j] > 0:
                M[i, j] = max(0, np.log2(C[i, j] * N / (S[i] * S[j]) + eps))
    return M


def longest(sentences, cross=False):
    lengths = [len(sentence) for sentence in sentences]
    return sum(lengths) if cross else max(lengths)


@given(CORPORA, st.integers(1, 8), st.sampled_from(["flat", "distance"]), st.booleans())
def test_counts_are_those_of_the_definition(sentences, window, weighting, cross):
    assume(longest(sentences, cross) >= max(window, 2))
    counts = cooccurrence(sentences, V, window, weighting=weighting, cross=cross)
    np.testing.assert_allclose(
        counts.toarray(), dense_cooccurrence(sentences, V, window, weighting, cross)
    )
    assert counts.has_sorted_indices
    assert (counts.data > 0).all()


def test_an_array_of_ids_is_one_sentence():
    one = cooccurrence(HELLO, 7, 1)
    np.testing.assert_array_equal(one.toarray()[1], [1, 0, 1, 0, 1, 1, 0])
    np.testing.assert_array_equal(one.toarray(), cooccurrence([HELLO], 7, 1).toarray())
    halves = cooccurrence([HELLO[:4], HELLO[4:]], 7, 1)
    assert halves[3, 4] == 0
    assert one[3, 4] == 1
    across = cooccurrence([HELLO[:4], HELLO[4:]], 7, 1, cross=True)
    np.testing.assert_array_equal(across.toarray(), one.toarray())


@given(CORPORA, st.integers(1, 4))
def test_ppmi_is_that_of_the_source(sentences, window):
    assume(longest(sentences) >= max(window, 2))
    counts = cooccurrence(sentences, V, window)
    np.testing.assert_allclose(ppmi(counts).toarray(), dense_ppmi(counts.toarray()), atol=1e-12)


def test_ppmi_has_the_values_of_the_book():
    expected = dense_ppmi(dense_cooccurrence([HELLO], 7, 1))
    np.testing.assert_allclose(expected[0, 1], 1.807, atol=5e-4)  # as printed there
    np.testing.assert_allclose(ppmi(cooccurrence(HELLO, 7, 1)).toarray(), expected)


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=2, max_size=5),
    st.sampled_from([0.5, 0.75, 1.0]),
    st.sampled_from([1.0, 2.0, 5.0]),
)
def test_smoothing_and_shift_are_those_of_the_definition(table, alpha, shift):
    C = np.array(table, dtype=float)
    assume(C.sum() > 0)
    p = C / C.sum()
    word = p.sum(axis=1, keepdims=True)
    context = C.sum(axis=0) ** alpha / (C.sum(axis=0) ** alpha).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        dense = np.log2(p / (word * context))
    seen = C > 0
    information = pmi(scipy.sparse.csr_array(C), alpha)
    assert information.nnz == seen.sum()
    np.testing.assert_allclose(information.toarray()[seen], dense[seen], atol=1e-12)
    positive = ppmi(scipy.sparse.csr_array(C), alpha=alpha, shift=shift, epsilon=0.0)
    shifted = np.where(seen, np.maximum(0, dense - np.log2(shift)), 0)
    np.testing.assert_allclose(positive.toarray(), shifted, atol=1e-12)
    assert (positive.data > 0).all()


def test_large_counts_do_not_overflow():
    # 70,000 squared does not fit into 32 bits.
    counts = scipy.sparse.csr_array(np.full((2, 2), 35_000, dtype=np.int32))
    np.testing.assert_allclose(pmi(counts).toarray(), 0, atol=1e-12)
    skewed = scipy.sparse.csr_array(np.array([[0, 70_000], [70_000, 70_000]], dtype=np.int32))
    np.testing.assert_allclose(ppmi(skewed).toarray()[0, 1], np.log2(1.5), rtol=1e-6)


def test_counting_changes_nothing_that_it_is_given():
    counts = cooccurrence(HELLO, 7, 2)
    before = counts.toarray()
    ppmi(counts)
    pmi(counts)
    cosines(counts, 1)
    np.testing.assert_array_equal(counts.toarray(), before)


def test_cosines_of_whole_numbers_do_not_overflow():
    counts = scipy.sparse.csr_array(np.array([[60_000, 60_000], [60_000, 0]], dtype=np.int32))
    np.testing.assert_allclose(cosines(counts, 0), [1, 0.5**0.5])


def test_a_window_as_long_as_the_longest_sentence_sees_all_of_it():
    for window in (2, 3):
        counts = cooccurrence([[0, 1, 2], [0, 1, 3]], 4, window).toarray()
        np.testing.assert_array_equal(
            counts, [[0, 2, 1, 1], [2, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]
        )


def test_a_generator_of_sentences_is_counted():
    counts = cooccurrence(([i, i + 1] for i in range(3)), 4, 1)
    np.testing.assert_array_equal(counts.toarray(), np.eye(4, k=1) + np.eye(4, k=-1))


@given(CORPORA)
def test_cosines_are_those_of_the_rows(sentences):
    assume(longest(sentences) > 1)
    counts = cooccurrence(sentences, V, 1)
    dense = counts.toarray()
    row = int(np.argmax(dense.sum(axis=1)))
    found = cosines(counts, row)
    for i, other in enumerate(dense):
        expected = 1 - distance.cosine(dense[row], other) if other.any() else 0.0
        np.testing.assert_allclose(found[i], expected, atol=1e-12)
    # An older sparse matrix, whose * is another product, is read alike.
    np.testing.assert_allclose(cosines(scipy.sparse.csr_matrix(dense), row), found)


@pytest.mark.parametrize(
    ("sentences", "arguments", "error", "words"),
    [
        ([], {}, ValueError, "empty"),
        ([[], []], {}, ValueError, "empty"),
        ([[3]], {}, ValueError, "no sentence has two words"),
        ([[3], [4]], {}, ValueError, "cross=True"),
        ([[0, 1, 2]], {"window": 0}, ValueError, "at least 1"),
        ([[0, 1, 2]], {"window": 4}, ValueError, "likely a mistake: give at most 3"),
        ([[0, 1], [2]], {"window": 4, "cross": True}, ValueError, "give at most 3"),
        ([[0, 6, 2]], {}, ValueError, "id 6 is not in a vocabulary of 6"),
        ([[0, -1, 2]], {}, ValueError, "id -1"),
        ([[0, 1, 2]], {"weighting": "linear"}, ValueError, "flat"),
        ([[0.5, 1.0, 2.0]], {}, TypeError, "integers"),
        (["a b c"], {}, TypeError, "tokenize"),
        ("abc", {}, TypeError, "tokenize"),
        ([["a", "b", "c"]], {}, TypeError, "encode"),
        ([0, 1, 2], {}, TypeError, r"\[ids\]"),
        (np.zeros(0, np.int64), {}, ValueError, "empty"),
    ],
)
def test_bad_corpora_are_refused(sentences, arguments, error, words, shapes_unchecked):
    with pytest.raises(error, match=words):
        cooccurrence(sentences, V, **arguments)


def test_bad_counts_are_refused():
    counts = cooccurrence(HELLO, 7, 1)
    empty = scipy.sparse.csr_array((3, 3), dtype=np.float64)
    for function in (pmi, ppmi):
        with pytest.raises(ValueError, match="all counts are zero"):
            function(empty)
        with pytest.raises(ValueError, match="negative"):
            function(scipy.sparse.csr_array(np.array([[1.0, -1.0], [2.0, 1.0]])))
        with pytest.raises(ValueError, match="undefined"):
            function(scipy.sparse.csr_array(np.array([[1.0, np.nan], [2.0, 1.0]])))
        with pytest.raises(ValueError, match="alpha"):
            function(counts, alpha=0.0)
    with pytest.raises(ValueError, match="shift"):
        ppmi(counts, shift=0.0)
    with pytest.raises(ValueError, match="epsilon"):
        ppmi(counts, epsilon=-1.0)


def test_bad_vectors_are_refused(shapes_unchecked):
    counts = cooccurrence([[0, 1]], 3, 1)
    with pytest.raises(ValueError, match="never counted"):
        cosines(counts, 2)
    with pytest.raises(ValueError, match="no row 3"):
        cosines(counts, 3)
