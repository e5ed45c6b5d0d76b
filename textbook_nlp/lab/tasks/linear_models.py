"""Climb a ladder of linear classifiers: better features, chosen by validation, judged once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

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
from textbook_nlp.lab.runs.checked import Checked, Positive, Share, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.labeled_texts import LabeledData, LabeledTexts, read_labeled
from textbook_nlp.text import PatternTokenizer

WORDS, WORDS_AND_MARKS = r"\w\w+", r"[\w']+|[^\w\s]"
Kind = Literal["binary", "tfidf", "nb", "nbsvm", "nb_tfidf"]


@dataclass(frozen=True)
class Rung(Checked):
    """One rung of the ladder.

    Attributes:
        kind: its features: `binary` (occurs), `tfidf`, `nb` (occurs, times the log-count ratio),
            `nbsvm` (the same with the squared hinge, interpolated) or `nb_tfidf` (tf–idf, times the
            ratio).
        n: of the largest n-grams.
    """

    kind: Kind
    n: Size

    @property
    def name(self) -> str:
        """What its metrics begin with."""
        return f"{self.kind}_{self.n}"


@dataclass(frozen=True)
class LinearModels(Checked):
    """What a run measures.

    Attributes:
        data: where a validation part is kept aside, the seed draws it.
        rungs: without a validation part the last is the answer, else the best on it.
        C: how much fitting counts against small weights; the best is chosen for each rung.
        marks: whether each punctuation mark is a word, and words keep apostrophes and one letter.
        min_df: leave out n-grams of fewer texts.
        sublinear: 1 + ln(tf) in place of tf.
        smoothing: α of the log-count ratio.
        interpolation: β of `nbsvm`.
    """

    data: LabeledData
    rungs: tuple[Rung, ...]
    C: tuple[Positive, ...] = (1.0,)
    marks: bool = False
    min_df: Size = 1
    sublinear: bool = False
    smoothing: Positive = 1.0
    interpolation: Share = 0.25

    def features(
        self, kind: Kind, counts: csr_array, labels: np.ndarray
    ) -> Callable[[csr_array], csr_array]:
        """Return what turns counts into features, fitted on the counts (N, V) to learn from."""
        tf_idf = TfIdf.fit(counts, sublinear=self.sublinear)

        def base(x: csr_array) -> csr_array:
            return tf_idf.weigh(x) if kind.endswith("tfidf") else weighted(x, "binary")

        if not kind.startswith("nb"):
            return base
        ratios = log_count_ratio(weighted(counts, "binary"), labels, self.smoothing)
        return lambda x: scale_columns(base(x), ratios)

    def classifier(
        self, kind: Kind, x: csr_array, labels: np.ndarray, C: float
    ) -> LinearClassifier:
        """Train one classifier on the features of one rung."""
        loss = "squared_hinge" if kind == "nbsvm" else "logistic"
        # A gradient this small moves hardly any prediction, and L-BFGS is slow at the end.
        found = LinearClassifier.fit(x, labels, C, loss, steps=5_000, tolerance=1e-2)
        return interpolate_weights(found, self.interpolation) if kind == "nbsvm" else found


def run(configuration: LinearModels, setting: Setting) -> Measurement:
    """Choose on the validation part, if there is one, then judge the test part once a rung."""
    data, kept = read_labeled(configuration.data), configuration.data.validation
    metrics: dict[str, float] = {}
    answer = configuration.rungs[-1]
    chosen = dict.fromkeys(configuration.rungs, configuration.C[:1])
    if kept:
        order = np.random.default_rng(setting.seed).permutation(len(data.train.texts))
        validation, rest = data.train.pick(order[:kept]), data.train.pick(order[kept:])
        every = dict.fromkeys(configuration.rungs, configuration.C)
        found = accuracies(configuration, rest, validation, every)
        for rung, shares in found.items():
            chosen[rung] = (configuration.C[int(np.argmax(shares))],)
            metrics[f"{rung.name}_validation_accuracy"] = max(shares)
            metrics[f"{rung.name}_strength"] = chosen[rung][0]
        answer = max(found, key=lambda rung: max(found[rung]))
    for rung, shares in accuracies(configuration, data.train, data.test, chosen).items():
        metrics[f"{rung.name}_test_accuracy"] = shares[0]
    metrics["test_accuracy"] = metrics[f"{answer.name}_test_accuracy"]
    if data.bag_of_words_optimum is not None:
        metrics |= {"optimum": data.optimum, "bag_of_words_optimum": data.bag_of_words_optimum}
    return Measurement(metrics, {}, data.dataset)


def accuracies(
    configuration: LinearModels,
    learn: LabeledTexts,
    judge: LabeledTexts,
    grid: Mapping[Rung, Sequence[float]],
) -> dict[Rung, list[float]]:
    """Return, for each rung and each C that it is tried with, the share of `judge` got right."""
    tokenize = PatternTokenizer(WORDS_AND_MARKS if configuration.marks else WORDS).tokenize
    found: dict[Rung, list[float]] = {}
    for n in sorted({rung.n for rung in grid}):
        bag = BagOfWords.fit(learn.texts, tokenize, (1, n), min_df=configuration.min_df)
        counts, others = bag.counts(learn.texts), bag.counts(judge.texts)
        for rung in (rung for rung in grid if rung.n == n):
            features = configuration.features(rung.kind, counts, learn.labels)
            x, new = features(counts), features(others)
            found[rung] = [
                configuration.classifier(rung.kind, x, learn.labels, C).accuracy(new, judge.labels)
                for C in grid[rung]
            ]
    return found


TASK = Task(run, on_cpu=True)
