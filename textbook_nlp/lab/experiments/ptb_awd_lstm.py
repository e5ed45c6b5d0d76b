"""Row 9: an AWD-LSTM without penalties on its states, on the Penn Treebank."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import language_modelling as lm
from textbook_nlp.training import SGD, Adam

OURS = lm.LanguageModelling(
    lm.StreamData("ptb"),
    lm.RecurrentModel(
        embedding_size=400,
        hidden_size=(1150, 1150, 400),
        num_layers=3,
        cell="lstm",
        tied=True,
        dropout=0.4,
        variational=True,
        weight_dropout=0.5,
        word_dropout=0.1,
    ),
    lm.StreamTraining(
        SGD(30.0, weight_decay=1.2e-6), 500, 20, time_steps=70, clip=0.25, average_after=5
    ),
)
LESS_DROPPED = {"model.dropout": 0.1, "model.weight_dropout": 0.2, "model.word_dropout": 0.02}

EXPERIMENT = Experiment(
    name="ptb_awd_lstm",
    title="LSTM language model with all kinds of dropout and averaged weights",
    row=9,
    dataset="ptb",
    task=lm.TASK,
    variants={"ours": OURS},
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": lm.StreamData("grammar", 6000, validation=500),
                "model.embedding_size": 32,
                "model.hidden_size": (32, 48, 32),
                **LESS_DROPPED,
                "training.optimizer": Adam(1e-2),
                "training.time_steps": 20,
                "training.epochs": 6,
                "training.average_from": 4,
            },
        ),
        "medium": Scale(
            "8 minutes on one CPU core",
            {
                "model.embedding_size": 180,
                "model.hidden_size": (180, 180),
                "model.num_layers": 2,
                **LESS_DROPPED,
                "training.optimizer": Adam(3e-3),
                "training.time_steps": 35,
                "training.epochs": 2,
                "training.average_from": 2,
            },
        ),
        "full": Scale("a day on a GPU"),
    },
)
