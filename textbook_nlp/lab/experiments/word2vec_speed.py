"""Row 13: words per CPU second of our word2vec and of gensim's, both on one thread."""

import time
from dataclasses import dataclass, replace

from textbook_nlp.lab.experiments.word2vec_texts import read, train_gensim
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.headlines import goals
from textbook_nlp.vectors.fast_word2vec import Architecture, fit_word2vec
from textbook_nlp.vectors.scores import score_similarity


@dataclass(frozen=True)
class Configuration:
    """What both train, each with its own learning rate.

    Attributes:
        corpus: ``planted`` or ``ptb``.
        sentences: how many; 0 for all of a real corpus.
        size: E.
        window: words on each side, never shrunk.
        negatives: K.
        epochs: how many.
        peer: whether gensim is trained too.
    """

    corpus: str
    sentences: int
    size: int
    window: int
    negatives: int
    epochs: int
    peer: bool


def run(configuration: Configuration, setting: Setting) -> Result:
    """Train ours and gensim's by turns; a word is a token of one epoch.

    CPU time counts from the lists of words to the finished vectors, on either side.

    Raises:
        PeerMissing: if gensim is to be trained and is not installed.
    """
    texts = read(configuration.corpus, configuration.sentences, setting.seed)
    words = sum(map(len, texts.sentences)) * configuration.epochs
    pairs = next(iter(texts.pairs.values()))
    metrics: dict[str, float | int] = {"words": words}
    models: tuple[Architecture, ...] = ("cbow", "skip_gram")
    for model in models:
        same = {
            "model": model,
            "embedding_size": configuration.size,
            "window": configuration.window,
            "negatives": configuration.negatives,
            "epochs": configuration.epochs,
            "seed": setting.seed,
        }
        start = time.process_time()
        vectors = fit_word2vec(texts.sentences, **same).input
        metrics[f"{model}_words_per_cpu_second"] = words / (time.process_time() - start)
        metrics[f"{model}_rho"] = score_similarity(vectors, pairs).rho
        if configuration.peer:
            theirs, seconds = train_gensim(texts.sentences, **same)
            metrics[f"gensim_{model}_words_per_cpu_second"] = words / seconds
            metrics[f"gensim_{model}_rho"] = score_similarity(theirs, pairs).rho
            ours = metrics[f"{model}_words_per_cpu_second"]
            metrics[f"{model}_speed_to_gensim"] = ours / (words / seconds)
            above = metrics[f"{model}_rho"] - metrics[f"gensim_{model}_rho"]
            metrics[f"{model}_rho_above_gensim"] = above
    return Result(metrics, {}, texts.dataset)


FULL = Configuration(
    corpus="ptb", sentences=0, size=100, window=5, negatives=5, epochs=10, peer=True
)

EXPERIMENT = Experiment(
    name="word2vec_speed",
    title="Speed of word2vec",
    row=13,
    dataset="ptb",
    goals=goals(13),
    configurations={
        "small": {
            "ours": replace(FULL, corpus="planted", sentences=4_000, size=32, peer=False),
        },
        "medium": {"ours": replace(FULL, epochs=2)},
        "full": {"ours": FULL},
    },
    expected={
        "small": "seconds on a CPU",
        "medium": "half a minute on one CPU core",
        "full": "3 minutes on one CPU core",
    },
    run=run,
)
