"""Row 22: sarcastic headlines told from others by the average of their words' vectors."""

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
from textbook_nlp.training import Adam

# The source averages over all 100 places, padding included, and reports the best of its epochs on
# the test part itself.
FAITHFUL = Classification(
    LabeledData("sarcasm"),
    Encoding(num_words=10_000, length=100),
    VectorModel(embedding_size=16, pooling="mean", hidden_size=24),
    TextTraining(Adam(1e-3, eps=1e-7), epochs=30),
)
# Marks and pairs of neighbors as words of their own, and no hidden layer: chosen by the validation
# part, on which the hidden layer and words alone did worse.
OURS = changed(
    FAITHFUL,
    {
        "data.validation": 2_000,
        "encoding": Encoding(num_words=25_000, length=0, marks=True, buckets=100_000),
        "model": VectorModel(embedding_size=16, pooling="mean", masked=True, dropout=0.5),
        "training": TextTraining(Adam(2e-3, eps=1e-7), epochs=30, batch_size=64, patience=4),
    },
)

EXPERIMENT = Experiment(
    name="sarcasm_embedding",
    title="Sarcastic headlines: averaged embedding",
    row=22,
    dataset="sarcasm",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "20 seconds on a CPU",
            {
                "data.corpus": "headlines",
                "data.size": 4_000,
                "encoding.num_words": 2_000,
                "training.epochs": 8,
            },
            only={"ours": {"data.validation": 1_000, "encoding.buckets": 5_000}},
        ),
        "medium": Scale("2 minutes on one CPU core"),
        "full": Scale("2 minutes on one CPU core"),
    },
)
