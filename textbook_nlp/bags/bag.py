"""Texts become rows of a sparse matrix: one-hot, bags of words and n-grams, hashed bags.

Every matrix here is a `scipy.sparse.csr_array`, which keeps the entries that are not zero and
where they stand; `toarray` writes it out.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from scipy.sparse import csr_array

from textbook_nlp.bags.hashing import buckets, check_width
from textbook_nlp.bags.weights import Norm, normalized
from textbook_nlp.text.words import WordTokenizer, check_text

Tokenize = Callable[[str], Sequence[str]]


class _Known(dict[str, int]):
    """Word -> number; −1 for a word that is not there."""

    def __missing__(self, word: str) -> int:
        return -1


class _Growing(dict[str, int]):
    """Word -> number; a word that is not there gets the next one."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


class _Tokens(NamedTuple):
    """All tokens of N texts in one row of T numbers, and where each text begins."""

    ids: Int[np.ndarray, " T"]
    starts: Int[np.ndarray, " N+1"]


class _Grams(NamedTuple):
    """Runs of n tokens: the place where each begins, and its number."""

    places: Int[np.ndarray, " P"]
    numbers: Int[np.ndarray, " P"]


def _read(texts: Iterable[str], tokenize: Tokenize, numbers: dict[str, int]) -> _Tokens:
    """Tokenize all texts, and look each token up."""
    if isinstance(texts, str | bytes):
        raise TypeError("expected a list of texts, got one text: wrap it, as in [text]")
    ids, starts = array("i"), [0]
    for text in texts:
        tokens = tokenize(text)
        if isinstance(tokens, str | bytes):
            raise TypeError("tokenize returned one text: it must return a list of tokens")
        # The loop over the tokens runs in C, and so does nearly every look-up.
        ids.extend(map(numbers.__getitem__, tokens))
        starts.append(len(ids))
    return _Tokens(np.array(ids, dtype=np.int32), np.array(starts))


def _longer(grams: _Grams, tokens: _Tokens, n: int, words: int) -> _Grams:
    """Put the next token behind each (n−1)-gram, where the text goes on and the token is known.

    The number of an n-gram is that of its first n − 1 tokens, times `words`, plus its last token.
    """
    ends = np.repeat(tokens.starts[1:], np.diff(tokens.starts))
    places, numbers = grams
    fits = places + n <= ends[places]
    places, numbers = places[fits], numbers[fits]
    last = tokens.ids[places + n - 1]
    known = last >= 0
    return _Grams(places[known], numbers[known].astype(np.int64) * words + last[known])


def _add_up(
    grams: list[_Grams], starts: np.ndarray, width: int, signs: list[np.ndarray] | None = None
) -> csr_array:
    """Add up what falls into one cell: (N, `width`), one entry for each n-gram unless signed."""
    places = np.concatenate([g.places for g in grams])
    columns = np.concatenate([g.numbers for g in grams]).astype(np.int32)  # half the memory to sort
    values = np.ones(len(places)) if signs is None else np.concatenate(signs).astype(float)
    if len(grams) > 1:
        order = np.argsort(places, kind="stable")
        places, columns, values = places[order], columns[order], values[order]
    rows = np.searchsorted(places, starts).astype(np.int32 if len(places) < 2**31 else np.int64)
    counts = csr_array((values, columns, rows), shape=(len(starts) - 1, width))
    counts.sum_duplicates()
    return counts


@dataclass(frozen=True, eq=False)
class BagOfWords:
    """A numbered list of words and n-grams, and how often a text holds each of them.

    Made by `fit`. The columns are in alphabetical order, word by word; that is scikit-learn's.

    Attributes:
        words: every word that `fit` met, in alphabetical order.
        grams: one row a column of the matrix: the numbers of its words, −1 behind a short one.
        levels: for n = 1, 2, …: the numbers of all n-grams that `fit` met, rising, and the column
            of each, −1 for none.
        tokenize: cuts a text into words.
        joiner: what stands between the words of an n-gram in `features`.

    Example:
        >>> texts = ["to be or not to be", "be not"]
        >>> bag = BagOfWords.fit(texts)
        >>> bag.features, bag.counts(texts).toarray().tolist()
        (['be', 'not', 'or', 'to'], [[2.0, 1.0, 1.0, 2.0], [1.0, 1.0, 0.0, 0.0]])

    Taught in: chapter 02.
    """

    words: list[str]
    grams: Int[np.ndarray, "V n"]
    levels: list[tuple[np.ndarray, np.ndarray]]
    tokenize: Tokenize
    joiner: str = " "

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        tokenize: Tokenize | None = None,
        ngrams: tuple[int, int] = (1, 1),
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
        joiner: str = " ",
    ) -> "BagOfWords":
        """Collect the n-grams of `texts`.

        Args:
            texts: N texts.
            tokenize: cuts a text into words; None for `WordTokenizer().tokenize`.
            ngrams: the smallest and the largest n.
            min_df: leave out what stands in fewer texts; a share of them if a float.
            max_df: leave out what stands in more texts; a share of them if a float.
            max_features: keep at most so many columns, the most frequent (ties: alphabetical).
            joiner: what stands between the words of an n-gram; "" suits characters.

        Raises:
            TypeError: `texts` is one string, or holds what is no text.
            ValueError: an impossible range or limit, no text with a word in it, or nothing left.

        Taught in: chapter 02.
        """
        smallest, largest = check_range(ngrams)
        tokenize = tokenize or WordTokenizer().tokenize
        index = _Growing()
        tokens = _read(texts, tokenize, index)
        if not index:
            raise ValueError(
                f"the {len(tokens.starts) - 1} texts hold no word: give texts, and a tokenizer "
                "that finds words in them"
            )
        words = sorted(map(check_text, index))
        rank = np.empty(len(words), dtype=np.int32)
        rank[[index[word] for word in words]] = np.arange(len(words))
        tokens = _Tokens(rank[tokens.ids], tokens.starts)
        found, keys, rows = _collect(tokens, largest, len(words))
        start = np.cumsum([0, *map(len, keys)])
        # Alphabetical order: by the first word, then by the second; no word comes before any.
        order = np.lexsort(rows.T[::-1]) if largest > 1 else np.arange(len(rows))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        numbered = [
            _Grams(grams.places, place[start[n] + grams.numbers])
            for n, grams in enumerate(found)
            if n + 1 >= smallest
        ]
        counts = _add_up(numbered, tokens.starts, len(order))
        kept = _chosen(counts, min_df, max_df, max_features)
        column = np.full(len(order), -1)
        column[kept] = np.arange(len(kept))
        columns = [column[place[a:b]] for a, b in pairwise(start)]
        levels = list(zip(keys, columns, strict=True))
        return cls(words, rows[order[kept]], levels, tokenize, joiner)

    @cached_property
    def features(self) -> list[str]:
        """The name of each column."""
        return [
            self.joiner.join([self.words[i] for i in row if i >= 0]) for row in self.grams.tolist()
        ]

    @cached_property
    def index(self) -> dict[str, int]:
        """Name of a column -> its number."""
        return {name: i for i, name in enumerate(self.features)}

    @cached_property
    def _known(self) -> dict[str, int]:
        return _Known({word: i for i, word in enumerate(self.words)})

    def __len__(self) -> int:
        """Return V, the number of columns."""
        return len(self.grams)

    def counts(self, texts: Iterable[str]) -> csr_array:
        """Count the n-grams of other texts (N, V); what the bag does not hold is passed over.

        Raises:
            TypeError: `texts` is one string, or holds what is no text.
            ValueError: a text holds a lone surrogate.

        Taught in: chapter 02.
        """
        tokens = _read(texts, self.tokenize, self._known)
        places = np.flatnonzero(tokens.ids >= 0)
        grams = _Grams(places, tokens.ids[places])
        numbered = []
        for n, (keys, columns) in enumerate(self.levels, start=1):
            if n > 1:
                places, found = _longer(grams, tokens, n, len(self.words))
                at = np.searchsorted(keys, found)
                at[at == len(keys)] = 0
                known = keys[at] == found if len(keys) else np.zeros(0, dtype=bool)
                grams = _Grams(places[known], at[known])
            column = columns[grams.numbers]
            kept = column >= 0
            numbered.append(_Grams(grams.places[kept], column[kept]))
        return _add_up(numbered, tokens.starts, len(self))


def _collect(
    tokens: _Tokens, largest: int, words: int
) -> tuple[list[_Grams], list[np.ndarray], Int[np.ndarray, "K n"]]:
    """Number all n-grams for n = 1, 2, …

    Returns:
        For each n the n-grams by number, and the sorted keys that those numbers stand for; and for
        all of them, one n after the other, the words they consist of, −1 behind a short one.
    """
    grams = _Grams(np.arange(len(tokens.ids)), tokens.ids)
    found, keys, parts = [grams], [np.arange(words)], [np.arange(words)[:, None]]
    for n in range(2, largest + 1):
        places, numbers = _longer(grams, tokens, n, words)
        distinct, numbers = np.unique(numbers, return_inverse=True)
        grams = _Grams(places, numbers)
        prefix, last = np.divmod(distinct, words)
        found.append(grams)
        keys.append(distinct)
        parts.append(np.column_stack([parts[-1][prefix], last]))
    rows = [np.pad(p, ((0, 0), (0, largest - p.shape[1])), constant_values=-1) for p in parts]
    return found, keys, np.concatenate(rows)


def _chosen(
    counts: csr_array, min_df: int | float, max_df: int | float, max_features: int | None
) -> Int[np.ndarray, " V"]:
    """Return the columns that the limits leave, in order."""
    if max_features is not None and max_features < 1:
        raise ValueError(f"max_features is {max_features}: give at least 1, or None for no limit")
    low, high = (_documents(limit, counts.shape[0]) for limit in (min_df, max_df))
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.flatnonzero((df >= max(low, 1)) & (df <= high))
    if max_features is not None:
        total = np.bincount(counts.indices, counts.data, minlength=counts.shape[1])
        kept = np.sort(kept[np.argsort(-total[kept], kind="stable")[:max_features]])
    if not len(kept):
        raise ValueError(
            f"none of {np.count_nonzero(df):,} columns is left: lower min_df ({min_df}) or raise "
            f"max_df ({max_df})"
        )
    return kept


def _documents(limit: int | float, documents: int) -> int | float:
    """Read a limit: an integer is a number of texts, a float a share of them."""
    if isinstance(limit, bool) or not limit >= 0 or (isinstance(limit, float) and limit > 1):
        raise ValueError(f"the limit is {limit!r}: give a number of texts, or a share such as 0.5")
    return limit * documents if isinstance(limit, float) else limit


def check_range(ngrams: tuple[int, int]) -> tuple[int, int]:
    """Refuse an impossible range of n.

    Raises:
        ValueError: not 1 <= smallest <= largest.

    Taught in: chapter 02.
    """
    smallest, largest = ngrams
    if not 1 <= smallest <= largest:
        raise ValueError(
            f"n runs from {smallest} to {largest}: give ngrams=(smallest, largest) with "
            "1 <= smallest <= largest"
        )
    return smallest, largest


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

    Each different token is hashed once a call. With the same options this is scikit-learn's
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
        TypeError: `texts` is one string, or holds what is no text.
        ValueError: a width below 1, an impossible range, or an unknown norm.

    Source: Weinberger et al. (2009), "Feature hashing for large scale multitask learning".
    Taught in: chapter 02.
    """
    check_width(width)
    smallest, largest = check_range(ngrams)
    index = _Growing()
    tokens = _read(texts, tokenize or WordTokenizer().tokenize, index)
    words = names = list(index)
    found, keys, _ = _collect(tokens, largest, max(len(words), 1))
    hashed, signs = [], []
    for n, (grams, distinct) in enumerate(zip(found, keys, strict=True), start=1):
        if n > 1:
            prefix, last = np.divmod(distinct, max(len(words), 1))
            pairs = zip(prefix.tolist(), last.tolist(), strict=True)
            names = [f"{names[i]}{joiner}{words[j]}" for i, j in pairs]
        if n >= smallest:
            column, sign = buckets(names, width, seed)
            hashed.append(_Grams(grams.places, column[grams.numbers]))
            signs.append(sign[grams.numbers])
    counts = _add_up(hashed, tokens.starts, width, signs if signed else None)
    if binary:
        counts.data[:] = 1.0
    counts.eliminate_zeros()  # where two tokens have cancelled
    return normalized(counts, norm)
