"""Measure what each way of cutting text costs: vocabulary, unknown tokens, length, CPU seconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Headlines
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.labeled_texts import SARCASM_TRAIN
from textbook_nlp.text import (
    BytePairTokenizer,
    CharacterTokenizer,
    JamoTokenizer,
    SyllableTokenizer,
    Vocabulary,
    WordTokenizer,
)

Tokenize = Callable[[str], list[str]]
Learn = Callable[[Sequence[str]], tuple[Tokenize, Vocabulary]]


@dataclass(frozen=True)
class Cutting(Checked):
    """What a run measures.

    Attributes:
        corpora: `headlines` are generated.
        texts: headlines to draw, of which a fifth is not learned from, or reviews to learn from; 0
            for all.
        words: the size of the limited word vocabulary.
        subwords: sizes of the subword vocabularies.
    """

    corpora: Literal["headlines", "sarcasm and nsmc"]
    texts: Count
    words: Size
    subwords: tuple[Size, ...]


@dataclass(frozen=True)
class CutTexts:
    """The part that a vocabulary is learned from, and the part that it meets afterwards."""

    train: list[str]
    validation: list[str]


def read(configuration: Cutting, seed: int) -> dict[str, CutTexts]:
    """Draw or read the texts of a configuration, by the name of the corpus.

    The seed draws the headlines; the real corpora are split as published, so it changes nothing.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    if configuration.corpora == "headlines":
        texts = Headlines().sample(configuration.texts, seed).texts
        cut = len(texts) * 4 // 5
        return {"headlines": CutTexts(texts[:cut], texts[cut:])}
    sarcasm, nsmc = corpora.load("sarcasm").texts, corpora.load("nsmc")
    return {
        "sarcasm": CutTexts(sarcasm[:SARCASM_TRAIN], sarcasm[SARCASM_TRAIN:]),
        "nsmc": CutTexts(nsmc.train.texts[: configuration.texts or None], nsmc.test.texts),
    }


def whole_words(vocabulary_size: int | None = None) -> Learn:
    """Cut into words; keep all that were met, or the most frequent."""
    return _numbered(WordTokenizer().tokenize, vocabulary_size)


def subwords(vocabulary_size: int) -> Learn:
    """Learn a byte-pair vocabulary over the bytes of UTF-8."""

    def learn(texts: Sequence[str]) -> tuple[Tokenize, Vocabulary]:
        tokenizer = BytePairTokenizer.fit(texts, vocabulary_size=vocabulary_size, style="bytes")
        return tokenizer.tokenize, tokenizer.vocabulary

    return learn


def _numbered(tokenize: Tokenize, vocabulary_size: int | None = None) -> Learn:
    """Number the tokens that a fixed rule cuts."""
    return lambda texts: (tokenize, Vocabulary.fit(map(tokenize, texts), vocabulary_size))


def levels(configuration: Cutting, name: str) -> dict[str, Learn]:
    """Return every way of cutting the corpus `name`."""
    chosen = {
        "word": whole_words(),
        f"word_{configuration.words}": whole_words(configuration.words),
        **{f"subword_{size}": subwords(size) for size in configuration.subwords},
        "character": _numbered(CharacterTokenizer().tokenize),
    }
    if name == "nsmc":
        chosen["syllable"] = _numbered(SyllableTokenizer().tokenize)
        chosen["jamo"] = _numbered(JamoTokenizer().tokenize)
        chosen["keyboard"] = _numbered(JamoTokenizer("keyboard").tokenize)
    return chosen


def measure_cut(parts: CutTexts, learn: Learn) -> dict[str, float | int]:
    """Learn a vocabulary from one part and encode the other with it.

    Returns:
        `vocabulary`: V, specials included; `unknown`: share of the new tokens that are `<unk>`;
        `tokens_per_word`: new tokens for each run of visible characters; `learn_cpu_seconds` and
        `encode_cpu_seconds`.
    """
    start = time.process_time()
    tokenize, vocabulary = learn(parts.train)
    learned = time.process_time()
    ids = [vocabulary.encode(tokenize(text)) for text in parts.validation]
    encoded = time.process_time()
    length = sum(map(len, ids))
    unknown = sum(sequence.count(vocabulary.index["<unk>"]) for sequence in ids)
    return {
        "vocabulary": len(vocabulary),
        "unknown": unknown / length,
        "tokens_per_word": length / sum(len(text.split()) for text in parts.validation),
        "learn_cpu_seconds": learned - start,
        "encode_cpu_seconds": encoded - learned,
    }


def run(configuration: Cutting, setting: Setting) -> Measurement:
    """Measure every way of cutting every corpus."""
    metrics, hashes = {}, {}
    for name, texts in read(configuration, 0).items():  # of generated texts the rules: of seed 0
        for part in ("train", "validation"):
            hashes[f"{name}_{part}"] = sha256("".join(text + "\n" for text in getattr(texts, part)))
    for name, texts in read(configuration, setting.seed).items():
        for level, learn in levels(configuration, name).items():
            for metric, value in measure_cut(texts, learn).items():
                metrics[f"{name}_{level}_{metric}"] = value
    return Measurement(metrics, {}, Dataset(configuration.corpora, hashes))


TASK = Task(run, on_cpu=True)
