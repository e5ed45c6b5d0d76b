"""What each way of cutting text costs: vocabulary, unknown tokens, length and CPU seconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from textbook_nlp.data import corpora
from textbook_nlp.data.generators.headlines import Headlines
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.ledger import Goal
from textbook_nlp.text import (
    BytePairTokenizer,
    CharacterTokenizer,
    JamoTokenizer,
    SyllableTokenizer,
    Vocabulary,
    WordTokenizer,
)

SARCASM_TRAIN = 20_000  # of 26,709, the split of row 22
Tokenize = Callable[[str], list[str]]
Learn = Callable[[Sequence[str]], tuple[Tokenize, Vocabulary]]


@dataclass(frozen=True)
class Configuration:
    """What a run measures.

    Attributes:
        corpora: ``headlines`` (generated) or ``sarcasm and nsmc``.
        texts: headlines to draw, of which a fifth is held out, or reviews to learn from; 0 for all.
        words: the size of the limited word vocabulary.
        smallest, middle, largest: sizes of the subword vocabularies.
    """

    corpora: str
    texts: int
    words: int
    smallest: int
    middle: int
    largest: int


@dataclass(frozen=True)
class Texts:
    """The part that a vocabulary is learned from, and the part that it meets afterwards."""

    train: list[str]
    held_out: list[str]


def read(configuration: Configuration, seed: int) -> dict[str, Texts]:
    """Draw or read the texts of a configuration, by the name of the corpus.

    The seed draws the headlines; the real corpora are split as published, so it changes nothing.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    if configuration.corpora == "headlines":
        texts = Headlines().sample(configuration.texts, seed).texts
        cut = len(texts) * 4 // 5
        return {"headlines": Texts(texts[:cut], texts[cut:])}
    sarcasm = corpora.load("sarcasm").texts
    nsmc = corpora.load("nsmc")
    return {
        "sarcasm": Texts(sarcasm[:SARCASM_TRAIN], sarcasm[SARCASM_TRAIN:]),
        "nsmc": Texts(nsmc.train.texts[: configuration.texts or None], nsmc.test.texts),
    }


def whole_words(size: int | None = None) -> Learn:
    """Cut into words; keep all that were met, or the most frequent."""
    return _numbered(WordTokenizer().tokenize, size)


def subwords(size: int) -> Learn:
    """Learn a byte-pair vocabulary of `size` tokens over the bytes of UTF-8."""

    def learn(texts: Sequence[str]) -> tuple[Tokenize, Vocabulary]:
        tokenizer = BytePairTokenizer.fit(texts, vocabulary_size=size, style="bytes")
        return tokenizer.tokenize, tokenizer.vocabulary

    return learn


def _numbered(tokenize: Tokenize, size: int | None = None) -> Learn:
    """Number the tokens that a fixed rule cuts."""
    return lambda texts: (tokenize, Vocabulary.fit(map(tokenize, texts), size))


def levels(configuration: Configuration, name: str) -> dict[str, Learn]:
    """Return every way of cutting the corpus `name`."""
    chosen = {
        "word": whole_words(),
        f"word_{configuration.words}": whole_words(configuration.words),
    }
    for size in (configuration.smallest, configuration.middle, configuration.largest):
        chosen[f"subword_{size}"] = subwords(size)
    chosen["character"] = _numbered(CharacterTokenizer().tokenize)
    if name == "nsmc":
        chosen["syllable"] = _numbered(SyllableTokenizer().tokenize)
        chosen["jamo"] = _numbered(JamoTokenizer().tokenize)
        chosen["keyboard"] = _numbered(JamoTokenizer("keyboard").tokenize)
    return chosen


def measure(texts: Texts, learn: Learn) -> dict[str, float | int]:
    """Learn a vocabulary from one part and encode the other with it.

    Returns:
        ``vocabulary``: V, specials included; ``unknown``: share of the held-out tokens that are
        ``<unk>``; ``tokens_per_word``: held-out tokens for each run of visible characters;
        ``learn_cpu_seconds`` and ``encode_cpu_seconds``.
    """
    start = time.process_time()
    tokenize, vocabulary = learn(texts.train)
    learned = time.process_time()
    ids = [vocabulary.encode(tokenize(text)) for text in texts.held_out]
    encoded = time.process_time()
    tokens = sum(map(len, ids))
    unknown = sum(sequence.count(vocabulary.index["<unk>"]) for sequence in ids)
    return {
        "vocabulary": len(vocabulary),
        "unknown": unknown / tokens,
        "tokens_per_word": tokens / sum(len(text.split()) for text in texts.held_out),
        "learn_cpu_seconds": learned - start,
        "encode_cpu_seconds": encoded - learned,
    }


def run(configuration: Configuration, setting: Setting) -> Result:
    """Measure every way of cutting every corpus."""
    metrics = {}
    hashes = {}
    for name, texts in read(configuration, setting.seed).items():
        for part in ("train", "held_out"):
            content = "".join(text + "\n" for text in getattr(texts, part))
            hashes[f"{name}_{part}"] = sha256(content.encode()).hexdigest()
        for level, learn in levels(configuration, name).items():
            for metric, value in measure(texts, learn).items():
                metrics[f"{name}_{level}_{metric}"] = value
    return Result(metrics, {}, {"name": configuration.corpora, "sha256": hashes})


FULL = Configuration(
    corpora="sarcasm and nsmc",
    texts=0,
    words=10_000,
    smallest=1_000,
    middle=4_000,
    largest=16_000,
)

EXPERIMENT = Experiment(
    name="tokenization",
    title="Words, subwords and characters: what each way of cutting text costs",
    row=None,
    dataset="sarcasm and nsmc",
    goals=tuple(
        Goal(f"{corpus}_{level}_{metric}", "measure", None, None, None, unit)
        for corpus in ("sarcasm", "nsmc")
        for level in ("word_10000", "subword_4000", "character")
        for metric, unit in (("unknown", "share of tokens"), ("tokens_per_word", "tokens a word"))
    ),
    configurations={
        "small": {"ours": Configuration("headlines", 5_000, 200, 300, 400, 600)},
        "medium": {"ours": Configuration("sarcasm and nsmc", 15_000, 10_000, 1_000, 4_000, 16_000)},
        "full": {"ours": FULL},
    },
    expected={
        "small": "2 seconds on a CPU",
        "medium": "a minute on one CPU core",
        "full": "3 minutes on one CPU core",
    },
    run=run,
)
