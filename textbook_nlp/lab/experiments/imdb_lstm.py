"""Row 18: film reviews read by an LSTM of 32 units."""

from textbook_nlp.lab.experiments import imdb_rnn
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import TextTraining
from textbook_nlp.training import RMSprop

FAITHFUL = changed(imdb_rnn.FAITHFUL, {"model.cell": "lstm"})
# The votes of five: each is as unsure as the source's, in places of its own. One alone, however
# much of it was dropped, did not do better on the validation part.
OURS = changed(
    FAITHFUL,
    {
        "data": LabeledData("imdb", validation=2_500, line_breaks=False),
        "model.masked": True,
        "model.dropout": 0.2,
        "training": TextTraining(
            RMSprop(2e-3), epochs=5, batch_size=128, by_length=True, clip=1.0, decay=True
        ),
        "members": 5,
    },
)

EXPERIMENT = Experiment(
    name="imdb_lstm",
    title="Film reviews: LSTM",
    row=18,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale("10 seconds on a CPU", imdb_rnn.SMALL, only={"ours": {"members": 2}}),
        "medium": Scale("2 minutes on one CPU core", {"training.epochs": 2}),
        "full": Scale("5 minutes on one CPU core"),
    },
)
