"""Row 21: film reviews and linear models, from weighted words up to n-grams with naive Bayes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from textbook_nlp.bags import (
    BagOfWords,
    LinearClassifier,
    TfIdf,
    interpolate_weights,
    log_count_ratio,
    scale_columns,
    weighted,
)
from textbook_nlp.lab.experiments.labeled_texts import Texts, read
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.headlines import goals
from textbook_nlp.text import PatternTokenizer

WORDS, WORDS_AND_MARKS = r"\w\w+", r"[\w']+|[^\w\s]"
Features = Callable[[csr_array], csr_array]


@dataclass(frozen=True)
class Configuration:
    """What a run measures.

    Attributes:
        corpus: ``imdb`` or ``reviews`` (generated).
        texts: of the generator, to learn from.
        held_out: of those to learn from, kept aside to choose on; 0 where nothing is to choose.
        line_breaks: whether ``<br />`` stays in the texts.
        marks: whether each punctuation mark is a word, and words keep apostrophes and one letter.
        rungs: features and largest n: ``binary`` (occurs), ``tfidf``, ``nb`` (occurs, times the
            log-count ratio), ``nbsvm`` (the same with the squared hinge, interpolated) and
            ``nb_tfidf`` (tf–idf, times the ratio), as in ``tfidf_1``. The last in the list is the
            answer where nothing is held out, else the best on what is.
        strengths: C, the best of which is chosen for each rung.
        min_df: leave out n-grams of fewer reviews.
        sublinear: 1 + ln(tf) in place of tf.
        smoothing: α of the log-count ratio.
        interpolation: β of ``nbsvm``.
    """

    corpus: str
    texts: int
    held_out: int
    line_breaks: bool
    marks: bool
    rungs: tuple[str, ...]
    strengths: tuple[float, ...]
    min_df: int
    sublinear: bool
    smoothing: float
    interpolation: float


def features_of(
    kind: str, counts: csr_array, labels: np.ndarray, configuration: Configuration
) -> Features:
    """Return what turns counts into features, fitted on the counts (N, V) to learn from.

    Raises:
        ValueError: for another kind than those of ``Configuration.rungs``.
    """
    if kind not in ("binary", "tfidf", "nb", "nbsvm", "nb_tfidf"):
        raise ValueError(f"there are no features {kind!r}")
    tf_idf = TfIdf.fit(counts, sublinear=configuration.sublinear)

    def base(x: csr_array) -> csr_array:
        return tf_idf.weigh(x) if kind.endswith("tfidf") else weighted(x, "binary")

    if not kind.startswith("nb"):
        return base
    ratios = log_count_ratio(weighted(counts, "binary"), labels, configuration.smoothing)
    return lambda x: scale_columns(base(x), ratios)


def fit(
    kind: str, x: csr_array, labels: np.ndarray, C: float, configuration: Configuration
) -> LinearClassifier:
    """Train one classifier on the features of one rung."""
    loss = "squared_hinge" if kind == "nbsvm" else "logistic"
    # A gradient this small moves hardly any prediction, and L-BFGS is slow at the end.
    classifier = LinearClassifier.fit(x, labels, C, loss, steps=5_000, tolerance=1e-2)
    if kind != "nbsvm":
        return classifier
    return interpolate_weights(classifier, configuration.interpolation)


def accuracies(
    learn: Texts,
    judge: Texts,
    strengths: dict[str, tuple[float, ...]],
    configuration: Configuration,
) -> dict[str, list[float]]:
    """Return, for each rung and each of its strengths, the share of ``judge`` that is right."""
    tokenize = PatternTokenizer(WORDS_AND_MARKS if configuration.marks else WORDS).tokenize
    found: dict[str, list[float]] = {}
    for n in sorted({int(rung.rsplit("_", 1)[1]) for rung in strengths}):
        texts = clean(learn, configuration)
        bag = BagOfWords.fit(texts, tokenize, (1, n), min_df=configuration.min_df)
        counts = bag.counts(texts)
        others = bag.counts(clean(judge, configuration))
        for rung, candidates in strengths.items():
            kind, largest = rung.rsplit("_", 1)
            if int(largest) != n:
                continue
            features = features_of(kind, counts, learn.labels, configuration)
            x, new = features(counts), features(others)
            found[rung] = [
                fit(kind, x, learn.labels, C, configuration).accuracy(new, judge.labels)
                for C in candidates
            ]
    return found


def clean(part: Texts, configuration: Configuration) -> list[str]:
    """Return the texts, without line breaks unless those stay."""
    if configuration.line_breaks:
        return part.texts
    return [text.replace("<br />", " ") for text in part.texts]


def run(configuration: Configuration, setting: Setting) -> Result:
    """Climb the ladder: choose on the part held out, then judge the test part once a rung.

    The seed draws what is held out; where nothing is, it changes nothing.
    """
    data = read(configuration.corpus, configuration.texts)
    grid = dict.fromkeys(configuration.rungs, configuration.strengths)
    metrics: dict[str, float] = {}
    answer, chosen = configuration.rungs[-1], {rung: s[:1] for rung, s in grid.items()}
    if configuration.held_out:
        order = np.random.default_rng(setting.seed).permutation(len(data.train.texts))
        kept, rest = order[: configuration.held_out], order[configuration.held_out :]
        found = accuracies(data.train.pick(rest), data.train.pick(kept), grid, configuration)
        for rung, shares in found.items():
            chosen[rung] = (grid[rung][int(np.argmax(shares))],)
            metrics[f"{rung}_validation_accuracy"] = max(shares)
            metrics[f"{rung}_strength"] = chosen[rung][0]
        answer = max(found, key=lambda rung: max(found[rung]))
    for rung, shares in accuracies(data.train, data.test, chosen, configuration).items():
        metrics[f"{rung}_test_accuracy"] = shares[0]
    metrics["test_accuracy"] = metrics[f"{answer}_test_accuracy"]
    if data.bag_of_words_optimum is not None:
        metrics |= {"optimum": data.optimum, "bag_of_words_optimum": data.bag_of_words_optimum}
    return Result(metrics, {}, data.dataset)


# scikit-learn's defaults for the first rung; for the second those of Wang & Manning (2012).
FAITHFUL = Configuration(
    corpus="imdb",
    texts=0,
    held_out=0,
    line_breaks=True,
    marks=False,
    rungs=("tfidf_1", "nbsvm_2"),
    strengths=(1.0,),
    min_df=1,
    sublinear=False,
    smoothing=1.0,
    interpolation=0.25,
)
OURS = replace(
    FAITHFUL,
    held_out=5_000,
    line_breaks=False,
    marks=True,
    rungs=("tfidf_1", "tfidf_2", "nb_tfidf_2"),
    strengths=(10.0, 100.0),
    min_df=2,
    sublinear=True,
)
SMALL = {"corpus": "reviews", "texts": 4_000}

EXPERIMENT = Experiment(
    name="imdb_linear",
    title="Film reviews: linear models on words and n-grams",
    row=21,
    dataset="imdb",
    goals=goals(21),
    configurations={
        "small": {
            "faithful": replace(FAITHFUL, **SMALL),
            "ours": replace(OURS, **SMALL, held_out=1_000, rungs=("tfidf_1", "nb_tfidf_2")),
        },
        "medium": {"faithful": FAITHFUL, "ours": replace(OURS, rungs=("nb_tfidf_2",))},
        "full": {"faithful": FAITHFUL, "ours": OURS},
    },
    expected={
        "small": "5 seconds on a CPU",
        "medium": "2 minutes on one CPU core",
        "full": "3 minutes on one CPU core",
    },
    run=run,
)
