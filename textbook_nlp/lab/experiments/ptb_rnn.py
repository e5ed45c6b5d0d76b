"""The plain recurrent language model on the Penn Treebank: row 7 without its gates."""

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
from textbook_nlp.training import SGD, Adam

FAITHFUL = LanguageModelling(
    StreamData("ptb"),
    RecurrentModel(embedding_size=100, hidden_size=100, initialization="saito"),
    StreamTraining(
        SGD(20.0), epochs=4, batch_size=20, time_steps=35, clip=0.25, batching="wrapping"
    ),
)
# As many parameters as row 7 has (2.09 M): tying pays for twice the width.
OURS = changed(
    FAITHFUL,
    {
        "model": RecurrentModel(embedding_size=200, hidden_size=200, tied=True, dropout=0.1),
        "training.optimizer": Adam(5e-3),
        "training.schedule": "slanted_triangle",
        "training.batching": "contiguous",
    },
)

EXPERIMENT = Experiment(
    name="ptb_rnn",
    title="Plain recurrent language model on the Penn Treebank",
    dataset="ptb",
    task=language_modelling.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    # A learning rate of 20 is chaos on the small text: where it ends, the processor decides.
    default="ours",
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": StreamData("grammar", 6000, validation=500),
                "model.embedding_size": 32,
                "model.hidden_size": 32,
            },
            only={"ours": {"training.optimizer": Adam(2e-2)}},
        ),
        "medium": Scale(
            "2 to 4 minutes on one CPU core, under 3 minutes on a GPU", {"training.epochs": 1}
        ),
        "full": Scale("10 (faithful) to 15 minutes (ours) on one CPU core"),
    },
    goals=(
        Goal(
            "test_perplexity",
            "measure",
            reported=135.6,
            known="M",
            unit="perplexity",
            note="the LSTM of row 7 in the same configuration, for comparison",
        ),
    ),
)
