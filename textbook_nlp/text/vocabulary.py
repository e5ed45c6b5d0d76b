"""Tokens become ids: a numbered list of tokens, and corpora written in its numbers."""

import operator
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import SupportsIndex

import numpy as np
from jaxtyping import Int

from textbook_nlp.files import DamagedFile, load_json, save_json


class Vocabulary:
    """A numbered list of tokens; `encode` goes from tokens to ids, `decode` back.

    The specials come first, then `tokens` in the order given.

    Attributes:
        tokens: every token, so that `tokens[i]` has the id i.
        index: token -> id.
        specials: the tokens that stand for no word.
        unknown: the token that stands for all others, if it is in the vocabulary.

    Example:
        >>> vocabulary = Vocabulary.fit([["a", "rose", "is", "a", "rose"]])
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
            TypeError: if a token is not a str.
            ValueError: if a token occurs twice.
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
    def fit(
        cls,
        corpus: Iterable[Sequence[str]],
        vocabulary_size: int | None = None,
        min_count: int = 1,
        specials: Sequence[str] = ("<pad>", "<unk>"),
        unknown: str = "<unk>",
    ) -> "Vocabulary":
        """Number the tokens of a corpus by falling count, ties by first appearance.

        A special that also occurs in the corpus keeps its place among the specials.

        Args:
            corpus: documents, each a list of tokens.
            vocabulary_size: V, specials included; the rarest tokens are left out.
            min_count: leave out what occurs less often.
            specials: tokens that come first, whatever their count.
            unknown: the special that stands for what was left out.

        Raises:
            TypeError: if a document is one string, or a token is no str.
            ValueError: if the corpus holds no token, or `vocabulary_size` leaves no room for the
                specials.

        Taught in: chapter 01.
        """
        if vocabulary_size is not None and vocabulary_size < max(1, len(specials)):
            raise ValueError(
                f"vocabulary_size is {vocabulary_size}, which has no room for the "
                f"{len(specials)} specials: give a larger one, or None for no limit"
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
        room = None if vocabulary_size is None else vocabulary_size - len(specials)
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
            TypeError: if `tokens` is one string, or a token is no str.
            ValueError: if a token has no id and the vocabulary has no `unknown`.

        Taught in: chapter 01.
        """
        _require_tokens(tokens)
        fallback = self.index.get(self.unknown)
        ids = [self.index.get(token, fallback) for token in tokens]
        if fallback is None and None in ids:
            raise ValueError(
                f"{tokens[ids.index(None)]!r} is not in the vocabulary, and neither is "
                f"{self.unknown!r}: add that to the specials, or fit it to a larger corpus"
            )
        return ids

    def decode(self, ids: Iterable[SupportsIndex]) -> list[str]:
        """Return the token of each id.

        Raises:
            TypeError: if an id is not an integer.
            ValueError: if an id is negative, or V or above.

        Taught in: chapter 01.
        """
        numbers = [operator.index(i) for i in ids]
        for i in numbers:
            if not 0 <= i < len(self):
                raise ValueError(f"there is no token {i}: ids run from 0 to {len(self) - 1}")
        return [self.tokens[i] for i in numbers]

    def save(self, path: str | os.PathLike) -> None:
        """Write the vocabulary as JSON; the file appears whole or not at all."""
        words = self.tokens[len(self.specials) :]
        content = {"specials": self.specials, "unknown": self.unknown, "tokens": words}
        save_json(path, "vocabulary", content)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Read a vocabulary that `save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            DamagedFile: if the file was cut short or is no vocabulary.
        """
        content = load_json(path, "vocabulary", ("specials", "unknown", "tokens"))
        try:
            return cls(content["tokens"], content["specials"], content["unknown"])
        except (TypeError, ValueError) as error:
            raise DamagedFile(f"{path} holds no vocabulary: {error}") from None


def stream(
    sentences: Iterable[Sequence[str]], vocabulary: Vocabulary, end: str = "<eos>"
) -> Int[np.ndarray, " N"]:
    """Join tokenized sentences into one row of N ids, each sentence followed by `end`.

    Raises:
        TypeError: if a sentence is one string, or a token is no str.
        ValueError: if there is no sentence, or the vocabulary has no `end`.
    """
    if end not in vocabulary:
        raise ValueError(
            f"the vocabulary has no {end!r}: fit it with that among the specials, "
            f"as in specials=('<unk>', {end!r})"
        )
    last = vocabulary.index[end]
    ids: list[int] = []
    for sentence in sentences:
        ids += [*vocabulary.encode(sentence), last]
    if not ids:
        raise ValueError("there are no sentences to join")
    return np.array(ids, dtype=np.int64)


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
