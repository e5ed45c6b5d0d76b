"""Row 15: film reviews judged by their last 20 words, each in its own place."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import (
    Classification,
    Encoding,
    TextTraining,
)
from textbook_nlp.lab.tasks.text_models import VectorModel
from textbook_nlp.training import Adam, RMSprop

FAITHFUL = Classification(
    LabeledData("imdb", validation=5_000),
    Encoding(num_words=10_000, length=20, side="pre"),
    VectorModel(embedding_size=8, pooling="flatten"),
    TextTraining(RMSprop(1e-3), epochs=10),
)
# Wider vectors, dropped out; without the word that stands for the publisher's line breaks.
OURS = changed(
    FAITHFUL,
    {
        "data.line_breaks": False,
        "model": VectorModel(embedding_size=32, pooling="flatten", masked=True, dropout=0.5),
        "training": TextTraining(Adam(1e-3, eps=1e-7), epochs=20, patience=4),
    },
)

EXPERIMENT = Experiment(
    name="imdb_last_words",
    title="Film reviews: embedding of the last 20 words",
    row=15,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "10 seconds on a CPU",
            {
                "data.corpus": "reviews",
                "data.size": 4_000,
                "data.validation": 1_000,
                "encoding.num_words": 300,
            },
        ),
        "medium": Scale("a minute on one CPU core"),
        "full": Scale("a minute on one CPU core"),
    },
)
