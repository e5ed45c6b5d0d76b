"""Texts with labels, to learn from, to choose by and to report on, and what exactly was read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Headlines, Reviews

SARCASM_TRAIN = 20_000  # of 26,709: the split of row 22


@dataclass(frozen=True)
class Texts:
    """Texts, and the class of each: 0 or 1 (N,)."""

    texts: list[str]
    labels: Int[np.ndarray, "N"]

    def pick(self, rows: Int[np.ndarray, "M"] | slice) -> "Texts":
        """Return some of them, in this order."""
        rows = np.arange(len(self.texts))[rows]
        return Texts([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True)
class LabeledTexts:
    """A corpus in two parts.

    Attributes:
        train: to learn from, shuffled once and for all where the publisher sorted it by class.
        test: to report on.
        dataset: name, and SHA-256 of each part's texts and labels.
        optimum: the highest accuracy that any model can reach, where it is known.
        bag_of_words_optimum: the same for models that see no order, where it is known.
    """

    train: Texts
    test: Texts
    dataset: dict[str, Any]
    optimum: float | None = None
    bag_of_words_optimum: float | None = None


def read(name: str, texts: int = 0) -> LabeledTexts:
    """Read a real corpus, ``imdb`` or ``sarcasm``, or draw ``reviews`` or ``headlines``.

    Args:
        name: of the corpus or the generator.
        texts: of a generator, to learn from; half as many more are drawn to report on.

    Raises:
        ValueError: for another name.
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    if name == "imdb":
        corpus = corpora.load("imdb")
        # The publisher sorts by class; a split by position needs them mixed.
        order = np.random.default_rng(0).permutation(len(corpus.train.texts))
        train = Texts(corpus.train.texts, corpus.train.labels).pick(order)
        return _labeled(name, train, Texts(corpus.test.texts, corpus.test.labels))
    if name == "sarcasm":
        headlines = corpora.load("sarcasm")
        whole = Texts(headlines.texts, headlines.labels)
        return _labeled(name, *_cut(whole, SARCASM_TRAIN))
    if name == "reviews":
        generator = Reviews()
        whole = Texts(*generator.sample(texts + texts // 2, seed=0))
        optima = generator.optimum().value, generator.bag_of_words_optimum().value
        return _labeled(name, *_cut(whole, texts), *optima)
    if name == "headlines":
        drawn, sarcastic = Headlines().sample(texts + texts // 2, seed=0)
        whole = Texts(drawn, sarcastic.astype(np.int64))
        return _labeled(name, *_cut(whole, texts), Headlines().optimum("accuracy").value)
    raise ValueError(f"there is no {name!r}; expected imdb, sarcasm, reviews or headlines")


def _cut(whole: Texts, n: int) -> tuple[Texts, Texts]:
    return whole.pick(slice(n)), whole.pick(slice(n, None))


def _labeled(name: str, train: Texts, test: Texts, *optima: float) -> LabeledTexts:
    hashes = {"train": _sha256(train), "test": _sha256(test)}
    return LabeledTexts(train, test, {"name": name, "sha256": hashes}, *optima)


def _sha256(part: Texts) -> str:
    lines: Sequence[str] = [f"{y}\t{x}\n" for x, y in zip(part.texts, part.labels, strict=True)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
