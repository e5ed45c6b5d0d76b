"""The ways of cutting of chapter 01, judged by naive Bayes, on headlines that people wrote."""

from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import judged_cuts
from textbook_nlp.lab.tasks.judged_cuts import JudgedCuts
from textbook_nlp.lab.tasks.labeled_texts import LabeledData

EXPERIMENT = Experiment(
    name="headline_cuts",
    title="Sarcastic headlines: naive Bayes on eight ways of cutting",
    dataset="sarcasm",
    task=judged_cuts.TASK,
    variants={"ours": JudgedCuts(LabeledData("sarcasm"), learn=20_000)},
    scales={
        "small": Scale(
            "2 seconds on a CPU",
            {"data.corpus": "headlines", "data.size": 4_000, "learn": 4_000},
        ),
        "medium": Scale("4 seconds on one CPU core"),
        "full": Scale("4 seconds on one CPU core"),
    },
    goals=tuple(
        Goal(f"{cut}_accuracy", "measure") for cut in ("words", "marks_attached", "words_and_pairs")
    ),
)
