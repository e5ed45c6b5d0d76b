"""Train word vectors by negative sampling, ask them, and ask gensim's with the same settings."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import get_args

import numpy as np
from torch import nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Count, Number, Positive, Share, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.word_questions import (
    QuestionedText,
    WordData,
    ask,
    read_words,
    train_gensim,
)
from textbook_nlp.training import Adam, History, fit
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.fast_word2vec import Architecture, fit_word2vec
from textbook_nlp.vectors.negative_sampling import NegativeSampler
from textbook_nlp.vectors.scores import score_similarity
from textbook_nlp.vectors.word2vec import Word2Vec, cbow_pairs, word2vec_batches, word2vec_loss

END = "<eos>"
Learned = tuple[Embeddings, dict[str, list[Number]], list[History]]


@dataclass(frozen=True)
class Windows(Checked):
    """What every trainer of word2vec is told.

    Attributes:
        embedding_size: E.
        window: words on each side, never shrunk.
        negatives: K.
        epochs: how many.
    """

    embedding_size: Size
    window: Size
    negatives: Size
    epochs: Size


@dataclass(frozen=True)
class ByTheBook(Checked):
    """CBOW in torch as the source has it: one stream with `<eos>`, whole windows alone, Adam.

    Attributes:
        optimizer: over both tables.
        batch_size: targets a step.
    """

    optimizer: Adam = field(default_factory=lambda: Adam(1e-3, eps=1e-7, fused=True))
    batch_size: Size = 100

    def train(self, questioned: QuestionedText, windows: Windows, setting: Setting) -> Learned:
        """Train CBOW as the source does.

        The corpus is one stream in which `<eos>` is a word, ids by first appearance; both tables
        start from N(0, 0.01²); the negatives of a target differ from each other; the last batch of
        an epoch is dropped if it is not full.
        """
        stream = [word for sentence in questioned.sentences for word in (*sentence, END)]
        index = {word: i for i, word in enumerate(dict.fromkeys(stream))}
        ids = np.array([index[word] for word in stream])
        sampler = NegativeSampler(np.bincount(ids))
        contexts, targets = cbow_pairs([ids], windows.window, whole=True)
        seed_all(setting.seed)
        model = Word2Vec(len(index), windows.embedding_size)
        for table in (model.input, model.output):
            nn.init.normal_(table.weight, std=0.01)

        def epoch(number: int):
            found = word2vec_batches(
                contexts,
                targets,
                sampler,
                batch_size=self.batch_size,
                negatives=windows.negatives,
                rng=np.random.default_rng((setting.seed, number)),
                distinct=True,
            )
            return islice(found, max(1, len(targets) // self.batch_size))

        history = fit(
            model,
            epoch,
            word2vec_loss,
            self.optimizer.of(model.parameters()),
            epochs=windows.epochs,
            checkpoint=setting.stage("cbow"),
            progress=setting.progress,
        )
        curves = {name: history.curve(name) for name in ("train_loss", "cpu_seconds")}
        vectors = Embeddings(list(index), model.input.weight.detach().numpy())
        return vectors, curves, [history]


@dataclass(frozen=True)
class FastTrainer(Checked):
    """The package's NumPy trainer, sentence by sentence, gradient descent in blocks.

    Attributes:
        model: which words predict which.
        learning_rate: at the start.
        block: the tokens of a block.
        shared: negatives that a block draws.
        subsample: threshold, 0.0 keeps every token.
    """

    model: Architecture
    learning_rate: Positive
    block: Size
    shared: Size
    subsample: Share = 0.0

    def train(self, questioned: QuestionedText, windows: Windows, setting: Setting) -> Learned:
        """Train; the curve is the rank correlation after each epoch."""
        name, pairs = next(iter(questioned.pairs.items()))
        curve: list[Number] = []
        trained = fit_word2vec(
            questioned.sentences,
            model=self.model,
            **vars(windows),
            learning_rate=self.learning_rate,
            subsample=self.subsample,
            block=self.block,
            shared=self.shared,
            seed=setting.seed,
            watch=lambda number, vectors: curve.append(score_similarity(vectors.input, pairs).rho),
        )
        return trained.input, {f"{name}_rho": curve}, []


@dataclass(frozen=True)
class LearnedVectors(Checked):
    """What a run is made of.

    Attributes:
        data: the sentences.
        windows: what both we and gensim are told.
        trainer: ours.
        peer_seeds: with how many seeds gensim is trained for comparison.
    """

    data: WordData
    windows: Windows
    trainer: ByTheBook | FastTrainer
    peer_seeds: Count = 0


def run(configuration: LearnedVectors, setting: Setting) -> Measurement:
    """Train, ask the vectors, and ask gensim's on the same text with the same settings."""
    questioned = read_words(configuration.data, setting.seed)
    windows, trainer = configuration.windows, configuration.trainer
    vectors, curves, histories = trainer.train(questioned, windows, setting)
    metrics = ask(vectors, questioned)
    model = trainer.model if isinstance(trainer, FastTrainer) else "cbow"
    peers = []
    for seed in range(configuration.peer_seeds):
        theirs, _ = train_gensim(questioned.sentences, model=model, seed=seed, **vars(windows))
        peers.append(ask(theirs, questioned))
    if peers:
        metrics |= beside_peers(metrics, peers)
    return Measurement(metrics, curves, questioned.dataset, histories)


def beside_peers(
    metrics: Mapping[str, Number], peers: list[dict[str, Number]]
) -> dict[str, Number]:
    """Return the peers' medians of what both were asked, and how far ours is above them."""
    found: dict[str, Number] = {}
    for name, value in metrics.items():
        if name.endswith("_rho") or name.startswith("analogies_at_rank_1"):
            found[f"gensim_{name}"] = median(peer[name] for peer in peers)
        if name.endswith("_rho"):
            found[f"{name}_above_gensim"] = value - found[f"gensim_{name}"]
    return found


@dataclass(frozen=True)
class Speed(Checked):
    """What ours and gensim train by turns, each with its own learning rate.

    Attributes:
        data: the sentences.
        windows: what both are told.
        peer: whether gensim is trained too.
    """

    data: WordData
    windows: Windows
    peer: bool = True


def run_speed(configuration: Speed, setting: Setting) -> Measurement:
    """Train ours and gensim's by turns; a word is a token of one epoch.

    CPU time counts from the lists of words to the finished vectors, on either side.

    Raises:
        PeerMissing: if gensim is to be trained and is not installed.
    """
    questioned = read_words(configuration.data, setting.seed)
    sentences = questioned.sentences
    words = sum(map(len, sentences)) * configuration.windows.epochs
    pairs = next(iter(questioned.pairs.values()))
    metrics: dict[str, Number] = {"words": words}
    for model in get_args(Architecture):
        same = {"model": model, "seed": setting.seed, **vars(configuration.windows)}
        start = time.process_time()
        vectors = fit_word2vec(sentences, **same).input
        speed = words / (time.process_time() - start)
        rho = score_similarity(vectors, pairs).rho
        metrics |= {f"{model}_words_per_cpu_second": speed, f"{model}_rho": rho}
        if configuration.peer:
            theirs, seconds = train_gensim(sentences, **same)
            their_rho = score_similarity(theirs, pairs).rho
            metrics |= {
                f"gensim_{model}_words_per_cpu_second": words / seconds,
                f"gensim_{model}_rho": their_rho,
                f"{model}_speed_to_gensim": speed / (words / seconds),
                f"{model}_rho_above_gensim": rho - their_rho,
            }
    return Measurement(metrics, {}, questioned.dataset)


TASK = Task(run, on_cpu=True)
SPEED = Task(run_speed, on_cpu=True)
