"""What makes a language model better, one thing taken away at a time, on the book's fables."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import language_modelling
from textbook_nlp.lab.tasks.language_modelling import (
    LanguageModelling,
    RecurrentModel,
    StreamData,
    StreamTraining,
)
from textbook_nlp.training import Adam

OURS = LanguageModelling(
    StreamData("fables"),
    RecurrentModel(embedding_size=128, hidden_size=128, tied=True, dropout=0.5, cell="lstm"),
    StreamTraining(
        Adam(1e-2), 20, batch_size=8, time_steps=20, clip=1.0, schedule="slanted_triangle"
    ),
)
# Of the rates 0.003 and 0.01 each variant has the one that validation prefers.
UNTIED, EVEN = {"model.tied": False}, {"training.schedule": "constant"}
ALL_UNITS = {"model.dropout": 0.0, "training.optimizer": Adam(3e-3)}
VARIANTS = {
    "plain": UNTIED | ALL_UNITS | EVEN,
    "ours": {},
    "untied": UNTIED,
    "untied_same_size": UNTIED | {"model.embedding_size": 80, "model.hidden_size": 106},
    "without_dropout": ALL_UNITS,
    "without_schedule": EVEN,
    "one_mask": {"model.variational": True},
    "dropped_weights": {"model.weight_dropout": 0.3},
    "two_layers": {"model.num_layers": 2},
}

EXPERIMENT = Experiment(
    name="fable_words",
    title="A language model of the book's fables, word by word, with one thing taken away",
    dataset="fables",
    task=language_modelling.TASK,
    variants={name: changed(OURS, changes) for name, changes in VARIANTS.items()},
    default="ours",
    scales={
        "small": Scale("seconds on a CPU", {"training.epochs": 2}),
        "full": Scale("15 seconds on one CPU core"),
    },
    goals=(Goal("test_perplexity", "measure", unit="perplexity"),),
)
