"""Dates rewritten after 5 epochs: what reversal, peeky and attention each are worth."""

from itertools import product

from textbook_nlp.lab.experiments.dates_seq2seq import PLAIN, SMALL
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import sequence_to_sequence

NAMES = ("plain", "peeky", "reversed", "both")

EXPERIMENT = Experiment(
    name="dates_factorial",
    title="Dates after 5 epochs: reversal, peeky and attention",
    dataset="date",
    task=sequence_to_sequence.TASK,
    variants={
        NAMES[2 * reverse + peeky] + "_attention" * attention: changed(
            PLAIN,
            {
                "data.reverse": reverse,
                "model.peeky": peeky,
                "model.attention": attention,
                "training.epochs": 5,
            },
        )
        for attention, reverse, peeky in product((False, True), repeat=3)
    },
    scales={
        "small": Scale("16 seconds on a CPU", SMALL),
        "full": Scale("3 minutes on one CPU core"),
    },
    goals=(Goal("exact_match", "measure", note="after 5 epochs"),),
)
