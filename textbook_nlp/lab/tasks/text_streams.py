"""The text of a language model as streams of ids, and what exactly was read."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Grammar
from textbook_nlp.data.samples import fables
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.text import Vocabulary, WordTokenizer, stream

PARTS = ("train", "validation", "test")
WORDS = WordTokenizer(keep_filtered=True)


@dataclass(frozen=True)
class StreamData(Checked):
    """Which text is read.

    Attributes:
        corpus: the Penn Treebank, the book's fables by words, or sentences drawn from its grammar.
        sentences: of the grammar, to learn from; another text is read whole.
        validation: sentences of the grammar to choose by, and as many to report on.
    """

    corpus: Literal["ptb", "fables", "grammar"]
    sentences: Count = 0
    validation: Count = 0


@dataclass(frozen=True)
class Streams:
    """Three streams over one vocabulary, each sentence followed by `<eos>`.

    Attributes:
        train: ids to learn from.
        validation: ids to choose by.
        test: ids to report on.
        vocabulary: by first appearance in the training part; of the grammar, all its words; of the
            fables, what stands twice in the training part, and `<unk>`.
        dataset: name, and SHA-256 of each part's text.
        optimum: the lowest perplexity that any model can reach, where it is known.
    """

    train: Int[Tensor, " N"]
    validation: Int[Tensor, " M"]
    test: Int[Tensor, " K"]
    vocabulary: Vocabulary
    dataset: Dataset
    optimum: float | None = None


def read_streams(data: StreamData, seed: int = 0) -> Streams:
    """Read the Penn Treebank or the fables, or draw sentences of the grammar.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    optimum = None
    if data.corpus == "ptb":
        paths, corpus = corpora.fetch("ptb"), corpora.load("ptb")
        hashes = {name: sha256(_unpacked(path)) for name, path in paths.items()}
        vocabulary = Vocabulary(corpus.vocabulary(), specials=())
        parts = (corpus.train, corpus.validation, corpus.test)
    elif data.corpus == "fables":
        texts = [WORDS.tokenize(" ".join(fable.sentences)) for fable in fables()]
        parts = (texts[:44], texts[44:50], texts[50:])
        hashes = {name: sha256(lines(part)) for name, part in zip(PARTS, parts, strict=True)}
        vocabulary = Vocabulary.fit(parts[0], min_count=2, specials=("<unk>", "<eos>"))
    else:
        grammar, n, m = Grammar(), data.sentences, data.validation
        drawn = grammar.sample(n + 2 * m, seed)
        parts = (drawn[:n], drawn[n : n + m], drawn[n + m :])
        hashes = {name: sha256(lines(part)) for name, part in zip(PARTS, parts, strict=True)}
        vocabulary = Vocabulary([*grammar.words, "<eos>"], specials=())
        optimum = grammar.optimum("perplexity").value
    ids = (torch.from_numpy(stream(part, vocabulary)) for part in parts)
    return Streams(*ids, vocabulary, Dataset(data.corpus, hashes), optimum)


def lines(sentences: Sequence[Sequence[str]]) -> str:
    """Write tokens as text, a sentence a line: what the digest of a generated text is taken of."""
    return "".join(" ".join(sentence) + "\n" for sentence in sentences)


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
