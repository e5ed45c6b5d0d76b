"""Fewer, more frequent words: case, punctuation, Unicode forms and stems, and what each loses."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


def lower_case(text: str) -> str:
    """Turn capitals into small letters: "US" becomes "us", and so does "Us".

    Raises:
        TypeError: `text` is not a str.
        ValueError: `text` holds a lone surrogate.

    Taught in: chapter 01.
    """
    return check_text(text).lower()


def without_punctuation(text: str, keep: str = "'") -> str:
    """Drop every punctuation mark and symbol of Unicode, except those in `keep`.

    Raises:
        TypeError: `text` is not a str.
        ValueError: `text` holds a lone surrogate.

    Taught in: chapter 01.
    """
    return "".join(
        character
        for character in check_text(text)
        if character in keep or unicodedata.category(character)[0] not in "PS"
    )


def normal_form(text: str, form: Form = "NFC") -> str:
    """Write text in one of Unicode's four normal forms.

    NFC joins a letter and its accents to one character where there is one, NFD takes them apart;
    nothing that a reader can see is lost. NFKC and NFKD go on to replace ligatures, full-width
    letters, superscripts and the like by plain ones: "x²" becomes "x2".

    Raises:
        TypeError: `text` is not a str.
        ValueError: `text` holds a lone surrogate, or there is no such form.

    Source: Unicode Standard Annex 15.
    Taught in: chapter 01.
    """
    if form not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise ValueError(f"there is no form {form!r}: choose NFC, NFD, NFKC or NFKD")
    return unicodedata.normalize(form, check_text(text))


def stemmer(language: str = "english") -> Callable[[str], str]:
    """Return a function that cuts a word down to its stem, by the rules of Snowball.

    Example:
        >>> stem = stemmer()
        >>> stem("running"), stem("relative"), stem("relativity")
        ('run', 'relat', 'relat')

    Raises:
        ImportError: the library `snowballstemmer` is not installed.
        ValueError: it has no rules for `language`.

    Source: Porter 2001, "Snowball: a language for stemming algorithms".
    Taught in: chapter 01.
    """
    try:
        import snowballstemmer
    except ImportError:
        raise ImportError(
            "stemming needs a library that is not installed: run `pip install snowballstemmer`"
        ) from None
    languages = snowballstemmer.algorithms()
    if language not in languages:
        raise ValueError(f"there are no rules for {language!r}, only for {', '.join(languages)}")
    rules = snowballstemmer.stemmer(language)
    return lambda word: rules.stemWord(check_text(word))


@dataclass(frozen=True)
class Loss:
    """What a change of the words did to a vocabulary.

    Attributes:
        before: how many different words there were.
        after: how many there are now.
        merged: new word -> the old ones, most frequent first, that can no longer be told apart.
        touched: share of the running words that belong to such a group.
    """

    before: int
    after: int
    merged: dict[str, list[str]]
    touched: float


def what_is_lost(tokens: Iterable[str], change: Callable[[str], str]) -> Loss:
    """Measure what `change`, applied to every token, makes equal that was different.

    Args:
        tokens: the running words of a corpus.
        change: a function from word to word, such as `lower_case`.

    Example:
        >>> what_is_lost(["Us", "us", "US", "all"], str.lower).merged
        {'us': ['Us', 'us', 'US']}

    Raises:
        ValueError: there are no tokens.

    Taught in: chapter 01.
    """
    counts = Counter(tokens)
    if not counts:
        raise ValueError("there are no tokens to measure on")
    groups: dict[str, list[str]] = {}
    for token, _ in counts.most_common():
        groups.setdefault(change(token), []).append(token)
    merged = {new: old for new, old in groups.items() if len(old) > 1}
    touched = sum(counts[token] for old in merged.values() for token in old)
    return Loss(len(counts), len(groups), merged, touched / counts.total())


def check_text(text: object) -> str:
    """Return `text` unchanged if it is text that can be written as UTF-8.

    Control characters, emoji and unassigned code points are text; half of a surrogate pair is not.

    Raises:
        TypeError: `text` is bytes, None or anything else but a str.
        ValueError: `text` holds a lone surrogate, the trace of a wrong decoding.

    Taught in: chapter 01.
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
