"""The text of a language-model experiment as streams of ids, and what exactly was read."""

import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Grammar
from textbook_nlp.text import Vocabulary, stream


@dataclass(frozen=True)
class Streams:
    """Three streams over one vocabulary, each sentence followed by ``<eos>``.

    Attributes:
        train: ids to learn from.
        valid: ids to choose by.
        test: ids to report on.
        vocabulary: ids by first appearance in the training part; of the grammar, all its words.
        dataset: name, and SHA-256 of each part's text.
        optimum: the lowest perplexity that any model can reach, where it is known.
    """

    train: Int[Tensor, " N"]
    valid: Int[Tensor, " M"]
    test: Int[Tensor, " K"]
    vocabulary: Vocabulary
    dataset: dict[str, Any]
    optimum: float | None = None


def penn_treebank() -> Streams:
    """Read the Penn Treebank.

    Raises:
        DataError: if it is neither here nor to be downloaded, or altered.
    """
    paths = corpora.fetch("ptb")
    corpus = corpora.load("ptb")
    hashes = {name: _sha256(_unpacked(path)) for name, path in paths.items()}
    words = dict.fromkeys(word for sentence in corpus.train for word in [*sentence, "<eos>"])
    return _streams("ptb", words, corpus.train, corpus.validation, corpus.test, hashes)


def grammar(train: int, held_out: int = 500, seed: int = 0) -> Streams:
    """Draw sentences of the embedded grammar: so many to learn from, and twice `held_out` more."""
    generator = Grammar()
    sentences = generator.sample(train + 2 * held_out, seed)
    parts = {
        "train": sentences[:train],
        "valid": sentences[train : train + held_out],
        "test": sentences[train + held_out :],
    }
    hashes = {name: _sha256(_text(part).encode()) for name, part in parts.items()}
    optimum = generator.optimum("perplexity").value
    words = [*generator.words, "<eos>"]
    return _streams("grammar", words, **parts, hashes=hashes, optimum=optimum)


def _streams(
    name: str,
    words: Iterable[str],
    train: Sequence[Sequence[str]],
    valid: Sequence[Sequence[str]],
    test: Sequence[Sequence[str]],
    hashes: Mapping[str, str],
    optimum: float | None = None,
) -> Streams:
    vocabulary = Vocabulary(words, specials=())
    parts = (torch.from_numpy(stream(part, vocabulary)) for part in (train, valid, test))
    return Streams(*parts, vocabulary, {"name": name, "sha256": dict(hashes)}, optimum)


def _text(sentences: Sequence[Sequence[str]]) -> str:
    return "".join(" ".join(sentence) + "\n" for sentence in sentences)


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
