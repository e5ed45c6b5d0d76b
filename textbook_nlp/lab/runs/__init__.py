"""Running experiments and keeping their records."""

from textbook_nlp.lab.runs.checked import Checked, Must, WrongField, changed
from textbook_nlp.lab.runs.experiment import Experiment, Measurement, Scale, Setting, Task
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.runs.ledger import Dataset, LedgerError, Record, Run, Summary, summarize
from textbook_nlp.lab.runs.registry import (
    COLUMNS,
    Recorded,
    UnknownExperiment,
    label,
    recall,
    recorded,
    run,
    run_or_recall,
)

__all__ = [
    "COLUMNS",
    "Checked",
    "Dataset",
    "Experiment",
    "Goal",
    "LedgerError",
    "Measurement",
    "Must",
    "Record",
    "Recorded",
    "Run",
    "Scale",
    "Setting",
    "Summary",
    "Task",
    "UnknownExperiment",
    "WrongField",
    "changed",
    "label",
    "recall",
    "recorded",
    "run",
    "run_or_recall",
    "summarize",
]
