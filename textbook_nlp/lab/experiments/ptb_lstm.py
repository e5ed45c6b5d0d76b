"""Row 7: an LSTM language model of 100 units on the Penn Treebank, and a better one of its size."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import language_modelling
from textbook_nlp.lab.tasks.language_modelling import (
    LanguageModelling,
    RecurrentModel,
    StreamData,
    StreamTraining,
)
from textbook_nlp.training import SGD, Adam

FAITHFUL = LanguageModelling(
    StreamData("ptb"),
    RecurrentModel(embedding_size=100, hidden_size=100, initialization="saito", cell="lstm"),
    StreamTraining(
        SGD(20.0), epochs=4, batch_size=20, time_steps=35, clip=0.25, batching="wrapping"
    ),
)
# As many parameters (2.08 M): one matrix for both ends pays for the wider layer.
OURS = changed(
    FAITHFUL,
    {
        "model": RecurrentModel(
            embedding_size=180, hidden_size=180, tied=True, dropout=0.3, cell="lstm"
        ),
        "training": StreamTraining(
            Adam(5e-3),
            epochs=9,
            batch_size=20,
            time_steps=35,
            clip=0.25,
            schedule="slanted_triangle",
        ),
    },
)

EXPERIMENT = Experiment(
    name="ptb_lstm",
    title="LSTM language model on the Penn Treebank",
    row=7,
    dataset="ptb",
    task=language_modelling.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": StreamData("grammar", 6000, validation=500),
                "model.embedding_size": 32,
                "model.hidden_size": 32,
                "training.epochs": 4,
            },
            only={"ours": {"training.optimizer": Adam(2e-2), "model.dropout": 0.0}},
        ),
        "medium": Scale(
            "4 minutes on one CPU core, under 3 minutes on a GPU", {"training.epochs": 1}
        ),
        "full": Scale("8 (faithful) to 40 minutes (ours) on one CPU core"),
    },
)
