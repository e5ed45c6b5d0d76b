"""SQuAD 1.1: questions that people asked about paragraphs of Wikipedia."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.files import DamagedFile


class SquadAnswer(NamedTuple):
    """A piece of a paragraph.

    Attributes:
        start: the character that it begins with.
        text: the piece.
    """

    start: int
    text: str


class SquadQuestion(NamedTuple):
    """A question, and the answers that people marked for it.

    Attributes:
        text: of the question.
        answers: one or several, often the same.
        ambiguous: whether the text of an answer stands in the paragraph more than once, so that
            a start may have been guessed.
    """

    text: str
    answers: list[SquadAnswer]
    ambiguous: bool


class SquadParagraph(NamedTuple):
    """A paragraph of an article and the questions about it."""

    text: str
    questions: list[SquadQuestion]


@dataclass(frozen=True)
class SquadArticle:
    """An article: its title and its paragraphs.

    Source: Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (2016).
    """

    title: str
    paragraphs: list[SquadParagraph]


def read_squad(paths: Mapping[str, Path]) -> list[SquadArticle]:
    """Parse the articles of a file of SQuAD 1.1, in its order.

    Raises:
        DamagedFile: if it is no JSON of that form, or an answer does not stand where it should.
    """
    path = paths["questions"]
    with open_text(path) as file:
        text = file.read()
    try:
        return [
            SquadArticle(article["title"], [_paragraph(each) for each in article["paragraphs"]])
            for article in json.loads(text)["data"]
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise DamagedFile(
            f"{path} is not of SQuAD's form ({type(error).__name__}: {error}). Fetch it again"
        ) from error


def _paragraph(found: Mapping[str, Any]) -> SquadParagraph:
    context = found["context"]
    questions = []
    for each in found["qas"]:
        answers = [SquadAnswer(a["answer_start"], a["text"]) for a in each["answers"]]
        for start, text in answers:
            if not text or start < 0 or not context.startswith(text, start):
                raise ValueError(f"the answer {text[:40]!r} does not stand at {start}")
        if not answers:
            raise ValueError(f"the question {each['question'][:40]!r} has no answer")
        again = any(context.find(text, context.find(text) + 1) >= 0 for _, text in answers)
        questions.append(SquadQuestion(each["question"], answers, again))
    return SquadParagraph(context, questions)


CORPUS = Corpus(
    name="squad",
    title="SQuAD 1.1, the development part: questions about 48 articles of Wikipedia",
    parts=(
        Part(
            "questions",
            (
                Variant(
                    "upstream",
                    "squad/dev-v1.1.json",
                    "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9",
                    4_854_279,
                    "the file as published",
                    ("https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v1.1.json",),
                ),
                Variant(
                    "reconstructed",
                    "squad/dev-v1.1.reconstructed.json.gz",
                    "d8c72971285989b6e6263aeb1c7a322bcd755b8e3c822af0bd91ceaf07fce626",
                    1_033_565,
                    "the same paragraphs, questions and answers, put together from the pages of "
                    "the data set's site; where the text of an answer stands in its paragraph "
                    "more than once, the start is a guess",
                ),
            ),
        ),
    ),
    read=read_squad,
    license="CC BY-SA 4.0",
    citation="Rajpurkar, Zhang, Lopyrev & Liang (2016), SQuAD: 100,000+ questions for machine "
    "comprehension of text, EMNLP",
    generator="stories",
)
