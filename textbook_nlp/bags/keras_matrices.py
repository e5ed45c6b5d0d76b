"""The matrices of Keras' `Tokenizer`: one row a text, one column an index, in four modes."""

from collections.abc import Iterable
from operator import index
from typing import SupportsIndex

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array

from textbook_nlp.bags.bag import add_up
from textbook_nlp.bags.weights import Mode, weighted
from textbook_nlp.text.keras import KerasTokenizer


def texts_to_matrix(
    tokenizer: KerasTokenizer, texts: Iterable[str | list[str]], mode: Mode = "binary"
) -> Float[np.ndarray, "N V"]:
    """Return one row a text and one column an index, weighed in one of four modes.

    V is `num_words`, or one more than there are words. "binary" 1 where a word occurs; "count"
    c, how often; "freq" c / number of indices of the text; "tfidf" (1 + ln c) ·
    ln(1 + N/(1 + df)), with N texts counted so far, df of them with the word.

    Raises:
        TypeError: if `texts` is one string, or a text is no text.
        ValueError: if the mode is unknown, a text holds a lone surrogate, or nothing was counted
            yet.

    Source: Keras, `Tokenizer.texts_to_matrix`.
    Taught in: chapter 02.
    """
    return sequences_to_matrix(tokenizer, tokenizer.texts_to_sequences(texts), mode)


def sequences_to_matrix(
    tokenizer: KerasTokenizer, sequences: Iterable[Iterable[SupportsIndex]], mode: Mode = "binary"
) -> Float[np.ndarray, "N V"]:
    """Do the same for indices; those of V and above have no column and are passed over.

    Raises:
        TypeError: if an index is no integer.
        ValueError: if the mode is unknown, an index is negative, or nothing was counted yet.

    Source: Keras, `Tokenizer.sequences_to_matrix`.
    """
    return sequences_to_sparse_matrix(tokenizer, sequences, mode).toarray()


def sequences_to_sparse_matrix(
    tokenizer: KerasTokenizer, sequences: Iterable[Iterable[SupportsIndex]], mode: Mode = "binary"
) -> csr_array:
    """Return the matrix of `sequences_to_matrix` without its zeros.

    Raises:
        TypeError: if an index is no integer.
        ValueError: if the mode is unknown, an index is negative, or nothing was counted yet.
    """
    width = _width(tokenizer, mode)
    rows = [_indices(sequence) for sequence in sequences]
    counts = add_up(([i for i in row if i < width] for row in rows), width)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    df = np.zeros(width)
    for i, texts in tokenizer.index_docs.items():
        if i < width:
            df[i] = texts
    return weighted(counts, mode, lengths, df, tokenizer.document_count)


def _width(tokenizer: KerasTokenizer, mode: Mode) -> int:
    """Return V, unless too little was counted."""
    if tokenizer.num_words is None and not tokenizer.word_index:
        raise ValueError("how wide is the matrix? Give num_words, or call fit_on_texts first")
    if mode == "tfidf" and not tokenizer.document_count:
        raise ValueError("tfidf needs document frequencies: call fit_on_texts first")
    return tokenizer.num_words or len(tokenizer.word_index) + 1


def _indices(sequence: Iterable[SupportsIndex]) -> list[int]:
    """Return one sequence as integers from 0 on; refuse 1.9, "1" and True, which `int` takes."""
    try:
        found = list(sequence)
        row = None if any(isinstance(i, bool) for i in found) else [index(i) for i in found]
    except TypeError:
        row = None
    if row is None:
        raise TypeError(
            f"{sequence!r:.60} is no list of integers: convert texts with texts_to_sequences first"
        )
    if row and min(row) < 0:
        raise ValueError(f"index {min(row)} is negative: indices run from 0 on")
    return row
