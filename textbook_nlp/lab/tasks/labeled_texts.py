"""Texts with labels, to learn from, to choose by and to report on, and what exactly was read."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Headlines, Reviews
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count
from textbook_nlp.lab.runs.ledger import Dataset

SARCASM_TRAIN = 20_000  # of 26,709: the split of row 22


@dataclass(frozen=True)
class LabeledData(Checked):
    """Which texts are read.

    Attributes:
        corpus: a real one, or generated `reviews` or `headlines`.
        size: texts that a generator draws to learn from, and half as many more to report on; a real
            corpus is read whole.
        validation: texts of those to learn from that are kept aside to choose by; 0 for none.
        line_breaks: keep the publisher's `<br />`, which a tokenizer takes for the word *br*.
    """

    corpus: Literal["imdb", "sarcasm", "nsmc", "reviews", "headlines"]
    size: Count = 0
    validation: Count = 0
    line_breaks: bool = True


@dataclass(frozen=True)
class LabeledTexts:
    """Texts, and the class of each: 0 or 1 (N,)."""

    texts: list[str]
    labels: Int[np.ndarray, " N"]

    def pick(self, rows: Int[np.ndarray, " M"] | slice) -> "LabeledTexts":
        """Return some of them, in this order."""
        rows = np.arange(len(self.texts))[rows]
        return LabeledTexts([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True)
class LabeledParts:
    """A corpus in two parts.

    Attributes:
        train: to learn from, shuffled once and for all where the publisher sorted it by class.
        test: to report on.
        dataset: name, and SHA-256 of each part's texts and labels as they were read.
        optimum: the highest accuracy that any model can reach, where it is known.
        bag_of_words_optimum: the same for models that see no order, where it is known.
    """

    train: LabeledTexts
    test: LabeledTexts
    dataset: Dataset
    optimum: float | None = None
    bag_of_words_optimum: float | None = None


def read_labeled(data: LabeledData) -> LabeledParts:
    """Read a real corpus or draw from a generator.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    optima: tuple[float, ...] = ()
    if data.corpus == "imdb":
        corpus = corpora.load("imdb")
        # The publisher sorts by class; a split by position needs them mixed.
        order = np.random.default_rng(0).permutation(len(corpus.train.texts))
        train = LabeledTexts(corpus.train.texts, corpus.train.labels).pick(order)
        test = LabeledTexts(corpus.test.texts, corpus.test.labels)
    elif data.corpus == "nsmc":
        reviews = corpora.load("nsmc")
        train = LabeledTexts(reviews.train.texts, reviews.train.labels)
        test = LabeledTexts(reviews.test.texts, reviews.test.labels)
    elif data.corpus == "sarcasm":
        headlines = corpora.load("sarcasm")
        train, test = _cut(LabeledTexts(headlines.texts, headlines.labels), SARCASM_TRAIN)
    else:
        generator = Reviews() if data.corpus == "reviews" else Headlines()
        texts, labels = generator.sample(data.size + data.size // 2, seed=0)
        train, test = _cut(LabeledTexts(texts, labels.astype(np.int64)), data.size)
        optima = (generator.optimum("accuracy").value,)
        if data.corpus == "reviews":
            optima += (generator.bag_of_words_optimum().value,)
    dataset = Dataset(data.corpus, {"train": _digest(train), "test": _digest(test)})
    if not data.line_breaks:
        train, test = (
            LabeledTexts(without_line_breaks(part.texts), part.labels) for part in (train, test)
        )
    return LabeledParts(train, test, dataset, *optima)


def without_line_breaks(texts: list[str]) -> list[str]:
    """Return the texts with a blank for each `<br />`."""
    return [text.replace("<br />", " ") for text in texts]


def _cut(whole: LabeledTexts, n: int) -> tuple[LabeledTexts, LabeledTexts]:
    return whole.pick(slice(n)), whole.pick(slice(n, None))


def _digest(part: LabeledTexts) -> str:
    lines = (f"{y}\t{x}\n" for x, y in zip(part.texts, part.labels, strict=True))
    return sha256("".join(lines))
