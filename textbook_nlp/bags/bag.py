"""Bags of words: how often a text holds each word, or each n-gram, as rows of a sparse matrix."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real

import numpy as np
from scipy.sparse import csr_array

from textbook_nlp.text.words import WordTokenizer, check_text, joined_ngrams

Tokenize = Callable[[str], Sequence[str]]


@dataclass(frozen=True, eq=False)
class BagOfWords:
    """A numbered list of words and n-grams, and how often a text holds each of them.

    Made by `fit`. The columns are in the order of their names' characters, as in scikit-learn; two
    n-grams that are spelled alike share one.

    Attributes:
        features: the name of each column.
        tokenize: cuts a text into words.
        ngrams: the smallest and the largest n.
        joiner: what stands between the words of an n-gram.

    Example:
        >>> texts = ["to be or not to be", "be not"]
        >>> bag = BagOfWords.fit(texts)
        >>> bag.features, bag.counts(texts).toarray().tolist()
        (['be', 'not', 'or', 'to'], [[2.0, 1.0, 1.0, 2.0], [1.0, 1.0, 0.0, 0.0]])

    Taught in: chapter 02.
    """

    features: list[str]
    tokenize: Tokenize
    ngrams: tuple[int, int] = (1, 1)
    joiner: str = " "

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        tokenize: Tokenize | None = None,
        ngrams: tuple[int, int] = (1, 1),
        min_df: Real = 1,
        max_df: Real = 1.0,
        max_features: int | None = None,
        joiner: str = " ",
    ) -> "BagOfWords":
        """Collect the n-grams of `texts`.

        Args:
            texts: N texts.
            tokenize: cuts a text into words; None for `WordTokenizer().tokenize`.
            ngrams: the smallest and the largest n.
            min_df: leave out what stands in fewer texts; a share of them unless an integer.
            max_df: leave out what stands in more texts; a share of them unless an integer.
            max_features: keep at most so many columns, the most frequent (ties: alphabetical).
            joiner: what stands between the words of an n-gram; "" suits characters.

        Raises:
            TypeError: if `texts` is one string, or holds what is no text.
            ValueError: if a range or a limit is impossible, no text holds a word, or nothing is
                left.

        Taught in: chapter 02.
        """
        _check_limits(min_df, max_df, max_features)
        tokenize = tokenize or WordTokenizer().tokenize
        df, total, documents = Counter(), Counter(), 0
        for names in ngrams_of(texts, tokenize, ngrams, joiner):
            documents += 1
            df.update(set(names))
            if max_features is not None:
                total.update(names)
        low, high = _documents(min_df, documents), _documents(max_df, documents)
        kept = sorted(name for name, n in df.items() if low <= n <= high)
        if max_features is not None:
            kept = sorted(sorted(kept, key=total.__getitem__, reverse=True)[:max_features])
        if not kept:
            raise ValueError(
                f"no column is left of the {len(df):,} that {documents:,} texts hold: give texts, "
                f"a tokenizer that finds words in them, a lower min_df ({min_df}) or a higher "
                f"max_df ({max_df})"
            )
        return cls(kept, tokenize, ngrams, joiner)

    def counts(self, texts: Iterable[str]) -> csr_array:
        """Count the n-grams of `texts` (N, V); what the bag does not hold is passed over.

        Raises:
            TypeError: if `texts` is one string, or holds what is no text.
            ValueError: if a text holds a lone surrogate.

        Taught in: chapter 02.
        """
        column_of = self.index.get
        texts_as_names = ngrams_of(texts, self.tokenize, self.ngrams, self.joiner)
        rows = ([i for i in map(column_of, names) if i is not None] for names in texts_as_names)
        return add_up(rows, len(self))

    @cached_property
    def index(self) -> dict[str, int]:
        """Name of a column -> its number.

        Taught in: chapter 02.
        """
        return {name: column for column, name in enumerate(self.features)}

    def __len__(self) -> int:
        """Return V, the number of columns."""
        return len(self.features)


def ngrams_of(
    texts: Iterable[str], tokenize: Tokenize, ngrams: tuple[int, int], joiner: str
) -> Iterator[list[str]]:
    """Yield the n-grams of each text, their words joined.

    Raises:
        TypeError: if `texts` is one string, holds what is no text, or `tokenize` returns no tokens.
        ValueError: if a text holds a lone surrogate, or the range of n is impossible.
    """
    if isinstance(texts, str | bytes):
        raise TypeError("expected a list of texts, got one text: wrap it, as in [text]")
    for text in texts:
        tokens = tokenize(check_text(text))
        if isinstance(tokens, str | bytes) or not isinstance(next(iter(tokens), ""), str):
            raise TypeError(f"tokenize returned {tokens!r:.60}: it must return a list of str")
        yield joined_ngrams(tokens, *ngrams, joiner)


def add_up(rows: Iterable[Iterable[int]], width: int | None = None) -> csr_array:
    """Count how often each number stands in each row: (N, `width`).

    All rows become one long array of column numbers, and SciPy adds up what falls into one cell.

    Args:
        rows: N rows of column numbers.
        width: V; None for as many columns as there are numbers.
    """
    columns, starts = array("i"), [0]
    for row in rows:
        columns.extend(row)
        starts.append(len(columns))
    width = max(columns, default=-1) + 1 if width is None else width
    cells = np.ones(len(columns)), np.array(columns, dtype=np.int32), np.array(starts)
    counts = csr_array(cells, shape=(len(starts) - 1, width))
    counts.sum_duplicates()
    return counts


def _check_limits(min_df: Real, max_df: Real, max_features: int | None) -> None:
    """Refuse limits that can mean nothing."""
    for limit in (min_df, max_df):
        share = not isinstance(limit, Integral)
        if isinstance(limit, bool) or not limit >= 0 or (share and limit > 1):
            raise ValueError(
                f"the limit is {limit!r}: give a number of texts, or a share such as 0.5"
            )
    if max_features is not None and max_features < 1:
        raise ValueError(f"max_features is {max_features}: give at least 1, or None for no limit")


def _documents(limit: Real, documents: int) -> Real:
    """Read a limit: an integer is a number of texts, any other number a share of them."""
    return limit if isinstance(limit, Integral) else limit * documents
