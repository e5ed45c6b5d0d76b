"""Row 21: film reviews and linear models, from weighted words up to n-grams with naive Bayes."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import linear_models
from textbook_nlp.lab.tasks.labeled_texts import LabeledData
from textbook_nlp.lab.tasks.linear_models import LinearModels, Rung

# scikit-learn's defaults for the first rung; for the second those of Wang & Manning (2012).
FAITHFUL = LinearModels(LabeledData("imdb"), rungs=(Rung("tfidf", 1), Rung("nbsvm", 2)))
OURS = changed(
    FAITHFUL,
    {
        "data": LabeledData("imdb", validation=5_000, line_breaks=False),
        "rungs": (Rung("tfidf", 1), Rung("tfidf", 2), Rung("nb_tfidf", 2)),
        "C": (10.0, 100.0),
        "marks": True,
        "min_df": 2,
        "sublinear": True,
    },
)

EXPERIMENT = Experiment(
    name="imdb_linear",
    title="Film reviews: linear models on words and n-grams",
    row=21,
    dataset="imdb",
    task=linear_models.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    default="ours",
    scales={
        "small": Scale(
            "5 seconds on a CPU",
            {"data.corpus": "reviews", "data.size": 4_000},
            only={
                "ours": {"data.validation": 1_000, "rungs": (Rung("tfidf", 1), Rung("nb_tfidf", 2))}
            },
        ),
        "medium": Scale(
            "2 minutes on one CPU core", only={"ours": {"rungs": (Rung("nb_tfidf", 2),)}}
        ),
        "full": Scale("3 minutes on one CPU core"),
    },
)
