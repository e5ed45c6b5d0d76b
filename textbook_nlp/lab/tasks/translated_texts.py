"""Sentences with their translations: drawn or read, cut into tokens, numbered, in three parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import EnglishKorean
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count, Size
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.paired_texts import PairIds
from textbook_nlp.text import BytePairTokenizer, Vocabulary, pad
from textbook_nlp.training import tokens_13a

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
class CaptionData(Checked):
    """How much is read of Multi30k, from German into English, in small letters.

    Attributes:
        merges: of byte pairs, learned from the training part of each language.
        size: captions to learn from; 0 for all.
        judged: captions of the validation part, and of the test part; 0 for all.
    """

    merges: Size
    size: Count = 0
    judged: Count = 0


@dataclass(frozen=True)
class Translations:
    """Sentences and translations in three parts, as ids that padding fills up at the end.

    Attributes:
        train, validation, test: sources (N, S), which end with `END_ID`; targets (N, T), which
            begin with `START_ID` too.
        source, target: the vocabularies.
        dataset: name, and SHA-256 of what was read.
        tokenizer: of the targets, where they are cut into byte pairs.
    """

    train: PairIds
    validation: PairIds
    test: PairIds
    source: Vocabulary
    target: Vocabulary
    dataset: Dataset
    tokenizer: BytePairTokenizer | None = None

    def words_of(self, row: Tensor) -> list[str]:
        """Return the words that a row of ids spells, up to its end."""
        ids = [i for i in row.tolist() if i not in (PADDING_ID, START_ID)]
        ids = ids[: ids.index(END_ID)] if END_ID in ids else ids
        if self.tokenizer is None:
            return self.target.decode(ids)
        return self.tokenizer.decode(ids).split()


def read_translations(data: TranslationData | CaptionData) -> Translations:
    """Read or draw the pairs, and number their tokens.

    Raises:
        DataError: if Multi30k is neither here nor to be downloaded, or altered.
        ValueError: if so many are kept to judge by that none is left to learn from.
    """
    return _captions(data) if isinstance(data, CaptionData) else _drawn(data)


def _captions(data: CaptionData) -> Translations:
    """Read Multi30k; marks are tokens of their own, as where BLEU is measured."""
    corpus = corpora.load("multi30k")
    counts = data.size or None, data.judged or None, data.judged or None
    parts = [
        [[" ".join(tokens_13a(text.lower())) for text in side[:count]] for side in part]
        for part, count in zip((corpus.train, corpus.validation, corpus.test), counts, strict=True)
    ]
    tokenizers = [
        BytePairTokenizer.fit(
            side, data.merges, style="suffix", specials=SPECIALS, unknown=SPECIALS[UNKNOWN_ID]
        )
        for side in parts[0]
    ]
    ids = [
        PairIds(
            *(
                rows_of([tokenizer.tokenize(text) for text in side], tokenizer.vocabulary, start)
                for tokenizer, side, start in zip(tokenizers, part, (False, True), strict=True)
            )
        )
        for part in parts
    ]
    lines = (
        f"{german}\t{english}\n" for part in parts for german, english in zip(*part, strict=True)
    )
    return Translations(
        *ids,
        *(tokenizer.vocabulary for tokenizer in tokenizers),
        Dataset("multi30k", {"pairs": sha256("".join(lines))}),
        tokenizers[1],
    )


def _drawn(data: TranslationData) -> Translations:
    """Draw pairs of sentences; the parts to judge by are the last."""
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
    ids = PairIds(rows_of(sources, vocabularies[0]), rows_of(targets, vocabularies[1], True))
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
    sentences: Sequence[Sequence[str]], vocabulary: Vocabulary, start: bool = False
) -> Tensor:
    """Return the ids of tokenized sentences (N, T), each with its end and, if wanted, a start."""
    first = [START_ID] if start else []
    return torch.from_numpy(
        pad([[*first, *vocabulary.encode(words), END_ID] for words in sentences])
    )
