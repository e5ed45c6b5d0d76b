"""Text becomes words, characters and n-grams of them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

# Keras' default filters: ASCII punctuation without the apostrophe, the tab and the newline.
PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


@runtime_checkable
class Tokenizer(Protocol):
    """Whatever cuts a text into tokens."""

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of `text`, in order."""


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
            TypeError: if `text` is not a str.
            ValueError: if `text` holds a lone surrogate.

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
class PatternTokenizer:
    r"""Cut text into the pieces that a regular expression matches.

    The default takes words of at least two letters or digits, which is what scikit-learn's
    `\b\w\w+\b` finds, in less time.

    Example:
        >>> PatternTokenizer().tokenize("I didn't like it.")
        ['didn', 'like', 'it']
    """

    pattern: str = r"\w\w+"
    lower: bool = True

    @cached_property
    def _find(self) -> Callable[[str], list[str]]:
        return re.compile(self.pattern).findall

    def tokenize(self, text: str) -> list[str]:
        """Return the pieces of `text`, in order.

        Raises:
            TypeError: if `text` is not a str.
            ValueError: if `text` holds a lone surrogate.

        Taught in: chapter 02.
        """
        text = check_text(text)
        return self._find(text.lower() if self.lower else text)


@dataclass(frozen=True)
class CharacterTokenizer:
    """Cut text into characters (Unicode code points), blanks included.

    Example:
        >>> CharacterTokenizer().tokenize("A b")
        ['A', ' ', 'b']
    """

    lower: bool = False

    def tokenize(self, text: str) -> list[str]:
        """Return the characters of `text`; `"".join` restores it (in small letters if `lower`).

        Raises:
            TypeError: if `text` is not a str.
            ValueError: if `text` holds a lone surrogate.

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
        ValueError: if `n` is below 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}: an n-gram has at least one token, so give n >= 1")
    return list(zip(*(tokens[i:] for i in range(n)), strict=False))


def joined_ngrams(
    tokens: Sequence[str], smallest: int, largest: int, joiner: str = " "
) -> list[str]:
    """Return the n-grams of `smallest` to `largest` tokens, each as one string.

    Example:
        >>> joined_ngrams(["to", "be", "or"], 1, 2)
        ['to', 'be', 'or', 'to be', 'be or']

    Raises:
        ValueError: if not 1 <= smallest <= largest.
    """
    _check_range(smallest, largest)
    names: list[str] = []
    for n in range(smallest, largest + 1):
        names += map(joiner.join, ngrams(tokens, n))
    return names


@dataclass(frozen=True)
class NgramTokenizer:
    """Cut text into n-grams of another tokenizer's tokens, all 1-grams first, then 2-grams, …

    Args:
        smallest: the least n.
        largest: the greatest n.
        base: the tokenizer whose tokens are joined, any object with a method `tokenize`.
        joiner: what stands between them; "" suits characters.

    Example:
        >>> NgramTokenizer(2, 2, CharacterTokenizer(), joiner="").tokenize("to be")
        ['to', 'o ', ' b', 'be']
    """

    smallest: int = 1
    largest: int = 2
    base: Tokenizer = field(default_factory=WordTokenizer)
    joiner: str = " "

    def __post_init__(self) -> None:
        """Refuse an impossible range."""
        _check_range(self.smallest, self.largest)

    def tokenize(self, text: str) -> list[str]:
        """Return the n-grams of `text`; errors are those of the base tokenizer."""
        return joined_ngrams(self.base.tokenize(text), self.smallest, self.largest, self.joiner)


def _check_range(smallest: int, largest: int) -> None:
    if not 1 <= smallest <= largest:
        raise ValueError(f"n runs from {smallest} to {largest}: need 1 <= smallest <= largest")


def check_text(text: object) -> str:
    """Return `text` unchanged if it is text that can be written as UTF-8.

    Control characters, emoji and unassigned code points are text; half of a surrogate pair is not.

    Raises:
        TypeError: if `text` is bytes, None or anything else but a str.
        ValueError: if `text` holds a lone surrogate, the trace of a wrong decoding.
    """
    if isinstance(text, bytes | bytearray):
        raise TypeError('expected text, got bytes: decode them first, as in data.decode("utf-8")')
    if not isinstance(text, str):
        raise TypeError(
            f"expected text (str), got {type(text).__name__}: pass one string at a time, "
            "and leave out missing values such as None"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is a lone surrogate, {text[error.start]!r}, which is no "
            'character: read the source again as UTF-8, or drop it with text.encode("utf-8", '
            '"ignore").decode("utf-8")'
        ) from None
    return text
