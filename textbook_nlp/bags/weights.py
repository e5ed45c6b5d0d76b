"""Weights for counts of words: Keras' four modes, tf–idf, and rows of equal length."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, Num
from scipy.sparse import csr_array

Mode = Literal["binary", "count", "freq", "tfidf"]
Norm = Literal["l1", "l2"] | None


def normalized(matrix: csr_array, norm: Norm) -> csr_array:
    """Divide each row by its length ("l2") or the sum of its absolute values ("l1").

    Rows of zeros stay; None changes nothing.

    Raises:
        ValueError: if the norm is unknown.
    """
    _check_norm(norm)
    if norm is None:
        return matrix
    sizes = np.abs(matrix.data) if norm == "l1" else matrix.data**2
    totals = np.bincount(_row_numbers(matrix), sizes, minlength=matrix.shape[0])
    lengths = totals if norm == "l1" else np.sqrt(totals)
    lengths[lengths == 0] = 1.0
    return _with_data(matrix, matrix.data / np.repeat(lengths, np.diff(matrix.indptr)))


def _check_norm(norm: Norm) -> None:
    if norm not in ("l1", "l2", None):
        raise ValueError(f'norm is {norm!r}: it is "l1", "l2" or None')


def _row_numbers(matrix: csr_array) -> Int[np.ndarray, " entries"]:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _with_data(matrix: csr_array, data: np.ndarray) -> csr_array:
    """The same cells with other values."""
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


@dataclass(frozen=True, eq=False)
class TfIdf:
    """Weights that make a word count for more the fewer texts it stands in.

    Made by `fit`. With the same options this is scikit-learn's `TfidfTransformer`:
    tf · (ln((1 + N) / (1 + df)) + 1), each row divided by its length.

    Attributes:
        idf: the weight of each column (V), or None for none.
        sublinear: 1 + ln(tf) in place of tf.
        norm: as for `normalized`.

    Taught in: chapter 02.
    """

    idf: Float[np.ndarray, " V"] | None
    sublinear: bool = False
    norm: Norm = "l2"

    @classmethod
    def fit(
        cls,
        counts: csr_array,
        smooth: bool = True,
        use_idf: bool = True,
        sublinear: bool = False,
        norm: Norm = "l2",
    ) -> "TfIdf":
        """Take the document frequencies from counts (N, V).

        Args:
            counts: as `BagOfWords` gives them.
            smooth: act as if one more text held every word, so that nothing is divided by zero.
            use_idf: whether to use them at all.
            sublinear: damp high counts.
            norm: as for `normalized`.

        Raises:
            TypeError: if `counts` is no `csr_array`.
            ValueError: if there are no texts, a column without any text and no smoothing, or an
                unknown norm.

        Source: Spärck Jones (1972), "A statistical interpretation of term specificity".
        Taught in: chapter 02.
        """
        _check_norm(norm)
        if not isinstance(counts, csr_array):
            raise TypeError(
                f"expected counts as a csr_array, got {type(counts).__name__}: wrap them, as in "
                "scipy.sparse.csr_array(counts)"
            )
        documents, width = counts.shape
        if documents == 0:
            raise ValueError("there are no texts to take document frequencies from")
        if not use_idf:
            return cls(None, sublinear, norm)
        df = np.bincount(counts.indices[counts.data != 0], minlength=width) + float(smooth)
        if not df.all():
            raise ValueError(
                f"column {int(np.argmin(df))} stands in no text: use smooth=True, or leave it out"
            )
        return cls(np.log((documents + float(smooth)) / df) + 1.0, sublinear, norm)

    def weigh(self, counts: csr_array) -> csr_array:
        """Return the weighted counts (N, V).

        Raises:
            ValueError: if there is another number of columns than in `fit`, or a count to damp is
                not above 0.

        Taught in: chapter 02.
        """
        data = counts.data.astype(float)
        if self.idf is not None and counts.shape[1] != len(self.idf):
            raise ValueError(
                f"the counts have {counts.shape[1]} columns, the weights {len(self.idf)}: count "
                "with the bag that the weights were fitted on"
            )
        if self.sublinear:
            if (data <= 0).any():
                raise ValueError("1 + ln(tf) needs counts above 0: count without signs")
            data = 1.0 + np.log(data)
        if self.idf is not None:
            data = data * self.idf[counts.indices]
        return normalized(_with_data(counts, data), self.norm)


def weighted(
    counts: csr_array,
    mode: Mode,
    lengths: Int[np.ndarray, " N"] | None = None,
    df: Num[np.ndarray, " V"] | None = None,
    documents: int | None = None,
) -> csr_array:
    """Weigh counts in one of Keras' four modes.

    "binary" 1; "count" c; "freq" c / length of the text; "tfidf" (1 + ln c) · ln(1 + N/(1 + df)).

    Args:
        counts: (N, V).
        mode: one of the four.
        lengths: of the texts, for "freq"; None for the sums of the counts.
        df: in how many texts each word stands, for "tfidf"; None for those in `counts`.
        documents: how many texts `df` was counted in; None for the rows of `counts`.

    Raises:
        ValueError: if the mode is unknown.

    Source: Keras, `Tokenizer.texts_to_matrix`.
    """
    if mode not in ("binary", "count", "freq", "tfidf"):
        raise ValueError(f'mode is {mode!r}: it is "binary", "count", "freq" or "tfidf"')
    rows = _row_numbers(counts)
    if mode == "binary":
        return _with_data(counts, np.ones(len(rows)))
    if mode == "count":
        return counts
    if mode == "freq":
        lengths = counts.sum(axis=1) if lengths is None else lengths
        return _with_data(counts, counts.data / lengths[rows])
    if df is None:
        df = np.bincount(counts.indices, minlength=counts.shape[1])
    documents = counts.shape[0] if documents is None else documents
    idf = np.log(1.0 + documents / (1.0 + df))
    return _with_data(counts, (1.0 + np.log(counts.data)) * idf[counts.indices])
