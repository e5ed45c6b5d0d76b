"""Row 17: film reviews read by a plain recurrent network of 32 units."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import Classification, Encoding, TextTraining
from textbook_nlp.lab.tasks.text_models import RecurrentTextModel
from textbook_nlp.training import Adam, RMSprop

# Each review's last 500 words; padding is a word like any other, and comes first.
FAITHFUL = Classification(
    LabeledData("imdb", validation=5_000),
    Encoding(num_words=10_000, length=500, side="pre"),
    RecurrentTextModel(embedding_size=32, hidden_size=(32,), cell="rnn"),
    TextTraining(RMSprop(1e-3), epochs=10, batch_size=128),
)
# The average of the outputs, and not the last alone, in which little of the beginning is left.
OURS = changed(
    FAITHFUL,
    {
        "data": LabeledData("imdb", validation=2_500, line_breaks=False),
        "model.masked": True,
        "model.summary": "mean",
        "model.dropout": 0.5,
        "training": TextTraining(
            Adam(2e-3, eps=1e-7), epochs=8, batch_size=64, by_length=True, clip=1.0
        ),
    },
)

SMALL = {
    "data.corpus": "reviews",
    "data.size": 2_000,
    "data.validation": 500,
    "encoding.num_words": 300,
    "encoding.length": 60,
    "training.epochs": 4,
}
EXPERIMENT = Experiment(
    name="imdb_rnn",
    title="Film reviews: plain recurrent network",
    row=17,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale("10 seconds on a CPU", SMALL),
        "medium": Scale("a minute on one CPU core", {"training.epochs": 2}),
        "full": Scale("2 minutes on one CPU core"),
    },
)
