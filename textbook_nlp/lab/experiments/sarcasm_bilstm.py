"""Row 23: sarcastic headlines told from others by two LSTMs on top of each other, both ways."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import text_classification
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import Classification, Encoding, TextTraining
from textbook_nlp.lab.tasks.text_models import RecurrentTextModel
from textbook_nlp.training import Adam

# Headlines of ten words, filled up to 100 places behind; the test part chooses the epoch.
FAITHFUL = Classification(
    LabeledData("sarcasm"),
    Encoding(num_words=10_000, length=100),
    RecurrentTextModel(embedding_size=16, hidden_size=(64, 32), bidirectional=True, dense_size=64),
    TextTraining(Adam(1e-3, eps=1e-7), epochs=5),
)
# Nothing is lost behind the headline, and half of all words and features are dropped: chosen by the
# validation part, on which less of that overfits within three epochs. Then the votes of five, for
# one alone stays below the goal.
OURS = changed(
    FAITHFUL,
    {
        "data.validation": 2_000,
        "encoding": Encoding(num_words=25_000, length=0, marks=True),
        "model": RecurrentTextModel(
            embedding_size=64,
            hidden_size=(64, 32),
            bidirectional=True,
            summary="max",
            masked=True,
            dense_size=64,
            dropout=0.5,
            word_dropout=0.5,
        ),
        "training": TextTraining(
            Adam(1.5e-3, eps=1e-7), epochs=7, batch_size=64, by_length=True, clip=1.0, decay=True
        ),
        "members": 5,
    },
)

SMALLER = {"data.validation": 500, "model.word_dropout": 0.1, "training.epochs": 8, "members": 2}
EXPERIMENT = Experiment(
    name="sarcasm_bilstm",
    title="Sarcastic headlines: stacked bidirectional LSTM",
    row=23,
    dataset="sarcasm",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "20 seconds on a CPU",
            {"data.corpus": "headlines", "data.size": 2_000, "training.epochs": 3},
            only={"faithful": {"encoding.length": 30}, "ours": SMALLER},
        ),
        "medium": Scale("a minute on one CPU core", {"training.epochs": 2}),
        "full": Scale("3 minutes on one CPU core"),
    },
)
