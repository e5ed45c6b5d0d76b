"""Row 12: CBOW with negative sampling on the Penn Treebank, as the source has it and as we do."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import learned_vectors
from textbook_nlp.lab.tasks.learned_vectors import (
    ByTheBook,
    FastTrainer,
    LearnedVectors,
    Windows,
)
from textbook_nlp.lab.tasks.word_questions import WordData

FAITHFUL = LearnedVectors(
    WordData("ptb"),
    Windows(embedding_size=100, window=5, negatives=5, epochs=10),
    ByTheBook(),
    peer_seeds=3,
)
# Chosen by SimLex-999 among rates from 0.025 to 0.3, blocks of 100 to 400 tokens, 20 to 100 shared
# negatives, and Adagrad or steps of limited length.
OURS = changed(FAITHFUL, {"trainer": FastTrainer("cbow", 0.05, block=100, shared=20)})

EXPERIMENT = Experiment(
    name="ptb_word2vec",
    title="Word vectors: CBOW with negative sampling",
    row=12,
    dataset="ptb",
    task=learned_vectors.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": WordData("planted", 4_000),
                "windows.embedding_size": 32,
                "windows.epochs": 3,
                "peer_seeds": 0,
            },
            only={"ours": {"windows.epochs": 20}},
        ),
        "medium": Scale(
            "a minute on one CPU core",
            {"peer_seeds": 0},
            only={"faithful": {"windows.epochs": 1}},
        ),
        "full": Scale("8 minutes (faithful) or 1 minute (ours) on one CPU core"),
    },
)
