"""A linear classifier on sparse features: the baseline that every later model has to beat."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.sparse import csr_array, issparse
from scipy.special import expit

Features = csr_array | Float[np.ndarray, "N V"]


@dataclass(frozen=True, eq=False)
class LinearClassifier:
    """One weight a column and a bias: a text is positive where their sum is.

    Attributes:
        weights: (V,).
        bias: added to every score.
        steps: how many steps the search for them took.

    Taught in: chapter 02.
    """

    weights: Float[np.ndarray, " V"]
    bias: float
    steps: int = 0

    @classmethod
    def fit(
        cls,
        x: Features,
        labels: ArrayLike,
        C: float = 1.0,
        loss: Literal["logistic", "squared_hinge"] = "logistic",
        with_bias: bool = True,
        steps: int = 1000,
        tolerance: float = 1e-5,
    ) -> "LinearClassifier":
        """Find the weights that minimize ½‖w‖² + C · Σ loss(s (x w + b)).

        The labels are s = ±1. The logistic loss is ln(1 + e⁻ᵐ), the squared hinge, that of a
        support vector machine, max(0, 1 − m)². The bias is not penalized. L-BFGS walks downhill
        by the gradient and remembers how it has changed; there is one minimum, so the answer does
        not depend on the way.

        Args:
            x: features (N, V), sparse or dense.
            labels: N labels 0 or 1, both of which occur.
            C: how much fitting the data counts against small weights.
            loss: "logistic" or "squared_hinge".
            with_bias: whether there is a bias.
            steps: at most so many.
            tolerance: stop when no partial derivative is larger.

        Raises:
            ValueError: if C is not above 0, the loss is unknown, the features are no finite matrix,
                or the labels are not N times 0 or 1, both of them.
            RuntimeError: if the minimum was not reached within `steps`.

        Source: scikit-learn's `LogisticRegression` minimizes the same; Fan et al. (2008),
            LIBLINEAR.
        Taught in: chapter 02.
        """
        x, labels = _checked_problem(x, labels, C, loss)
        signs = 2.0 * labels - 1.0
        transposed = x.T.tocsr() if issparse(x) else x.T

        def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            weights, bias = parameters[:-1], parameters[-1]
            values, slopes = _LOSSES[loss](signs * (x @ weights + bias))
            slopes = C * signs * slopes
            gradient = np.append(transposed @ slopes + weights, slopes.sum() if with_bias else 0.0)
            return float(C * values.sum() + 0.5 * weights @ weights), gradient

        start, limits = np.zeros(x.shape[1] + 1), {"maxiter": steps, "maxfun": 4 * steps}
        options = {**limits, "gtol": tolerance, "ftol": 0.0, "maxls": 50}
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
        if found.nit >= steps:
            raise RuntimeError(
                f"the minimum was not reached within {steps} steps (largest derivative "
                f"{np.abs(found.jac).max():.1e}): allow more steps, scale the features to about "
                "equal size, or lower C"
            )
        return cls(found.x[:-1], float(found.x[-1]), int(found.nit))

    def decision_function(self, x: Features) -> Float[np.ndarray, " N"]:
        """Return x w + b for each row of `x` (N, V): above 0 for label 1.

        After logistic regression this is the logarithm of the odds of label 1.

        Raises:
            ValueError: if there is another number of columns than there are weights.
        """
        if x.ndim != 2 or x.shape[1] != len(self.weights):
            raise ValueError(
                f"the features have shape {x.shape}, the classifier {len(self.weights)} weights: "
                "make them with the vectorizer that it was fitted with"
            )
        return np.asarray(x @ self.weights + self.bias)

    def predict(self, x: Features) -> Int[np.ndarray, " N"]:
        """Return label 0 or 1 for each row of `x` (N, V).

        Raises:
            ValueError: if there is another number of columns than there are weights.

        Taught in: chapter 02.
        """
        return (self.decision_function(x) > 0).astype(np.int64)

    def accuracy(self, x: Features, labels: ArrayLike) -> float:
        """Return the share of the rows of `x` (N, V) whose label is predicted.

        Raises:
            ValueError: if there is another number of columns than weights, or of labels than rows.

        Taught in: chapter 02.
        """
        labels = _checked_labels(labels, x.shape[0])
        return float(np.mean(self.predict(x) == labels))


def _logistic(
    margin: Float[np.ndarray, " N"],
) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Loss and slope for each margin, without overflow."""
    return np.logaddexp(0.0, -margin), -expit(-margin)


def _squared_hinge(
    margin: Float[np.ndarray, " N"],
) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    lack = np.maximum(0.0, 1.0 - margin)
    return lack**2, -2.0 * lack


_LOSSES: dict[str, Callable] = {"logistic": _logistic, "squared_hinge": _squared_hinge}


def _checked_problem(
    x: Features, labels: ArrayLike, C: float, loss: str
) -> tuple[Features, Int[np.ndarray, " N"]]:
    """Return features and labels to learn from, the labels as integers; refuse any other."""
    if loss not in _LOSSES:
        raise ValueError(f"loss is {loss!r}: it is {' or '.join(map(repr, _LOSSES))}")
    if not (0 < C < np.inf):
        raise ValueError(f"C is {C}: give a number above 0")
    if not issparse(x):
        x = np.asarray(x, dtype=float)
    if x.ndim != 2 or x.shape[0] == 0:
        raise ValueError(f"the features have shape {x.shape}; expected (N, V), N at least 1")
    if not np.isfinite(x.data if issparse(x) else x).all():
        raise ValueError("the features hold NaN or infinity: look for a division by zero")
    labels = _checked_labels(labels, x.shape[0])
    if (labels == labels[0]).all():
        raise ValueError(
            f"all {len(labels)} labels are {labels[0]}: there is nothing to tell apart; give "
            "examples of both classes (is the data sorted by class, and was it cut?)"
        )
    return csr_array(x) if issparse(x) else x, labels


def _checked_labels(labels: ArrayLike, rows: int) -> Int[np.ndarray, " N"]:
    """Return the labels as integers 0 and 1."""
    array = np.asarray(labels)
    if array.shape != (rows,):
        raise ValueError(f"there are {rows} rows and labels of shape {array.shape}: give one a row")
    if not np.isin(array, (0, 1)).all():
        wrong = array[~np.isin(array, (0, 1))][0]
        raise ValueError(f"a label is {wrong!r}: give 0 and 1 (or False and True)")
    return array.astype(np.int64)


def log_count_ratio(
    x: csr_array, labels: ArrayLike, smoothing: float = 1.0
) -> Float[np.ndarray, " V"]:
    """Return how much more each column says "1" than "0": naive Bayes' weight of evidence.

    With p = α + Σ x over the texts of label 1, q the same over those of label 0, it is
    ln((p / Σp) / (q / Σq)).

    Args:
        x: counts, or 0 and 1 for "occurs" (N, V).
        labels: N labels 0 or 1, both of which occur.
        smoothing: α, as if each column had been seen that often more in both classes.

    Raises:
        ValueError: if `smoothing` is not above 0, the features are no finite matrix, or the labels
            are not N times 0 or 1, both of them.

    Source: Wang & Manning (2012), "Baselines and bigrams", section 2.2.
    """
    x, labels = _checked_problem(x, labels, C=1.0, loss="logistic")
    if not (0 < smoothing < np.inf):
        raise ValueError(f"smoothing is {smoothing}: give a number above 0")
    p, q = (smoothing + x.T @ (labels == label).astype(float) for label in (1, 0))
    return np.log(p / p.sum()) - np.log(q / q.sum())


def scale_columns(x: csr_array, factors: Float[np.ndarray, " V"]) -> csr_array:
    """Multiply each column of `x` (N, V) by its factor.

    Raises:
        ValueError: if there is another number of factors than columns.
    """
    if x.shape[1] != len(factors):
        raise ValueError(f"{len(factors)} factors for {x.shape[1]} columns: give one a column")
    return csr_array((x.data * factors[x.indices], x.indices, x.indptr), shape=x.shape)


def interpolate_weights(classifier: LinearClassifier, beta: float) -> LinearClassifier:
    """Pull all weights toward their mean size: (1 − β) · mean|w| + β · w, and the bias to β · b.

    For features that `log_count_ratio` has scaled, equal weights without a bias are naive Bayes, so
    β goes from naive Bayes (0) to the trained classifier (1).

    Args:
        classifier: trained on scaled features.
        beta: β.

    Raises:
        ValueError: if β is outside of [0, 1].

    Source: Wang & Manning (2012), "Baselines and bigrams", section 2.4.
    """
    if not 0 <= beta <= 1:
        raise ValueError(f"beta is {beta}: give a number from 0 to 1")
    mean = float(np.abs(classifier.weights).mean())
    weights = (1.0 - beta) * mean + beta * classifier.weights
    return LinearClassifier(weights, beta * classifier.bias, classifier.steps)
