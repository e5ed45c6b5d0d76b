"""Row 18: film reviews read by an LSTM of 32 units."""

from textbook_nlp.lab.experiments import imdb_rnn
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification

FAITHFUL = changed(imdb_rnn.FAITHFUL, {"model.cell": "lstm"})
OURS = changed(imdb_rnn.OURS, {"model.cell": "lstm"})

EXPERIMENT = Experiment(
    name="imdb_lstm",
    title="Film reviews: LSTM",
    row=18,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale("10 seconds on a CPU", imdb_rnn.SMALL, only={"ours": imdb_rnn.SMALL_OURS}),
        "medium": Scale("2 minutes on one CPU core", {"training.epochs": 2}),
        "full": Scale("5 minutes on one CPU core"),
    },
)
