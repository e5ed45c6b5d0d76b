"""Hashing tokens to columns: the same number for the same token, on every machine, every day.

Python's own `hash` of a text is salted anew in each process, so nothing can be stored under it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Int, Int8
from scipy.sparse import csr_array

from textbook_nlp.bags.bag import Tokenize, add_up, ngrams_of
from textbook_nlp.bags.weights import Norm, normalized
from textbook_nlp.text.words import PUNCTUATION, WordTokenizer, check_text

HashFunction = Callable[[str], int]
_C1, _C2, _MASK = 0xCC9E2D51, 0x1B873593, 0xFFFFFFFF


def murmur3(token: str | bytes, seed: int = 0) -> int:
    """Return the 32-bit MurmurHash3 of a token, as a signed integer.

    Every four bytes are scrambled and mixed into the state; the last one to three are scrambled
    as well; then the length, and a final avalanche, in which each bit comes to depend on all.

    Args:
        token: a text, hashed as UTF-8, or bytes.
        seed: from 0 to 2³² − 1; another seed is another hash function.

    Example:
        >>> murmur3("goose"), murmur3("geese")
        (-1645813239, -963545347)

    Raises:
        TypeError: if `token` is neither text nor bytes.
        ValueError: if the text holds a lone surrogate, or the seed does not fit into 32 bits.

    Source: A. Appleby, MurmurHash3_x86_32 (2010), public domain.
    Taught in: chapter 02.
    """
    data = token if isinstance(token, bytes) else check_text(token).encode("utf-8")
    state = _checked_seed(seed)
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        state ^= _scramble(int.from_bytes(data[start : start + 4], "little"))
        state = (_rotate(state, 13) * 5 + 0xE6546B64) & _MASK
    if whole < len(data):
        state ^= _scramble(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        state = ((state ^ state >> shift) * factor) & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state >> 31 else state


def _scramble(block: int) -> int:
    return (_rotate((block * _C1) & _MASK, 15) * _C2) & _MASK


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def _checked_seed(seed: int) -> int:
    if not 0 <= seed <= _MASK:
        raise ValueError(f"seed is {seed}: give a number from 0 to 2**32 - 1")
    return seed


def murmur3_all(tokens: Sequence[str], seed: int = 0) -> Int[np.ndarray, " V"]:
    """Return `murmur3` of many tokens: those of equal length are hashed at once, as columns.

    Raises:
        TypeError: if a token is no text.
        ValueError: if a token holds a lone surrogate, or the seed does not fit into 32 bits.
    """
    _checked_seed(seed)
    data = [check_text(token).encode("utf-8") for token in tokens]
    lengths = np.fromiter(map(len, data), dtype=np.int64, count=len(data))
    hashes = np.zeros(len(data), dtype=np.uint32)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        padded = length + -length % 4
        text = b"".join(data[i].ljust(padded, b"\0") for i in rows.tolist())
        blocks = np.frombuffer(text, dtype="<u4").reshape(len(rows), padded // 4)
        state = np.full(len(rows), seed, dtype=np.uint32)
        for i, block in enumerate(blocks.T):
            block = block * np.uint32(_C1)
            state ^= (block << 15 | block >> 17) * np.uint32(_C2)
            if 4 * i + 4 <= length:  # an incomplete block is only mixed in
                state = (state << 13 | state >> 19) * np.uint32(5) + np.uint32(0xE6546B64)
        state ^= np.uint32(length)
        state = (state ^ state >> 16) * np.uint32(0x85EBCA6B)
        state = (state ^ state >> 13) * np.uint32(0xC2B2AE35)
        hashes[rows] = state ^ state >> 16
    return hashes.view(np.int32)


def _check_list(tokens: Iterable[str]) -> None:
    if isinstance(tokens, str | bytes):
        raise TypeError("expected a list of tokens, got one text: wrap it, as in [token]")


def buckets(
    tokens: Sequence[str], width: int, seed: int = 0
) -> tuple[Int[np.ndarray, " V"], Int8[np.ndarray, " V"]]:
    """Return the column of each token, from 0 to `width` − 1, and its sign, −1 or 1.

    Both come from one hash h: the column is |h| mod `width`, the sign that of h. Two tokens that
    share a column then add up or cancel, with equal chance, and on average disturb nothing.

    Raises:
        TypeError: if a token is no text, or `tokens` is one string.
        ValueError: if `width` is below 1 or above 2³¹ − 1.

    Source: Weinberger et al. (2009), "Feature hashing for large scale multitask learning";
        scikit-learn's `FeatureHasher`.
    Taught in: chapter 02.
    """
    check_width(width)
    _check_list(tokens)
    hashes = murmur3_all(tokens, seed).astype(np.int64)
    return np.abs(hashes) % width, np.where(hashes < 0, -1, 1).astype(np.int8)


def check_width(width: int) -> None:
    """Refuse a table that can hold nothing, or more than 31 bits can number.

    Raises:
        TypeError: if `width` is no integer.
        ValueError: if it is below 1 or above 2³¹ − 1.
    """
    if isinstance(width, bool) or not isinstance(width, int | np.integer):
        raise TypeError(f"width is {width!r}: give the number of columns, an integer")
    if not 1 <= width < 2**31:
        raise ValueError(
            f"width is {width}: give at least 1 column and fewer than 2**31; "
            "2**18 suits a vocabulary of some 10,000 words"
        )


def expected_buckets(types: int, width: int) -> float:
    """Return how many of `width` buckets are in use, on average, once `types` different
    tokens are hashed.

    A bucket stays empty with probability (1 − 1/width)^types. What `types` exceeds this by came to
    a bucket already taken. (More than those share one: the first in it shares it too.)

    Example:
        >>> round(365 - expected_buckets(23, 365), 1)  # days on which none of 23 people was born
        342.7

    Raises:
        ValueError: if `types` is negative, or `width` below 1.

    Taught in: chapter 02.
    """
    check_width(width)
    if types < 0:
        raise ValueError(f"types is {types}: give at least 0")
    # 1 - (1 - 1/width) ** types, without losing digits where 1/width is small.
    return float(-width * np.expm1(types * np.log1p(-1 / width))) if width > 1 else min(types, 1.0)


def hashing_trick(
    text: str,
    n: int,
    hash_function: HashFunction | Literal["murmur3", "md5"] = "murmur3",
    filters: str = PUNCTUATION,
    lower: bool = True,
    split: str = " ",
) -> list[int]:
    """Return an id from 1 to `n` − 1 for each word, by Keras' rule: h(word) mod (n − 1) + 1.

    Keras' default for h is Python's `hash`, which gives other ids in each process; here it is
    MurmurHash3. `"md5"` gives the same ids as in Keras.

    Raises:
        TypeError: if `text` is no text.
        ValueError: if `n` is below 2, or the hash function is unknown.

    Source: Keras, `hashing_trick`.
    Taught in: chapter 02.
    """
    if n < 2:
        raise ValueError(f"n is {n}: give at least 2, since id 0 is reserved")
    named: dict[object, HashFunction] = {"murmur3": murmur3, "md5": _md5}
    function = hash_function if callable(hash_function) else named.get(hash_function)
    if function is None:
        raise ValueError(
            f'there is no hash function {hash_function!r}: give "murmur3", "md5" or a function'
        )
    words = WordTokenizer(lower, filters, split).tokenize(text)
    return [function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode("utf-8"), usedforsecurity=False).hexdigest(), 16)


def shared_buckets(tokens: Iterable[str], width: int, seed: int = 0) -> list[list[str]]:
    """Return the groups of different tokens that share a column, largest first.

    Raises:
        TypeError: if a token is no text, or `tokens` is one string.
        ValueError: if `width` is below 1.

    Taught in: chapter 02.
    """
    _check_list(tokens)
    distinct = sorted(set(tokens))
    columns, _ = buckets(distinct, width, seed)
    groups: dict[int, list[str]] = {}
    for token, column in zip(distinct, columns.tolist(), strict=True):
        groups.setdefault(column, []).append(token)
    return sorted((g for g in groups.values() if len(g) > 1), key=len, reverse=True)


def hashed_bag(
    texts: Iterable[str],
    width: int = 2**20,
    tokenize: Tokenize | None = None,
    ngrams: tuple[int, int] = (1, 1),
    signed: bool = True,
    binary: bool = False,
    norm: Norm = "l2",
    joiner: str = " ",
    seed: int = 0,
) -> csr_array:
    """Count words in columns that a hash function assigns: no vocabulary, nothing to fit (N, V).

    Each different n-gram is hashed once a call. With the same options this is scikit-learn's
    `HashingVectorizer`, number for number.

    Args:
        texts: N texts.
        width: V, the number of columns.
        tokenize: cuts a text into words; None for `WordTokenizer().tokenize`.
        ngrams: the smallest and the largest n.
        signed: let the hash also decide between +1 and −1.
        binary: 1 wherever a token falls, also where two have cancelled; before `norm`.
        norm: divide each row by its length, "l2", or by the sum of its sizes, "l1".
        joiner: what stands between the words of an n-gram.
        seed: of the hash function.

    Raises:
        TypeError: if `texts` is one string, or holds what is no text.
        ValueError: if the width is below 1, the range impossible, or the norm unknown.

    Source: Weinberger et al. (2009), "Feature hashing for large scale multitask learning".
    Taught in: chapter 02.
    """
    check_width(width)
    index: defaultdict[str, int] = defaultdict()
    index.default_factory = index.__len__  # an n-gram that is not there gets the next number
    grams = ngrams_of(texts, tokenize or WordTokenizer().tokenize, ngrams, joiner)
    counts = add_up(map(index.__getitem__, names) for names in grams)
    column, sign = buckets(list(index), width, seed)
    values = counts.data * sign[counts.indices] if signed else counts.data
    table = (values, column[counts.indices], counts.indptr)
    counts = csr_array(table, shape=(counts.shape[0], width))
    counts.sum_duplicates()
    if binary:
        counts.data[:] = 1.0
    counts.eliminate_zeros()  # where two tokens have cancelled
    return normalized(counts, norm)
