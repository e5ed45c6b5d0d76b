"""Row 10: n-gram models of the Penn Treebank, counted and smoothed in five ways."""

from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Experiment, Scale
from textbook_nlp.lab.tasks import counted_runs
from textbook_nlp.lab.tasks.counted_runs import CountedRuns
from textbook_nlp.lab.tasks.text_streams import StreamData
from textbook_nlp.models.smoothing import AddK, Interpolation, KneserNey, WittenBell

FAITHFUL = CountedRuns(StreamData("ptb"), KneserNey(modified=True))
# The number added (of 0.1, 0.03, 0.01, …, 0.0003; for pairs) and the weight (of 0.3, 0.4, 0.5, 0.6;
# for the best order) have the lowest perplexity on the validation part, and so has "ours", which
# reads on across the ends of sentences (orders up to 7).
EXPERIMENT = Experiment(
    name="ptb_ngram",
    title="N-gram language models on the Penn Treebank",
    row=10,
    dataset="ptb",
    task=counted_runs.TASK,
    variants={
        "faithful": FAITHFUL,
        "ours": changed(FAITHFUL, {"orders": (2, 3, 4, 5, 6, 7), "by_sentence": False}),
        "one_discount": changed(FAITHFUL, {"smoothing": KneserNey(), "orders": (1, 2, 3, 4, 5)}),
        "witten_bell": changed(FAITHFUL, {"smoothing": WittenBell()}),
        "interpolation": changed(FAITHFUL, {"smoothing": Interpolation(0.5)}),
        "add_k": changed(FAITHFUL, {"smoothing": AddK(0.01)}),
    },
    scales={
        "small": Scale(
            "a second on a CPU",
            {"data": StreamData("grammar", 6000, validation=500)},
            # Hardly a word of the small grammar is rare, so a discount cannot be estimated.
            only={
                name: {"smoothing": KneserNey(discount=0.75)}
                for name in ("faithful", "ours", "one_discount")
            },
        ),
        "medium": Scale("5 seconds on one CPU core"),
        "full": Scale("5 seconds on one CPU core"),
    },
)
