"""The matrices of Keras' `Tokenizer`: one row a text, one column an index, in four modes."""

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_array

from textbook_nlp.bags.weights import Mode, weighted
from textbook_nlp.text.keras import Document, KerasTokenizer


def texts_to_matrix(
    tokenizer: KerasTokenizer, texts: Iterable[Document], mode: Mode = "binary"
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
    tokenizer: KerasTokenizer, sequences: Iterable[Sequence[int]], mode: Mode = "binary"
) -> Float[np.ndarray, "N V"]:
    """Do the same for indices; those of V and above have no column and are passed over.

    Raises:
        TypeError: if an index is no integer.
        ValueError: if the mode is unknown, an index is negative, or nothing was counted yet.

    Source: Keras, `Tokenizer.sequences_to_matrix`.
    """
    return sequences_to_sparse_matrix(tokenizer, sequences, mode).toarray()


def sequences_to_sparse_matrix(
    tokenizer: KerasTokenizer, sequences: Iterable[Sequence[int]], mode: Mode = "binary"
) -> csr_array:
    """Return the matrix of `sequences_to_matrix` without its zeros.

    Raises:
        TypeError: if an index is no integer.
        ValueError: if the mode is unknown, an index is negative, or nothing was counted yet.
    """
    width = tokenizer.num_words or len(tokenizer.word_index) + 1
    if tokenizer.num_words is None and not tokenizer.word_index:
        raise ValueError("how wide is the matrix? Give num_words, or call fit_on_texts first")
    if mode == "tfidf" and not tokenizer.document_count:
        raise ValueError("tfidf needs document frequencies: call fit_on_texts first")
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    indices = np.array([i for sequence in sequences for i in sequence], dtype=np.int64)
    if (indices < 0).any():
        raise ValueError(f"index {indices.min()} is negative: indices run from 0 on")
    rows = np.repeat(np.arange(len(lengths)), lengths)
    kept = indices < width
    starts = np.searchsorted(rows[kept], np.arange(len(lengths) + 1))
    counts = csr_array((np.ones(kept.sum()), indices[kept], starts), shape=(len(lengths), width))
    counts.sum_duplicates()
    df = np.zeros(width)
    for i, texts in tokenizer.index_docs.items():
        if i < width:
            df[i] = texts
    return weighted(counts, mode, lengths, df, tokenizer.document_count)
