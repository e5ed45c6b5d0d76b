"""Questions with their answers, character by character: read, split, numbered, turned around."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora import QuestionFile
from textbook_nlp.data.generators import GENERATORS, QuestionsAndAnswers
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.text import Vocabulary, turned_around

START, PADDING = "_", "<pad>"
PADDING_ID = 0


@dataclass(frozen=True)
class PairData(Checked):
    """Which questions and answers are read, and how they become ids.

    Attributes:
        corpus: one of the files of the source, or a generator.
        size: pairs that a generator draws; a real corpus is read whole.
        validation: pairs of those to learn from that are kept aside to choose an epoch by; 0 for
            none.
        reverse: turn the questions around.
        masked: take the blanks at the end of a question for padding, which the encoder skips and
            which stays at the end when the question is turned around. Otherwise they are
            characters like any other, as in the source.
    """

    corpus: Literal["addition", "date", "additions", "dates"]
    size: Count = 0
    validation: Count = 0
    reverse: bool = False
    masked: bool = False


@dataclass(frozen=True)
class PairIds:
    """Ids of questions (N, S) and of answers (N, T), which begin with `START`."""

    questions: Int[Tensor, "N S"]
    answers: Int[Tensor, "N T"]

    def pick(self, rows: Bool[np.ndarray, " N"] | slice) -> "PairIds":
        """Return some of them."""
        return PairIds(self.questions[rows], self.answers[rows])


@dataclass(frozen=True)
class PairParts:
    """The pairs in three parts.

    Attributes:
        train: to learn from.
        validation: to choose by: the test part where none is kept aside.
        test: to report on.
        leaked: (N,), which questions of the test part stand in the training part too.
        vocabulary: of the characters, numbered as they first appear.
        dataset: name, and SHA-256 of all pairs as they were read.
    """

    train: PairIds
    validation: PairIds
    test: PairIds
    leaked: Bool[np.ndarray, " N"]
    vocabulary: Vocabulary
    dataset: Dataset


def read_pairs(data: PairData) -> PairParts:
    """Read or draw pairs, shuffle them as the source does, and keep the last tenth for the test.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
        ValueError: if so many are kept aside that none is left to learn from.
    """
    if data.corpus in GENERATORS:
        file = QuestionFile(GENERATORS[data.corpus]().sample(data.size, seed=0))
    else:
        file = corpora.load(data.corpus)
    vocabulary = characters_of(file.pairs, masked=data.masked)
    learned, test = file.split()
    kept = len(learned.questions) - data.validation
    if kept < 1:
        raise ValueError(
            f"validation is {data.validation} of {len(learned.questions)} pairs to learn from: "
            "lower it"
        )
    ids, tested = (
        encode_pairs(part, vocabulary, reverse=data.reverse, masked=data.masked)
        for part in (learned, test)
    )
    seen = set(learned.questions[:kept])
    lines = (f"{q}{START}{a}\n" for q, a in zip(*file.pairs, strict=True))
    return PairParts(
        ids.pick(slice(kept)),
        ids.pick(slice(kept, None)) if data.validation else tested,
        tested,
        np.array([question in seen for question in test.questions]),
        vocabulary,
        Dataset(data.corpus, {"pairs": sha256("".join(lines))}),
    )


def characters_of(pairs: QuestionsAndAnswers, *, masked: bool) -> Vocabulary:
    """Number the characters in the order of the source's files, where `START` joins a pair.

    With a mask, padding comes before them.
    """
    joined = (f"{q}{START}{a}" for q, a in zip(*pairs, strict=True))
    seen = dict.fromkeys(character for text in joined for character in text)
    return Vocabulary(seen, specials=(PADDING,) if masked else ())


def encode_pairs(
    pairs: QuestionsAndAnswers, vocabulary: Vocabulary, *, reverse: bool, masked: bool
) -> PairIds:
    """Return the ids of questions and answers.

    Raises:
        ValueError: if a character is not in the vocabulary, or the widths differ.
    """
    questions = rows_of(pairs.questions, vocabulary)
    answers = rows_of([START + answer for answer in pairs.answers], vocabulary)
    real = None
    if masked:
        lengths = np.array([len(question.rstrip()) for question in pairs.questions])
        real = np.arange(questions.shape[1]) < lengths[:, None]
        questions = np.where(real, questions, PADDING_ID)
    if reverse:
        questions = turned_around(questions, real)
    return PairIds(torch.from_numpy(questions), torch.from_numpy(answers))


def rows_of(texts: Sequence[str], vocabulary: Vocabulary) -> Int[np.ndarray, "N T"]:
    """Return the ids of the characters of texts of one width.

    Raises:
        ValueError: if a character is not in the vocabulary, or the widths differ.
    """
    widths = {len(text) for text in texts}
    if len(widths) != 1:
        raise ValueError(f"the texts are {sorted(widths)} characters wide; expected one width")
    flat = vocabulary.encode([character for text in texts for character in text])
    return np.array(flat, dtype=np.int64).reshape(len(texts), widths.pop())
