"""The feed-forward language model on the Penn Treebank: what a window of a few words can carry."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import language_modelling
from textbook_nlp.lab.tasks.language_modelling import (
    FeedForwardModel,
    LanguageModelling,
    StreamData,
    StreamTraining,
)
from textbook_nlp.training import Adam

# The size and the schedule of the plain recurrent network, "ours" of ptb_rnn, so that the two can
# be compared: 2.2 M parameters, a context of four words (order 5).
OURS = LanguageModelling(
    StreamData("ptb"),
    FeedForwardModel(embedding_size=200, hidden_size=200, context_size=4, tied=True, dropout=0.1),
    StreamTraining(
        Adam(5e-3), epochs=4, batch_size=20, time_steps=35, clip=0.25, schedule="slanted_triangle"
    ),
)

EXPERIMENT = Experiment(
    name="ptb_feed_forward",
    title="Feed-forward language model on the Penn Treebank",
    dataset="ptb",
    task=language_modelling.TASK,
    variants={"ours": OURS},
    scales={
        "small": Scale(
            "seconds on a CPU",
            {
                "data": StreamData("grammar", 6000, validation=500),
                "model.embedding_size": 32,
                "model.hidden_size": 32,
                "training.optimizer": Adam(2e-2),
            },
        ),
        "medium": Scale(
            "2 to 4 minutes on one CPU core, under 3 minutes on a GPU", {"training.epochs": 1}
        ),
        "full": Scale("15 minutes on one CPU core"),
    },
    goals=(
        Goal(
            "test_perplexity",
            "measure",
            reported=140.2,
            known="P",
            unit="perplexity",
            note="Mikolov and others 2011",
        ),
    ),
)
