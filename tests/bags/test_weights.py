"""Weights of counts: by hand, and what is refused; parity is tested with the vectorizers."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from textbook_nlp.bags.weights import TfIdf, normalized, weighted

COUNTS = csr_array(np.array([[2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 3.0, 0.0]]))


def test_the_four_modes_by_hand():
    np.testing.assert_array_equal(weighted(COUNTS, "binary").toarray(), COUNTS.toarray() > 0)
    np.testing.assert_array_equal(weighted(COUNTS, "count").toarray(), COUNTS.toarray())
    freq = [[2 / 3, 0, 1 / 3], [0, 0, 0], [0.25, 0.75, 0]]
    np.testing.assert_allclose(weighted(COUNTS, "freq").toarray(), freq)
    rare, common = np.log(1 + 3 / 2), np.log(1 + 3 / 3)
    tfidf = [
        [(1 + np.log(2)) * common, 0, rare],
        [0, 0, 0],
        [common, (1 + np.log(3)) * rare, 0],
    ]
    np.testing.assert_allclose(weighted(COUNTS, "tfidf").toarray(), tfidf)


def test_tf_idf_by_hand():
    weights = TfIdf.fit(COUNTS, norm=None)
    idf = np.log([4 / 3, 4 / 2, 4 / 2]) + 1
    np.testing.assert_allclose(weights.idf, idf)
    np.testing.assert_allclose(weights.weigh(COUNTS).toarray(), COUNTS.toarray() * idf)
    unsmoothed = TfIdf.fit(COUNTS, smooth=False, sublinear=True)
    row = np.array([(1 + np.log(2)) * (np.log(3 / 2) + 1), np.log(3) + 1])
    np.testing.assert_allclose(
        unsmoothed.weigh(COUNTS).toarray()[0, [0, 2]], row / np.linalg.norm(row)
    )


def test_rows_of_equal_size():
    for norm, order in (("l2", 2), ("l1", 1)):
        sizes = np.linalg.norm(normalized(-COUNTS, norm).toarray(), order, axis=1)
        np.testing.assert_allclose(sizes, [1, 0, 1])
    assert normalized(COUNTS, None) is COUNTS


def test_the_input_stays_as_it_was():
    before = COUNTS.toarray()
    for mode in ("binary", "freq", "tfidf"):
        weighted(COUNTS, mode)
    TfIdf.fit(COUNTS, sublinear=True).weigh(COUNTS)
    np.testing.assert_array_equal(COUNTS.toarray(), before)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weighted(COUNTS, "raw"), "mode is 'raw'"),
        (lambda: normalized(COUNTS, "max"), "norm is 'max'"),
        (lambda: TfIdf.fit(COUNTS, norm="l3"), "norm is 'l3'"),
        (lambda: TfIdf.fit(COUNTS[:0]), "there are no texts"),
        (lambda: TfIdf.fit(COUNTS[:2], smooth=False), "column 1 stands in no text"),
        (lambda: TfIdf.fit(COUNTS).weigh(COUNTS[:, :2]), "2 columns, the weights 3"),
        (lambda: TfIdf.fit(COUNTS, sublinear=True).weigh(-COUNTS), "counts above 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.usefixtures("shapes_unchecked")
def test_dense_counts_are_refused():
    with pytest.raises(TypeError, match="expected counts as a csr_array, got ndarray"):
        TfIdf.fit(COUNTS.toarray())
