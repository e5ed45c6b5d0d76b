"""The linear classifier against scikit-learn's, and naive Bayes' ratios against their formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
from textbook_nlp.data.generators import Reviews

peers = pytest.importorskip("sklearn.linear_model")


def problem(seed, rows=60, columns=12):
    """Sparse counts, and labels that depend on them with some noise."""
    rng = np.random.default_rng(seed)
    x = rng.poisson(0.5, (rows, columns)).astype(float)
    labels = (x @ rng.normal(size=columns) + rng.normal(size=rows) > 0).astype(int)
    labels[:2] = 0, 1
    return csr_array(x), labels


@pytest.mark.parametrize("C", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_logistic_regression_is_that_of_scikit_learn(C, with_bias, seed):
    x, labels = problem(seed)
    peer = peers.LogisticRegression(C=C, fit_intercept=with_bias, tol=1e-9, max_iter=10_000)
    peer.fit(x, labels)
    for features in (x, x.toarray()):
        ours = LinearClassifier.fit(features, labels, C, with_bias=with_bias, tolerance=1e-7)
        np.testing.assert_allclose(ours.weights, peer.coef_[0], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(ours.bias, np.ravel(peer.intercept_)[0], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(
            ours.decision_function(x), peer.decision_function(x), rtol=1e-3, atol=1e-3
        )
        np.testing.assert_array_equal(ours.predict(x), peer.predict(x))
        np.testing.assert_allclose(ours.accuracy(x, labels), peer.score(x, labels))
    assert ours.steps > 0


@pytest.mark.parametrize("C", [0.1, 3.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_squared_hinge_is_a_support_vector_machine(C, seed):
    from sklearn.svm import LinearSVC

    x, labels = problem(seed)
    peer = LinearSVC(C=C, fit_intercept=False, tol=1e-9, max_iter=100_000, dual=False)
    peer.fit(x, labels)
    ours = LinearClassifier.fit(x, labels, C, "squared_hinge", with_bias=False)
    np.testing.assert_allclose(ours.weights, peer.coef_[0], rtol=1e-3, atol=1e-4)
    assert ours.bias == 0.0


@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
def test_large_margins_do_not_overflow(loss):
    x, labels = np.array([[1e4], [-1e4], [5e3], [1e4]]), [1, 0, 0, 1]
    with np.errstate(over="raise", invalid="raise"):
        found = LinearClassifier.fit(x, labels, 1e-2, loss, tolerance=1e-2)
    assert np.isfinite(found.weights).all()


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_no_other_weights_are_better(seed):
    x, labels = problem(seed, rows=20, columns=4)
    signs = 2 * labels - 1
    best = LinearClassifier.fit(x, labels, 2.0)

    def total(weights, bias):
        loss = np.log1p(np.exp(-signs * (x @ weights + bias)))
        return 0.5 * weights @ weights + 2.0 * loss.sum()

    least = total(best.weights, best.bias)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        away = rng.normal(0, 0.1, 4), rng.normal(0, 0.1)
        assert total(best.weights + away[0], best.bias + away[1]) > least


def test_reviews_without_order_are_learned_nearly_to_the_optimum():
    generator = Reviews(negated=0.0, contrast=0.0)
    texts, labels = generator.sample(3_000, 0)
    bag = BagOfWords.fit(texts[:2_000])
    counts = bag.counts(texts[:2_000])
    weights = TfIdf.fit(counts)
    classifier = LinearClassifier.fit(weights.weigh(counts), labels[:2_000])
    accuracy = classifier.accuracy(weights.weigh(bag.counts(texts[2_000:])), labels[2_000:])
    assert accuracy > generator.bag_of_words_optimum().value - 0.04


def test_log_count_ratios_by_hand():
    x = csr_array(np.array([[1.0, 0, 2], [0, 1, 0], [0, 3, 1]]))
    p, q = np.array([2.0, 1, 3]), np.array([1.0, 5, 2])
    expected = np.log((p / 6) / (q / 8))
    np.testing.assert_allclose(log_count_ratio(x, [1, 0, 0]), expected)
    np.testing.assert_allclose(log_count_ratio(x, np.array([True, False, False])), expected)
    p, q = p - 0.5, q - 0.5
    np.testing.assert_allclose(log_count_ratio(x, [1, 0, 0], 0.5), np.log((p / 4.5) / (q / 6.5)))


def test_equal_weights_on_scaled_columns_are_naive_bayes():
    from sklearn.naive_bayes import MultinomialNB

    texts, labels = Reviews().sample(500, 1)
    counts = BagOfWords.fit(texts).counts(texts)
    x = weighted(counts, "binary")
    ratios = log_count_ratio(x, labels)
    prior = np.log(labels.mean() / (1 - labels.mean()))
    scores = np.asarray(scale_columns(x, ratios).sum(axis=1)) + prior
    peer = MultinomialNB().fit(x, labels)
    expected = np.diff(peer.predict_joint_log_proba(x), axis=1)[:, 0]
    np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-9)


def test_interpolation_goes_from_equal_weights_to_the_trained_ones():
    trained = LinearClassifier(np.array([1.0, -3.0]), 0.5, 7)
    np.testing.assert_allclose(interpolate_weights(trained, 1.0).weights, trained.weights)
    np.testing.assert_allclose(interpolate_weights(trained, 0.0).weights, [2.0, 2.0])
    middle = interpolate_weights(trained, 0.25)
    np.testing.assert_allclose(middle.weights, [1.75, 0.75])
    assert (middle.bias, middle.steps) == (0.125, 7)


X, LABELS = problem(0, rows=6, columns=3)
fit = LinearClassifier.fit


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fit(X, [1] * 6), ValueError, "all 6 labels are 1"),
        (lambda: fit(X, LABELS[:5]), ValueError, "6 rows and labels of shape"),
        (lambda: fit(X, LABELS + 1), ValueError, "give 0 and 1"),
        (lambda: fit(X, ["a"] * 6), ValueError, "a label is"),
        (lambda: fit(X * np.nan, LABELS), ValueError, "NaN or infinity"),
        (
            lambda: fit(np.full((6, 2), np.inf), LABELS),
            ValueError,
            "NaN or infinity",
        ),
        (lambda: fit(X[:0], []), ValueError, "N at least 1"),
        (lambda: fit(np.zeros(6), LABELS), ValueError, r"shape \(6,\); expected"),
        (lambda: fit(X, LABELS, 0.0), ValueError, "C is"),
        (lambda: fit(X, LABELS, np.nan), ValueError, "C is"),
        (lambda: fit(X, LABELS, loss="hinge"), ValueError, "loss is 'hinge'"),
        (lambda: fit(X * 1e3, LABELS, steps=2), RuntimeError, "within 2 steps"),
        (
            lambda: fit(X, LABELS).decision_function(X[:, :2]),
            ValueError,
            "3 weights",
        ),
        (lambda: fit(X, LABELS).accuracy(X, LABELS[:2]), ValueError, "6 rows"),
        (lambda: log_count_ratio(X, [0] * 6), ValueError, "nothing to tell apart"),
        (lambda: log_count_ratio(X, LABELS, 0.0), ValueError, "smoothing is 0"),
        (lambda: log_count_ratio(X * np.nan, LABELS), ValueError, "NaN"),
        (lambda: scale_columns(X, np.ones(2)), ValueError, "2 factors for 3 columns"),
        (
            lambda: interpolate_weights(fit(X, LABELS), 1.5),
            ValueError,
            r"beta is 1\.5",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
