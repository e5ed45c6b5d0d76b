"""The models of `reviews_models` on the last 200 words of 5,000 film reviews, as tried there."""

from textbook_nlp.lab.experiments import reviews_models
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import model_choice
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.text_classification import Encoding

REAL = {
    "data": LabeledData("imdb", validation=2_000, line_breaks=False),
    "encoding": Encoding(num_words=10_000, length=200, side="pre"),
    "training.epochs": 4,
}
SMALL = {"data": LabeledData("reviews", 2_000, validation=500), "learned": 500, "tested": 500}

EXPERIMENT = Experiment(
    name="imdb_models",
    title="Nine models on a fifth of the film reviews",
    dataset="imdb",
    task=model_choice.TASK,
    variants={name: changed(each, REAL) for name, each in reviews_models.VARIANTS.items()},
    default="convolution_gru",
    scales={
        "small": Scale("10 seconds on a CPU", SMALL | {"training.epochs": 2}),
        "full": Scale("1 to 6 minutes on one CPU core"),
    },
    goals=model_choice.GOALS,
)
