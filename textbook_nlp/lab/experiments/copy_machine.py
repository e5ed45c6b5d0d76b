"""Row 29: a Neural Turing Machine learns to copy, and copies more than it was trained on."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import bit_copying
from textbook_nlp.lab.tasks.bit_copying import BitCopying, LSTMModel, MachineModel

TESTED = (20, 30, 50, 80, 120)
# The paper learns from a million sequences one by one, and clips each gradient on its own.
FAITHFUL = BitCopying(
    MachineModel(hidden_size=100, width=20, rows=128, tested_rows=128),
    rates=(1e-4,),
    steps=1_000_000,
    tested=TESTED,
    optimizer="rmsprop",
    batch_size=1,
)
# Rows are no parameters: it learns on 32, which is fast, and is judged on 128.
OURS = BitCopying(
    MachineModel(hidden_size=64, width=16, rows=32, tested_rows=128),
    rates=(1e-3, 3e-3, 1e-2),
    steps=6000,
    tested=TESTED,
)
LSTM = changed(OURS, {"model": LSTMModel(hidden_size=256)})

EXPERIMENT = Experiment(
    name="copy_machine",
    title="Neural Turing Machine: copying rows of bits",
    row=29,
    dataset="copy_bits",
    task=bit_copying.TASK,
    variants={
        "faithful": FAITHFUL,
        "ours": OURS,
        "lstm": LSTM,
        # As many parameters as the machine; and nine times as many, with four times the steps.
        "lstm_small": changed(LSTM, {"model.hidden_size": 79}),
        "lstm_longer": changed(LSTM, {"steps": 24_000}),
    },
    default="ours",
    scales={
        "small": Scale(
            "half a minute on a CPU",
            {"bits": 4, "longest": 5, "rates": (1e-2,), "steps": 500, "tested": (5, 10, 20)},
            only={"faithful": {"batch_size": 16}},
        ),
        "medium": Scale(
            "25 minutes (faithful) on one CPU core", only={"faithful": {"steps": 40_000}}
        ),
        "full": Scale("11 minutes (ours), 11 hours (faithful) on one CPU core"),
    },
    goals=tuple(Goal(f"copied_at_{length}", "measure") for length in (20, 120)),
)
