"""Sentences to learn word vectors from, what the vectors are asked, and gensim as the peer."""

import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from textbook_nlp.data import corpora
from textbook_nlp.data.generators import Planted
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.text_streams import lines
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.fast_word2vec import Architecture
from textbook_nlp.vectors.scores import Analogy, score_analogies, score_similarity

Pairs = Sequence[tuple[str, str, float]]
# The four questions of the source's own evaluation, a is to b as c is to d.
SOURCE_ANALOGIES: tuple[Analogy, ...] = (
    ("king", "man", "queen", "woman"),
    ("take", "took", "go", "went"),
    ("car", "cars", "child", "children"),
    ("good", "better", "bad", "worse"),
)


class PeerMissing(RuntimeError):
    """The library gensim is not installed, and this experiment compares with it."""


@dataclass(frozen=True)
class WordData(Checked):
    """Which sentences are read.

    Attributes:
        corpus: the Penn Treebank, or generated sentences with planted meaning.
        sentences: how many to draw or to read; 0 for all of the Penn Treebank.
    """

    corpus: Literal["ptb", "planted"]
    sentences: Count = 0


@dataclass(frozen=True)
class QuestionedText:
    """Sentences to learn from, and what the vectors are asked.

    Attributes:
        sentences: lists of words.
        pairs: name -> pairs of words with a score.
        analogies: section -> questions.
        dataset: name and SHA-256.
    """

    sentences: list[list[str]]
    pairs: Mapping[str, Pairs]
    analogies: Mapping[str, Sequence[Analogy]]
    dataset: Dataset


def read_words(data: WordData, seed: int) -> QuestionedText:
    """Draw sentences with planted meaning (the seed draws them), or read the Penn Treebank's.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
    """
    pairs: dict[str, Pairs]
    if data.corpus == "planted":
        planted = Planted()
        sentences = planted.sample(data.sentences, seed)
        pairs, analogies = {"planted": planted.similarities()}, planted.analogies()
        digest = sha256(lines(planted.sample(data.sentences, 0)))  # the rules, whatever the seed
    else:
        sentences = corpora.load("ptb").train[: data.sentences or None]
        wordsim = corpora.load("wordsim353")
        pairs = {
            "wordsim353": wordsim,
            "wordsim353_dev": wordsim[::2],  # to choose on; the other half is for reports
            "wordsim353_test": wordsim[1::2],
            "simlex999": corpora.load("simlex999"),
        }
        analogies = corpora.load("analogies")
        digest = sha256(lines(sentences))
    return QuestionedText(sentences, pairs, analogies, Dataset(data.corpus, {"sentences": digest}))


def known_pairs(pairs: Pairs, known: Container[str]) -> Pairs:
    """Return the pairs of which both words are known, in lower case."""
    lowered = [(a.lower(), b.lower(), score) for a, b, score in pairs]
    return [(a, b, score) for a, b, score in lowered if a in known and b in known]


def ask(vectors: Embeddings, questioned: QuestionedText) -> dict[str, float | int]:
    """Return rank correlations and analogies, each analogy measure by raw dot and by cosine.

    `analogies_at_rank_1` ranks by the raw dot product, as the source does.
    """
    metrics: dict[str, float | int] = {}
    for name, pairs in questioned.pairs.items():
        score = score_similarity(vectors, pairs)
        metrics[f"{name}_rho"] = score.rho
        metrics[f"{name}_coverage"] = score.used / score.total
    own = {"source": SOURCE_ANALOGIES}
    for suffix, method in (("", "dot"), ("_cosine", "cosine")):
        right = score_analogies(vectors, own, None, method).correct
        metrics[f"analogies_at_rank_1{suffix}"] = right
        every = score_analogies(vectors, questioned.analogies, None, method)
        metrics[f"analogy_accuracy{suffix}"] = every.accuracy
    metrics["analogies_used"] = every.used
    return metrics


def train_gensim(
    sentences: Sequence[Sequence[str]],
    *,
    model: Architecture,
    embedding_size: int,
    window: int,
    negatives: int,
    epochs: int,
    seed: int,
) -> tuple[Embeddings, float]:
    """Train gensim's word2vec on one thread: windows never shrunk, no token left out.

    Returns:
        The vectors, and the CPU seconds from sentences to vectors.

    Raises:
        PeerMissing: if gensim is not installed.
    """
    try:
        from gensim.models import Word2Vec  # noqa: PLC0415 - a peer, not a dependency
    except ImportError as error:
        raise PeerMissing(
            "this experiment compares with gensim, which is not installed: pip install gensim"
        ) from error
    start = time.process_time()
    trained = Word2Vec(
        sentences,
        sg=int(model == "skip_gram"),
        vector_size=embedding_size,
        window=window,
        negative=negatives,
        epochs=epochs,
        seed=seed + 1,  # 0 is not a seed of gensim's
        min_count=1,
        shrink_windows=False,
        sample=0,
        workers=1,
    ).wv
    seconds = time.process_time() - start
    return Embeddings(trained.index_to_key, trained.vectors), seconds
