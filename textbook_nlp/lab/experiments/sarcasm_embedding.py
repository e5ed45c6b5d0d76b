"""Row 22: sarcastic headlines told from others by the average of their words' vectors."""

from dataclasses import replace

from textbook_nlp.lab.experiments.embedding_classifiers import Configuration, run
from textbook_nlp.lab.runs.experiment import Experiment
from textbook_nlp.lab.runs.headlines import goals

# The source averages over all 100 places, padding included, and reports the best of its epochs on
# the test part itself.
FAITHFUL = Configuration(
    corpus="sarcasm",
    texts=0,
    line_breaks=True,
    marks=False,
    num_words=10_000,
    length=100,
    side="post",
    buckets=0,
    embedding=16,
    pooling="mean",
    masked=False,
    hidden=24,
    dropout=0.0,
    optimizer="adam",
    learning_rate=1e-3,
    batch_size=32,
    epochs=30,
    patience=0,
    held_out=0,
)
# Marks and pairs of neighbors as words of their own, and no hidden layer: chosen by the held-out
# part, on which the hidden layer and words alone did worse.
OURS = replace(
    FAITHFUL,
    marks=True,
    num_words=25_000,
    length=0,
    buckets=100_000,
    masked=True,
    hidden=0,
    dropout=0.5,
    learning_rate=2e-3,
    batch_size=64,
    patience=4,
    held_out=2_000,
)
SMALL = {"corpus": "headlines", "texts": 4_000, "num_words": 2_000, "epochs": 8}

EXPERIMENT = Experiment(
    name="sarcasm_embedding",
    title="Sarcastic headlines: averaged embedding",
    row=22,
    dataset="sarcasm",
    goals=goals(22),
    configurations={
        "small": {
            "faithful": replace(FAITHFUL, **SMALL),
            "ours": replace(OURS, **SMALL, buckets=5_000, held_out=1_000),
        },
        "medium": {"faithful": FAITHFUL, "ours": OURS},
        "full": {"faithful": FAITHFUL, "ours": OURS},
    },
    expected={
        "small": "20 seconds on a CPU",
        "medium": "2 minutes on one CPU core",
        "full": "2 minutes on one CPU core",
    },
    run=run,
)
