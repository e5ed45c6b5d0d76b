"""Row 8: the language model of two tied layers of 650 units on the Penn Treebank."""

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
    RecurrentModel(
        embedding_size=650,
        hidden_size=650,
        num_layers=2,
        cell="lstm",
        tied=True,
        dropout=0.5,
        initialization="saito",
    ),
    StreamTraining(
        SGD(20.0), 40, batch_size=20, time_steps=35, clip=0.25, schedule="quarter_on_stall"
    ),
)

EXPERIMENT = Experiment(
    name="ptb_lstm_650",
    title="LSTM language model of 2 x 650 units on the Penn Treebank",
    row=8,
    dataset="ptb",
    task=language_modelling.TASK,
    variants={"faithful": FAITHFUL},
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": StreamData("grammar", 6000, validation=500),
                "model.embedding_size": 32,
                "model.hidden_size": 32,
                "model.dropout": 0.1,
                "training.epochs": 4,
            },
        ),
        "medium": Scale(
            "15 minutes on one CPU core",
            {
                "model.dropout": 0.2,
                "training.optimizer": Adam(1e-3),
                "training.epochs": 1,
                "training.schedule": "slanted_triangle",
            },
        ),
        "full": Scale("2 hours on a GPU"),
    },
)
