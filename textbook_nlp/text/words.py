"""Text becomes tokens, and tokens become integers."""

import operator
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, SupportsIndex

import numpy as np
from jaxtyping import Bool, Int

from textbook_nlp.files import DamagedFile, load_json, save_json
from textbook_nlp.text.normalize import check_text

# Keras' default filters: ASCII punctuation without the apostrophe, the tab and the newline.
PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

Side = Literal["pre", "post"]


@dataclass(frozen=True)
class WordTokenizer:
    """Cut text into words at white space.

    Args:
        lower: turn capitals into small letters first.
        filters: characters that belong to no word; each is read as a blank.
        split: what separates two words; None for any run of white space. With `split=" "` the words
            are Keras' own: only the blank separates, so a no-break space stays in its token.
        keep_filtered: make each filtered character, white space aside, a token of its own.

    Example:
        >>> WordTokenizer().tokenize("Don't panic, reader!")
        ["don't", 'panic', 'reader']

    Source: Keras, `text_to_word_sequence`.
    Taught in: chapter 01.
    """

    lower: bool = True
    filters: str = PUNCTUATION
    split: str | None = None
    keep_filtered: bool = False

    def __post_init__(self) -> None:
        """Refuse an empty separator."""
        if self.split == "":
            raise ValueError(
                'split is empty: give a separator such as " ", or None for white space'
            )

    def tokenize(self, text: str) -> list[str]:
        """Return the words of `text`, in order.

        Raises:
            TypeError: `text` is not a str.
            ValueError: `text` holds a lone surrogate.

        Taught in: chapter 01.
        """
        text = check_text(text)
        if self.lower:
            text = text.lower()
        words = text.translate(self._spaced).split(self.split)
        # Between two blanks in a row stands an empty word, except where any white space separates.
        return words if self.split is None else [word for word in words if word]

    @cached_property
    def _spaced(self) -> dict[int, str]:
        """What `str.translate` puts in place of each filtered character."""
        blank = " " if self.split is None else self.split
        return str.maketrans(
            {
                character: f"{blank}{character}{blank}"
                if self.keep_filtered and not character.isspace()
                else blank
                for character in self.filters
            }
        )


@dataclass(frozen=True)
class CharacterTokenizer:
    """Cut text into characters (Unicode code points), blanks included.

    Example:
        >>> CharacterTokenizer().tokenize("A b")
        ['A', ' ', 'b']

    Taught in: chapter 01.
    """

    lower: bool = False

    def tokenize(self, text: str) -> list[str]:
        """Return the characters of `text`; `"".join` restores it (in small letters if `lower`).

        Raises:
            TypeError: `text` is not a str.
            ValueError: `text` holds a lone surrogate.

        Taught in: chapter 01.
        """
        text = check_text(text)
        return list(text.lower() if self.lower else text)


def ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return every run of `n` neighbors: len(tokens) - n + 1 of them, or none.

    Example:
        >>> ngrams(["to", "be", "or"], 2)
        [('to', 'be'), ('be', 'or')]

    Raises:
        ValueError: `n` is below 1.

    Taught in: chapter 01.
    """
    if n < 1:
        raise ValueError(f"n is {n}: an n-gram has at least one token, so give n >= 1")
    return list(zip(*(tokens[i:] for i in range(n)), strict=False))


@dataclass(frozen=True)
class NgramTokenizer:
    """Cut text into n-grams of another tokenizer's tokens, all 1-grams first, then 2-grams, …

    Args:
        smallest: the least n.
        largest: the greatest n.
        base: the tokenizer whose tokens are joined.
        joiner: what stands between them; "" suits characters.

    Example:
        >>> NgramTokenizer(1, 2).tokenize("to be or")
        ['to', 'be', 'or', 'to be', 'be or']

    Taught in: chapter 01.
    """

    smallest: int = 1
    largest: int = 2
    base: WordTokenizer | CharacterTokenizer = field(default_factory=WordTokenizer)
    joiner: str = " "

    def __post_init__(self) -> None:
        """Refuse an impossible range."""
        if not 1 <= self.smallest <= self.largest:
            raise ValueError(
                f"n runs from {self.smallest} to {self.largest}: need 1 <= smallest <= largest"
            )

    def tokenize(self, text: str) -> list[str]:
        """Return the n-grams of `text`; errors are those of the base tokenizer.

        Taught in: chapter 01.
        """
        tokens = self.base.tokenize(text)
        sizes = range(self.smallest, self.largest + 1)
        return [self.joiner.join(gram) for n in sizes for gram in ngrams(tokens, n)]


class Vocabulary:
    """A numbered list of tokens: the specials first, then `tokens` in the order given.

    Attributes:
        tokens: every token, so that `tokens[i]` has the id i.
        index: token -> id.
        specials: the tokens that stand for no word.
        unknown: the token that stands for all others, if it is in the vocabulary.

    Example:
        >>> vocabulary = Vocabulary.build([["a", "rose", "is", "a", "rose"]])
        >>> vocabulary.encode(["a", "thorn"])
        [2, 1]

    Taught in: chapter 01.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        specials: Sequence[str] = ("<pad>", "<unk>"),
        unknown: str = "<unk>",
    ) -> None:
        """Number the specials from 0 on, then the tokens.

        Raises:
            TypeError: a token is not a str.
            ValueError: a token occurs twice.
        """
        self.tokens = [*specials, *tokens]
        self.specials = tuple(specials)
        self.unknown = unknown
        _require_tokens(self.tokens)
        self.index = {token: i for i, token in enumerate(self.tokens)}
        if len(self.index) < len(self.tokens):
            twice = next(t for t, n in Counter(self.tokens).items() if n > 1)
            raise ValueError(
                f"the token {twice!r} occurs twice: list each once, and leave the specials "
                f"{self.specials} out of the tokens"
            )

    @classmethod
    def build(
        cls,
        corpus: Iterable[Sequence[str]],
        size: int | None = None,
        min_count: int = 1,
        specials: Sequence[str] = ("<pad>", "<unk>"),
        unknown: str = "<unk>",
    ) -> "Vocabulary":
        """Number the tokens of a corpus by falling count, ties by first appearance.

        A special that also occurs in the corpus keeps its place among the specials.

        Args:
            corpus: documents, each a list of tokens.
            size: the length of the whole vocabulary, specials included; the rarest are left out.
            min_count: leave out what occurs less often.
            specials: tokens that come first, whatever their count.
            unknown: the special that stands for what was left out.

        Raises:
            TypeError: a document is one string, or a token is no str.
            ValueError: the corpus holds no token, or `size` leaves no room for the specials.

        Taught in: chapter 01.
        """
        if size is not None and size < max(1, len(specials)):
            raise ValueError(
                f"size is {size}, which has no room for the {len(specials)} specials: "
                "give a larger size, or None for no limit"
            )
        counts: Counter[str] = Counter()
        for document in corpus:
            _require_tokens(document)
            counts.update(document)
        if not counts:
            raise ValueError("the corpus holds no token: there is nothing to number")
        # `sorted` is stable and a Counter remembers the order of arrival: that settles the ties.
        ranked = sorted(counts, key=counts.__getitem__, reverse=True)
        kept = [t for t in ranked if counts[t] >= min_count and t not in specials]
        room = None if size is None else size - len(specials)
        return cls(kept[:room], specials, unknown)

    def __len__(self) -> int:
        """Return V, the number of tokens, specials included."""
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        """Say whether `token` has an id of its own."""
        return token in self.index

    def __eq__(self, other: object) -> bool:
        """Say whether two vocabularies give every token the same id."""
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.tokens, self.specials, self.unknown) == (
            other.tokens,
            other.specials,
            other.unknown,
        )

    __hash__ = None

    def __repr__(self) -> str:
        """Name the size and the first tokens."""
        return f"Vocabulary({len(self)} tokens: {', '.join(map(repr, self.tokens[:6]))}, …)"

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Return the id of each token; a token without one gets the id of `unknown`.

        Raises:
            TypeError: `tokens` is one string, or a token is no str.
            ValueError: a token has no id and the vocabulary has no `unknown`.

        Taught in: chapter 01.
        """
        _require_tokens(tokens)
        fallback = self.index.get(self.unknown)
        ids = [self.index.get(token, fallback) for token in tokens]
        if fallback is None and None in ids:
            raise ValueError(
                f"{tokens[ids.index(None)]!r} is not in the vocabulary, and neither is "
                f"{self.unknown!r}: add that to the specials, or build from a larger corpus"
            )
        return ids

    def decode(self, ids: Iterable[SupportsIndex]) -> list[str]:
        """Return the token of each id.

        Raises:
            TypeError: an id is not an integer.
            ValueError: an id is negative, or V or above.

        Taught in: chapter 01.
        """
        numbers = [operator.index(i) for i in ids]
        for i in numbers:
            if not 0 <= i < len(self):
                raise ValueError(f"there is no token {i}: ids run from 0 to {len(self) - 1}")
        return [self.tokens[i] for i in numbers]

    def save(self, path: str | os.PathLike) -> None:
        """Write the vocabulary as JSON; the file appears whole or not at all.

        Taught in: chapter 01.
        """
        words = self.tokens[len(self.specials) :]
        content = {"specials": self.specials, "unknown": self.unknown, "tokens": words}
        save_json(path, "vocabulary", content)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Read a vocabulary that `save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            DamagedFile: the file was cut short or is no vocabulary.

        Taught in: chapter 01.
        """
        content = load_json(path, "vocabulary", ("specials", "unknown", "tokens"))
        try:
            return cls(content["tokens"], content["specials"], content["unknown"])
        except (TypeError, ValueError) as error:
            raise DamagedFile(f"{path} holds no vocabulary: {error}") from None


def _require_tokens(tokens: object) -> None:
    """Refuse what is no list of tokens: one string most of all, since that can be looped over."""
    if not isinstance(tokens, Iterable) or isinstance(tokens, str | bytes):
        raise TypeError(
            f"expected a list of tokens, got {type(tokens).__name__}: tokenize the text first, and "
            "pass a corpus as a list of such lists"
        )
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(
                f"a token is a str, got {type(token).__name__}: pass one list of tokens at a time"
            )


def pad(
    sequences: Sequence[Sequence[int] | np.ndarray],
    length: int | None = None,
    padding: Side = "post",
    truncating: Side = "post",
    value: int = 0,
    dtype: type[np.integer] = np.int64,
) -> Int[np.ndarray, "B T"]:
    """Lay sequences of different lengths into one array of B rows and T columns.

    `padding` says at which end `value` fills a short row, `truncating` at which end a long one is
    cut. Keras' defaults are "pre" and "pre", with dtype int32.

    Args:
        sequences: B sequences of integers.
        length: T; None for the length of the longest.
        padding: "post" fills at the end, "pre" at the beginning.
        truncating: "post" cuts the end off, "pre" the beginning.
        value: the filler.
        dtype: the integer type of the result.

    Example:
        >>> pad([[5, 6], [7]])
        array([[5, 6],
               [7, 0]])

    Raises:
        TypeError: a sequence is not made of integers.
        ValueError: no sequences, `length` below 1, an unknown side, or a number that `dtype`
            cannot hold.

    Source: Keras, `pad_sequences`.
    Taught in: chapter 01.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f'{name} is {side!r}: it is either "pre" or "post"')
    if len(sequences) == 0:
        raise ValueError("there are no sequences to pad: pass at least one, which may be empty")
    if length is not None and length < 1:
        raise ValueError(f"length is {length}: give at least 1, or None for the longest sequence")
    rows = [_integers(i, sequence) for i, sequence in enumerate(sequences)]
    width = max(len(row) for row in rows) if length is None else length
    result = np.full((len(rows), width), value, dtype=np.int64)
    for i, row in enumerate(rows):
        kept = row[:width] if truncating == "post" else row[max(len(row) - width, 0) :]
        if padding == "post":
            result[i, : len(kept)] = kept
        else:
            result[i, width - len(kept) :] = kept
    if result.size and not np.array_equal(result.astype(dtype), result):
        raise ValueError(f"some ids do not fit into {np.dtype(dtype)}: choose a wider dtype")
    return result.astype(dtype, copy=False)


def _integers(i: int, sequence: object) -> Int[np.ndarray, " T"]:
    """Return one sequence as an int64 row; an empty one, whose type NumPy must guess, included."""
    if isinstance(sequence, str | bytes) or not hasattr(sequence, "__len__"):
        raise TypeError(
            f"sequence {i} is a {type(sequence).__name__}: pass lists of integers; encode first"
        )
    row = np.asarray(sequence) if len(sequence) else np.zeros(0, dtype=np.int64)
    if row.ndim != 1 or not np.can_cast(row.dtype, np.int64):
        raise TypeError(
            f"sequence {i} is not a flat list of integers (NumPy sees {row.dtype}, "
            f"{row.ndim} dimensions): encode the tokens first"
        )
    return row.astype(np.int64)


def mask(
    lengths_or_padded: Sequence[int] | Int[np.ndarray, " B"] | Int[np.ndarray, "B T"],
    length: int | None = None,
    padding: Side = "post",
    value: int = 0,
) -> Bool[np.ndarray, "B T"]:
    """Say which places of a padded batch hold a token.

    Given B lengths, mark that many places of each row: exact, whatever the ids. Given a padded
    array, mark every place that differs from `value`: right as long as no real token has that id.

    Args:
        lengths_or_padded: B lengths, or an array of B rows and T columns.
        length: T, when lengths are given; None for the largest.
        padding: the end at which the rows were filled, when lengths are given.
        value: the filler, when a padded array is given.

    Example:
        >>> mask([2, 1])
        array([[ True,  True],
               [ True, False]])

    Raises:
        ValueError: an array of neither 1 nor 2 dimensions, an unknown side, or a length that is
            negative or above T.

    Taught in: chapter 01.
    """
    given = np.asarray(lengths_or_padded)
    if given.ndim == 2:
        return given != value
    if given.ndim != 1 or len(given) == 0:
        raise ValueError(f"expected B lengths or a padded (B, T) array, got shape {given.shape}")
    if padding not in ("pre", "post"):
        raise ValueError(f'padding is {padding!r}: it is either "pre" or "post"')
    width = int(given.max()) if length is None else length
    if given.min() < 0 or given.max() > width:
        raise ValueError(
            f"lengths run from {given.min()} to {given.max()}, but a row has {width} places: "
            f"a row that was cut has the length {width}"
        )
    marked = np.arange(width)[None, :] < given[:, None]
    return marked if padding == "post" else marked[:, ::-1]


def stream(
    sentences: Iterable[Sequence[str]], vocabulary: Vocabulary, end: str = "<eos>"
) -> Int[np.ndarray, " N"]:
    """Join tokenized sentences into one row of N ids, each sentence followed by `end`.

    Raises:
        TypeError: a sentence is one string, or a token is no str.
        ValueError: there is no sentence, or the vocabulary has no `end`.

    Taught in: chapters 01 and 07.
    """
    if end not in vocabulary:
        raise ValueError(
            f"the vocabulary has no {end!r}: build it with that among the specials, "
            f"as in specials=('<unk>', {end!r})"
        )
    last = vocabulary.index[end]
    ids: list[int] = []
    for sentence in sentences:
        ids += [*vocabulary.encode(sentence), last]
    if not ids:
        raise ValueError("there are no sentences to join")
    return np.array(ids, dtype=np.int64)
