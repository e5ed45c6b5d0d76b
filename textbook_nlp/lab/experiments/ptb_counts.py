"""Row 11: word vectors by counting, from text to vectors, and how well they rank pairs of words."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import counted_vectors
from textbook_nlp.lab.tasks.counted_vectors import END, Counting
from textbook_nlp.lab.tasks.word_questions import WordData

# The source's settings, but for the solver: its randomized SVD of five rounds has not converged on
# these matrices, and the rank correlations then follow the error.
FAITHFUL = Counting(WordData("ptb"), window=2, embedding_size=100)
# Chosen by the rank correlation with every second pair of WordSim-353 (the first, the third, …),
# among windows from 2 to 50, both weightings, sentences crossed or not, tokens skipped or not,
# alpha from 0.5 to 1, shift from 1 to 5 and exponents from 0 to 1, with a randomized SVD. With the
# exact one, windows from 30 to 50 are within 0.02 of one another there; a shift of 2 gains 0.03.
OURS = changed(FAITHFUL, {"window": 30})

EXPERIMENT = Experiment(
    name="ptb_counts",
    title="Word vectors: co-occurrence, PPMI, SVD",
    row=11,
    dataset="ptb",
    task=counted_vectors.TASK,
    variants={"faithful": FAITHFUL, "ours": OURS},
    scales={
        "small": Scale(
            "a second on a CPU",
            {
                "data": WordData("planted", 3_000),
                "window": 5,
                "cross": False,
                "skip": (END,),
                "embedding_size": 50,
            },
            only={"ours": {"exponent": 1.0}},
        ),
        "medium": Scale("10 seconds on one CPU core"),
        "full": Scale("10 seconds on one CPU core"),
    },
)
