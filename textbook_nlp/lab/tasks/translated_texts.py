"""Sentences with their translations: drawn, cut into tokens, numbered, in three parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from textbook_nlp.data.generators import EnglishKorean
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Size
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.paired_texts import PairIds
from textbook_nlp.text import Vocabulary, pad

SPECIALS = ("<pad>", "<start>", "<end>", "<unk>")
PADDING_ID, START_ID, END_ID, UNKNOWN_ID = range(4)


@dataclass(frozen=True)
class TranslationData(Checked):
    """Which sentences are read, and how they are divided.

    Attributes:
        corpus: a generator.
        size: pairs that it draws; of equal ones the first is kept, so that no sentence stands in
            two parts.
        validation: pairs of those to watch the training by.
        test: pairs of those to report on.
    """

    corpus: Literal["english_korean"]
    size: Size
    validation: Size
    test: Size


@dataclass(frozen=True)
class Translations:
    """Sentences and translations in three parts, as ids that padding fills up at the end.

    Attributes:
        train, validation, test: sources (N, S), which end with `END_ID`; targets (N, T), which
            begin with `START_ID` too.
        source, target: the vocabularies.
        dataset: name, and SHA-256 of all pairs as they were read.
    """

    train: PairIds
    validation: PairIds
    test: PairIds
    source: Vocabulary
    target: Vocabulary
    dataset: Dataset


def read_translations(data: TranslationData) -> Translations:
    """Draw the pairs and number their words; the parts to judge by are the last.

    Raises:
        ValueError: if so many are kept to judge by that none is left to learn from.
    """
    drawn = EnglishKorean().sample(data.size, seed=0)
    pairs = list(dict.fromkeys((tuple(pair.english), tuple(pair.korean)) for pair in drawn))
    kept = len(pairs) - data.validation - data.test
    if kept < 1:
        raise ValueError(
            f"validation and test are {data.validation} and {data.test} of {len(pairs)} different "
            "pairs: lower them"
        )
    sources, targets = (list(side) for side in zip(*pairs, strict=True))
    vocabularies = [
        Vocabulary.fit(side[:kept], specials=SPECIALS, unknown=SPECIALS[UNKNOWN_ID])
        for side in (sources, targets)
    ]
    ids = PairIds(rows_of(sources, vocabularies[0]), rows_of(targets, vocabularies[1], start=True))
    cut = kept + data.validation
    lines = (f"{' '.join(source)}\t{' '.join(target)}\n" for source, target in pairs)
    return Translations(
        ids.pick(slice(kept)),
        ids.pick(slice(kept, cut)),
        ids.pick(slice(cut, None)),
        *vocabularies,
        Dataset(data.corpus, {"pairs": sha256("".join(lines))}),
    )


def rows_of(
    sentences: Sequence[Sequence[str]], vocabulary: Vocabulary, *, start: bool = False
) -> Tensor:
    """Return the ids of tokenized sentences (N, T), each with its end and, if wanted, a start."""
    first = [START_ID] if start else []
    return torch.from_numpy(
        pad([[*first, *vocabulary.encode(words), END_ID] for words in sentences])
    )
