"""Texts, what in them is asked for, and the questions: read, split, cut, numbered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Stories
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count, Size
from textbook_nlp.lab.runs.ledger import Dataset

TEST = 8  # articles to report on, and as many to choose by
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class MarkedData(Checked):
    """Which texts are read.

    Attributes:
        corpus: SQuAD's development part, split by article, or generated stories.
        size: stories to learn from; of a real corpus all are read.
        length: tokens of a paragraph that are kept; what asks for one behind is left out.
        unit: what is a text: a paragraph, or each of its sentences. Of the paragraphs the same
            tokens and the same questions are kept either way.
    """

    corpus: Literal["squad", "stories"]
    size: Count = 0
    length: Size = 150
    unit: Literal["paragraph", "sentence"] = "paragraph"


@dataclass(frozen=True)
class MarkedText:
    """A text and what was asked about it.

    Attributes:
        tokens: with their capitals.
        questions: tokens in small letters of all that ask for a piece, by where it begins and
            where it ends.
    """

    tokens: list[str]
    questions: dict[tuple[int, int], list[list[str]]]

    @property
    def wanted(self) -> Bool[np.ndarray, " S"]:
        """Which tokens stand in a piece that was asked for."""
        wanted = np.zeros(len(self.tokens), dtype=bool)
        for start, end in self.questions:
            wanted[start:end] = True
        return wanted


@dataclass(frozen=True)
class MarkedParts:
    """The texts in three parts.

    Attributes:
        train: to learn from.
        validation: to choose by.
        test: to report on.
        dataset: name, and SHA-256 of all texts and questions, before they are cut.
    """

    train: list[MarkedText]
    validation: list[MarkedText]
    test: list[MarkedText]
    dataset: Dataset


def read_marked(data: MarkedData) -> MarkedParts:
    """Read or draw texts and split them; articles that are reported on were not learned from.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    if data.corpus == "stories":
        sizes = data.size, data.size // 5, data.size // 5
        parts = [_told(size, seed) for seed, size in enumerate(sizes)]
        read = [f"{text.tokens}\t{text.questions}\n" for part in parts for text in part]
    else:
        articles = corpora.load("squad")
        order = np.random.default_rng(0).permutation(len(articles))
        cut = [order[2 * TEST :], order[:TEST], order[TEST : 2 * TEST]]
        parts = [[t for i in rows for t in _of_article(articles[i], data)] for rows in cut]
        read = [f"{p.text}\t{_asked(p)}\n" for i in order for p in articles[i].paragraphs]
    return MarkedParts(*parts, Dataset(data.corpus, {"texts": sha256("".join(read))}))


def tokens_of(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Cut a text into words and marks; return them, and where each begins and ends."""
    found = list(_TOKEN.finditer(text))
    return [one.group() for one in found], [one.span() for one in found]


def sentence_ends(tokens: Sequence[str]) -> list[int]:
    """Return the position behind each sentence: a full stop before a capital, and the end."""
    ends = [
        i
        for i in range(2, len(tokens))
        if tokens[i][0].isupper() and tokens[i - 1] in ".?!" and len(tokens[i - 2]) > 2
    ]
    return [*ends, len(tokens)]


def _told(size: int, seed: int) -> list[MarkedText]:
    """Stories with the question that was asked of each."""
    found = []
    for words, answers, asked in Stories().sample(size, seed):
        start, end, _, _, question = answers[asked]
        found.append(MarkedText(words, {(start, end): [question]}))
    return found


def _asked(paragraph: corpora.SquadParagraph) -> list:
    """The questions that are read, each with its first answer."""
    return [(text, answers[0]) for text, answers, ambiguous in paragraph.questions if not ambiguous]


def _of_article(article: corpora.SquadArticle, data: MarkedData) -> Iterator[MarkedText]:
    """Its paragraphs, or their sentences; some of them without a question.

    Left out are questions whose answer may stand in several places, lies behind what is kept, or
    goes over the end of a sentence.
    """
    for paragraph in article.paragraphs:
        tokens, spans = tokens_of(paragraph.text)
        tokens, spans = tokens[: data.length], spans[: data.length]
        ends = sentence_ends(tokens)
        starts = [0, *ends[:-1]]
        questions: dict[tuple[int, int], list[list[str]]] = {}
        for text, (first, words) in _asked(paragraph):
            covered = [i for i, (a, b) in enumerate(spans) if a < first + len(words) and b > first]
            whole = covered and spans[-1][1] >= first + len(words)
            if not whole or any(covered[0] < end <= covered[-1] for end in ends):
                continue
            asked = tokens_of(text.lower())[0]
            questions.setdefault((covered[0], covered[-1] + 1), []).append(asked)
        if data.unit == "paragraph":
            starts, ends = [0], [len(tokens)]
        for start, end in zip(starts, ends, strict=True):
            own = {
                (a - start, b - start): asked
                for (a, b), asked in questions.items()
                if start <= a < end
            }
            yield MarkedText(tokens[start:end], own)
