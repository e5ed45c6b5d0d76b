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
# More words, wider vectors, many dropped; the average of the outputs, not the last. On the
# validation part the largest outputs, hashed pairs of words, word2vec and a higher rate did worse.
OURS = changed(
    FAITHFUL,
    {
        "data": LabeledData("imdb", validation=2_500, line_breaks=False),
        "encoding.num_words": 30_000,
        "model": RecurrentTextModel(
            embedding_size=64,
            hidden_size=(32,),
            cell="rnn",
            summary="mean",
            masked=True,
            dropout=0.5,
            word_dropout=0.3,
        ),
        "training": TextTraining(
            Adam(1e-3, eps=1e-7), epochs=4, batch_size=64, by_length=True, clip=1.0, decay=True
        ),
    },
)

SMALL = {"data": LabeledData("reviews", 2_000, validation=500), "encoding.length": 60}
SMALL_OURS = {"training.optimizer": Adam(1e-2, eps=1e-7), "model.word_dropout": 0.0}
EXPERIMENT = Experiment(
    name="imdb_rnn",
    title="Film reviews: plain recurrent network",
    row=17,
    dataset="imdb",
    task=text_classification.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale("10 seconds on a CPU", SMALL, only={"ours": SMALL_OURS}),
        "medium": Scale("a minute on one CPU core", {"training.epochs": 2}),
        "full": Scale("2 minutes on one CPU core"),
    },
)
