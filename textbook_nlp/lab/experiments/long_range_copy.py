"""Three symbols carried over a delay: plain network, LSTM and GRU, by the length of the delay."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import copying
from textbook_nlp.lab.tasks.copying import Copying

DELAYS = (10, 30, 90)
RNN = Copying("rnn", DELAYS, rates=(1e-3, 3e-3, 1e-2), steps=1000)
LSTM = changed(RNN, {"cell": "lstm", "keep": 1})

EXPERIMENT = Experiment(
    name="long_range_copy",
    title="Three symbols copied after a delay: plain network, LSTM and GRU",
    dataset="copy",
    task=copying.TASK,
    variants={
        "rnn": RNN,
        "rnn_orthogonal": changed(RNN, {"orthogonal": True}),
        "lstm": LSTM,
        "lstm_keep_0": changed(LSTM, {"keep": 0}),
        "lstm_keep_3": changed(LSTM, {"keep": 3}),
        "one_gate_lstm": changed(LSTM, {"cell": "one_gate_lstm"}),
        "gru": changed(RNN, {"cell": "gru"}),
        "gru_keep_3": changed(RNN, {"cell": "gru", "keep": 3}),
    },
    default="gru",
    scales={
        "small": Scale("10 seconds on a CPU", {"delays": (5,), "rates": (1e-2,), "steps": 600}),
        "full": Scale("1 to 3 minutes on one CPU core"),
    },
    goals=(
        *(Goal(f"right_at_{delay}", "measure") for delay in DELAYS),
        Goal("right_at_90_twice", "measure", note="after 180 blanks, trained with 90"),
    ),
)
