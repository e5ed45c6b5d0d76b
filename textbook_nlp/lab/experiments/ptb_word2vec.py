"""Row 12: CBOW with negative sampling on the Penn Treebank, as the source has it and as we do."""

from dataclasses import dataclass, replace
from itertools import islice
from statistics import median

import numpy as np
from torch import nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.experiments.word2vec_texts import Texts, ask, read, train_gensim
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.headlines import goals
from textbook_nlp.training import Adam, Checkpoint, History, fit
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.fast_word2vec import Architecture, fit_word2vec
from textbook_nlp.vectors.negative_sampling import NegativeSampler
from textbook_nlp.vectors.scores import score_similarity
from textbook_nlp.vectors.word2vec import Word2Vec, cbow_pairs, word2vec_batches, word2vec_loss

END = "<eos>"


@dataclass(frozen=True)
class Configuration:
    """What a run is made of.

    Attributes:
        corpus: ``planted`` (generated) or ``ptb``.
        sentences: how many to draw or to read; 0 for all of a real corpus.
        trainer: ``torch``, CBOW by the book: one stream with ``<eos>``, whole windows alone,
            Adam over both tables; or ``fast``, the package's NumPy trainer, sentence by sentence.
        model: ``cbow`` or ``skip_gram`` (``fast`` alone).
        size: E.
        window: words on each side.
        negatives: K.
        epochs: how many.
        learning_rate: of Adam, or of gradient descent at the start.
        batch: targets a step; of ``fast``, the tokens of a block.
        shared: negatives that a block draws; ``fast`` alone.
        subsample: threshold, 0.0 keeps every token; ``fast`` alone.
        peer_seeds: with how many seeds gensim is trained for comparison.
    """

    corpus: str
    sentences: int
    trainer: str
    model: Architecture
    size: int
    window: int
    negatives: int
    epochs: int
    learning_rate: float
    batch: int
    shared: int
    subsample: float
    peer_seeds: int


def run(configuration: Configuration, setting: Setting) -> Result:
    """Train, ask the vectors, and ask gensim's on the same text with the same settings."""
    texts = read(configuration.corpus, configuration.sentences, setting.seed)
    train = {"torch": train_by_the_book, "fast": train_fast}[configuration.trainer]
    vectors, curves, earlier = train(texts, configuration, setting)
    metrics = ask(vectors, texts)
    peers = [
        ask(_peer(texts, configuration, seed), texts) for seed in range(configuration.peer_seeds)
    ]
    for name in list(metrics) if peers else ():
        if name.endswith("_rho"):
            metrics[f"gensim_{name}"] = median(peer[name] for peer in peers)
            metrics[f"{name}_above_gensim"] = metrics[name] - metrics[f"gensim_{name}"]
    metrics |= {
        f"gensim_{name}": median(peer[name] for peer in peers)
        for name in ("analogies_at_rank_1", "analogies_at_rank_1_cosine")
        if peers
    }
    return Result(metrics, curves, texts.dataset, earlier[0], earlier[1])


def train_by_the_book(
    texts: Texts, configuration: Configuration, setting: Setting
) -> tuple[Embeddings, dict[str, list[float]], tuple[float, float]]:
    """Train CBOW as the source does.

    The corpus is one stream in which `<eos>` is a word, ids by first appearance; both tables
    start from N(0, 0.01²); the negatives of a target differ from each other; the last batch of
    an epoch is dropped if it is not full.
    """
    stream = [word for sentence in texts.sentences for word in (*sentence, END)]
    index = {word: i for i, word in enumerate(dict.fromkeys(stream))}
    ids = np.array([index[word] for word in stream])
    sampler = NegativeSampler(np.bincount(ids))
    contexts, targets = cbow_pairs([ids], configuration.window, whole=True)
    seed_all(setting.seed)
    model = Word2Vec(len(index), configuration.size)
    for table in (model.input, model.output):
        nn.init.normal_(table.weight, std=0.01)

    def epoch(number: int):
        rng = np.random.default_rng((setting.seed, number))
        B, K = configuration.batch, configuration.negatives
        found = word2vec_batches(
            contexts, targets, sampler, batch_size=B, negatives=K, rng=rng, distinct=True
        )
        return islice(found, max(1, len(targets) // B))

    history: History = fit(
        model,
        epoch,
        word2vec_loss,
        Adam(configuration.learning_rate, eps=1e-7, fused=True).of(model.parameters()),
        epochs=configuration.epochs,
        checkpoint=setting.checkpoint and Checkpoint(setting.checkpoint, setting.identity),
        progress=setting.progress,
    )
    curves = {
        "train_loss": history.curve("train_loss"),
        "cpu_seconds": history.curve("cpu_seconds"),
    }
    vectors = Embeddings(list(index), model.input.weight.detach().numpy())
    return vectors, curves, (history.earlier.cpu_seconds, history.earlier.wall_seconds)


def train_fast(
    texts: Texts, configuration: Configuration, setting: Setting
) -> tuple[Embeddings, dict[str, list[float]], tuple[float, float]]:
    """Train with the package's trainer; the curve is the rank correlation after each epoch."""
    name, pairs = next(iter(texts.pairs.items()))
    curve: list[float] = []
    trained = fit_word2vec(
        texts.sentences,
        model=configuration.model,
        embedding_size=configuration.size,
        window=configuration.window,
        negatives=configuration.negatives,
        epochs=configuration.epochs,
        learning_rate=configuration.learning_rate,
        subsample=configuration.subsample,
        block=configuration.batch,
        shared=configuration.shared,
        seed=setting.seed,
        watch=lambda number, vectors: curve.append(score_similarity(vectors.input, pairs).rho),
    )
    return trained.input, {f"{name}_rho": curve}, (0.0, 0.0)


def _peer(texts: Texts, configuration: Configuration, seed: int) -> Embeddings:
    fields = ("model", "window", "negatives", "epochs")
    settings = {name: getattr(configuration, name) for name in fields}
    return train_gensim(texts.sentences, embedding_size=configuration.size, seed=seed, **settings)[
        0
    ]


FAITHFUL = Configuration(
    corpus="ptb",
    sentences=0,
    trainer="torch",
    model="cbow",
    size=100,
    window=5,
    negatives=5,
    epochs=10,
    learning_rate=1e-3,
    batch=100,
    shared=0,
    subsample=0.0,
    peer_seeds=3,
)
# Chosen by SimLex-999 among rates from 0.025 to 0.3, blocks of 100 to 400 tokens, 20 to 100 shared
# negatives, and Adagrad or steps of limited length.
OURS = replace(FAITHFUL, trainer="fast", learning_rate=0.05, batch=100, shared=20)
PLANTED = {"corpus": "planted", "sentences": 4_000, "size": 32, "peer_seeds": 0}

EXPERIMENT = Experiment(
    name="ptb_word2vec",
    title="Word vectors: CBOW with negative sampling",
    row=12,
    dataset="ptb",
    goals=goals(12),
    configurations={
        "small": {
            "faithful": replace(FAITHFUL, **PLANTED, epochs=3),
            "ours": replace(OURS, **PLANTED, epochs=20),
        },
        "medium": {
            "faithful": replace(FAITHFUL, epochs=1, peer_seeds=0),
            "ours": replace(OURS, peer_seeds=0),
        },
        "full": {"faithful": FAITHFUL, "ours": OURS},
    },
    expected={
        "small": "seconds on a CPU",
        "medium": "a minute on one CPU core",
        "full": "8 minutes (faithful) or 1 minute (ours) on one CPU core",
    },
    run=run,
)
