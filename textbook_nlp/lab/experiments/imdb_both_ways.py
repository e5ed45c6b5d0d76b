"""Row 19: film reviews read by an LSTM of 32 units from the end, and by two from both ends."""

from textbook_nlp.lab.experiments import imdb_lstm, imdb_rnn
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification

REVERSED = changed(imdb_rnn.FAITHFUL, {"model.cell": "lstm", "encoding.backwards": True})
BIDIRECTIONAL = changed(imdb_rnn.FAITHFUL, {"model.cell": "lstm", "model.bidirectional": True})
OURS = changed(imdb_lstm.OURS, {"model.bidirectional": True, "members": 3})

EXPERIMENT = Experiment(
    name="imdb_both_ways",
    title="Film reviews",
    row=19,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"reversed": REVERSED, "bidirectional": BIDIRECTIONAL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale("10 seconds on a CPU", imdb_rnn.SMALL, only={"ours": {"members": 2}}),
        "medium": Scale("3 minutes on one CPU core", {"training.epochs": 2}),
        "full": Scale("5 to 8 minutes on one CPU core"),
    },
)
