"""Row 16: film reviews judged after 200 labeled samples, with vectors from other texts."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.runs.goals import Goal
from textbook_nlp.lab.tasks import few_labels
from textbook_nlp.lab.tasks.few_labels import AverageAndWords, FewLabels, FrozenNetwork
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import Encoding, TextTraining
from textbook_nlp.training import RMSprop

FAITHFUL = FewLabels(
    LabeledData("imdb"),
    vectors=("glove_100d",),
    labeled=200,
    method=FrozenNetwork(
        Encoding(num_words=10_000, length=100, side="pre"),
        hidden_size=32,
        training=TextTraining(RMSprop(1e-3), epochs=10),
        validation=10_000,
    ),
)
OURS = changed(
    FAITHFUL,
    {
        "data.line_breaks": False,
        "vectors": ("glove_50d", "glove_100d"),
        "method": AverageAndWords(folds=5),
    },
)

EXPERIMENT = Experiment(
    name="imdb_few_labels",
    title="Film reviews: 200 labeled samples and GloVe",
    row=16,
    dataset="imdb",
    task=few_labels.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "10 seconds on a CPU",
            {"data.corpus": "reviews", "data.size": 4_000, "vectors": ("counted",)},
            only={"faithful": {"method.validation": 1_000, "method.encoding.length": 20}},
        ),
        "medium": Scale("a minute on one CPU core"),
        "full": Scale("a minute on one CPU core"),
    },
    goals=(
        Goal(
            "average_test_accuracy",
            "measure",
            note="averaged GloVe alone; the files at hand hold a part of its words",
            of="ours",
        ),
        Goal(
            "words_test_accuracy",
            "measure",
            note="the words alone, without any vectors",
            of="ours",
        ),
        Goal("token_coverage", "measure", note="tokens that have a vector"),
    ),
)
