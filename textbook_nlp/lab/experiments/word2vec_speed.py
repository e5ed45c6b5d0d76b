"""Row 13: words per CPU second of our word2vec and of gensim's, both on one thread."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import learned_vectors
from textbook_nlp.lab.tasks.learned_vectors import Speed, Windows
from textbook_nlp.lab.tasks.word_questions import WordData

EXPERIMENT = Experiment(
    name="word2vec_speed",
    title="Speed of word2vec",
    row=13,
    dataset="ptb",
    task=learned_vectors.SPEED,
    variants={
        "ours": Speed(
            WordData("ptb"), Windows(embedding_size=100, window=5, negatives=5, epochs=10)
        )
    },
    scales={
        "small": Scale(
            "seconds on a CPU",
            {"data": WordData("planted", 4_000), "windows.embedding_size": 32, "peer": False},
        ),
        "medium": Scale("half a minute on one CPU core", {"windows.epochs": 2}),
        "full": Scale("3 minutes on one CPU core"),
    },
)
