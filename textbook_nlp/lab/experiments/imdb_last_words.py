"""Row 15: film reviews judged by their last 20 words, each in its own place."""

from dataclasses import replace

from textbook_nlp.lab.experiments.embedding_classifiers import Configuration, run
from textbook_nlp.lab.runs.experiment import Experiment
from textbook_nlp.lab.runs.headlines import goals

FAITHFUL = Configuration(
    corpus="imdb",
    texts=0,
    line_breaks=True,
    marks=False,
    num_words=10_000,
    length=20,
    side="pre",
    buckets=0,
    embedding=8,
    pooling="flatten",
    masked=False,
    hidden=0,
    dropout=0.0,
    optimizer="rmsprop",
    learning_rate=1e-3,
    batch_size=32,
    epochs=10,
    patience=0,
    held_out=5_000,
)
# Wider vectors, dropped out; without the word that stands for the publisher's line breaks.
OURS = replace(
    FAITHFUL,
    line_breaks=False,
    masked=True,
    embedding=32,
    dropout=0.5,
    optimizer="adam",
    epochs=20,
    patience=4,
)
SMALL = {"corpus": "reviews", "texts": 4_000, "num_words": 300, "held_out": 1_000}

EXPERIMENT = Experiment(
    name="imdb_last_words",
    title="Film reviews: embedding of the last 20 words",
    row=15,
    dataset="imdb",
    goals=goals(15),
    configurations={
        "small": {"faithful": replace(FAITHFUL, **SMALL), "ours": replace(OURS, **SMALL)},
        "medium": {"faithful": FAITHFUL, "ours": OURS},
        "full": {"faithful": FAITHFUL, "ours": OURS},
    },
    expected={
        "small": "10 seconds on a CPU",
        "medium": "a minute on one CPU core",
        "full": "a minute on one CPU core",
    },
    run=run,
)
