"""Two files of questions with their answers: sums of two numbers, and dates to be rewritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textbook_nlp.data.corpora.corpus import Corpus, Part, plain_and_compressed
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.data.generators.addition import QuestionsAndAnswers
from textbook_nlp.files import DamagedFile

MARK = "_"  # stands between a question and its answer


@dataclass(frozen=True)
class QuestionFile:
    """Questions and answers in the order of the file, all filled up with blanks to one width.

    Attributes:
        pairs: without the `_` that stands in the file between a question and its answer.

    Source: Saito, "Deep Learning from Scratch 2" (2018), chapters 7 and 8.
    """

    pairs: QuestionsAndAnswers

    def split(self, seed: int = 1984) -> tuple[QuestionsAndAnswers, QuestionsAndAnswers]:
        """Shuffle as the source does; return the part to learn from, and a tenth to test on.

        With the dates, 28 % of the tenth are in the other part as well, word for word:
        `test.without(train)` is a test of what was not seen.
        """
        order = np.arange(len(self.pairs.questions))
        np.random.RandomState(seed).shuffle(order)  # the source's own order
        cut = len(order) - len(order) // 10
        return self.pairs.take(order[:cut].tolist()), self.pairs.take(order[cut:].tolist())


def read_question_file(paths: Mapping[str, Path]) -> QuestionFile:
    """Parse a file of questions with answers: `16+75  _91  ` a line.

    Raises:
        DamagedFile: if a line has not one `_`, or another width than the first, or the file no
            lines.
    """
    path = paths["questions"]
    with open_text(path) as file:
        lines = [line.rstrip("\r\n").split(MARK) for line in file]
    widths = [len(part) for part in lines[0]] if lines else []
    wrong = (i for i, parts in enumerate(lines, start=1) if [len(p) for p in parts] != widths)
    number = next(wrong, None)
    if len(widths) != 2 or number is not None:
        raise DamagedFile(
            f"{path}, line {number or 1}: expected a question and an answer with {MARK!r} between "
            "them, as wide as in the first line"
        )
    questions, answers = zip(*lines, strict=True)
    return QuestionFile(QuestionsAndAnswers(list(questions), list(answers)))


_PLACE = (
    "https://raw.githubusercontent.com/oreilly-japan/deep-learning-from-scratch-2/master/dataset"
)


def _corpus(
    name: str, title: str, generator: str, plain: tuple[str, int], compressed: tuple[str, int]
) -> Corpus:
    variants = plain_and_compressed(
        f"dlfs2/{name}.txt", (f"{_PLACE}/{name}.txt",), plain, compressed
    )
    return Corpus(
        name=name,
        title=title,
        parts=(Part("questions", variants),),
        read=read_question_file,
        license="MIT, as the repository of the book",
        citation="Saito (2018), Deep Learning from Scratch 2, O'Reilly Japan",
        generator=generator,
    )


ADDITION = _corpus(
    "addition",
    "50,000 additions of up to three digits",
    "additions",
    ("34e0746f5014c11311c9452ee9050bf14e38eca44ec4aaf4d81eba2b38674009", 650_000),
    ("c6c70e5d30759b3f10a19c625a7b225345c3af631b5ae3390f58f949cf8579a6", 279_403),
)
DATE = _corpus(
    "date",
    "50,000 dates in four forms",
    "dates",
    ("62e66a301ce8537868e725512d2a45663fc366526b7e42028cb703bda2b1c79a", 2_050_000),
    ("acb8147b9b2aa20fc0e099e7f41ec5fb7d5e059b071d764b4828397c2b92b2b4", 414_398),
)
