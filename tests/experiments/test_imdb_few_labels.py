"""Row 16: the regression against scikit-learn, coverage by hand, and what a run reports."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from textbook_nlp.experiments.experiment import Setting
from textbook_nlp.experiments.imdb_few_labels import (
    EXPERIMENT,
    choose,
    coverage,
    kernel_logistic,
)
from textbook_nlp.experiments.labeled_texts import Texts
from textbook_nlp.text.embeddings import Embeddings

CPU = torch.device("cpu")
TINY = {"texts": 400, "labeled": 60, "validation": 100, "epochs": 3, "folds": 3}


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 10.0]))
def test_inner_products_say_all_that_the_features_do(seed, strength):
    rng = np.random.default_rng(seed)
    x, new = rng.standard_normal((20, 50)), rng.standard_normal((7, 50))
    labels = (rng.permutation(20) < 8).astype(np.int64)
    logits = kernel_logistic(x @ x.T, labels, strength)(x @ new.T)
    peer = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(x, labels)
    np.testing.assert_allclose(logits, peer.decision_function(new), rtol=1e-2, atol=1e-2)


def test_labels_of_one_class_are_refused():
    with pytest.raises(ValueError, match="all labels are equal"):
        kernel_logistic(np.eye(3), np.ones(3, np.int64), 1.0)


def test_the_features_that_tell_the_classes_apart_are_chosen():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    good = labels[:, None] * 2.0 - 1 + 0.1 * rng.standard_normal((40, 3))
    useless = rng.standard_normal((40, 3))
    shares = (0.0, 1.0)
    share, _, accuracy = choose(good @ good.T, useless @ useless.T, labels, shares, 5)
    assert (share, accuracy) == (1.0, 1.0)
    assert choose(useless @ useless.T, good @ good.T, labels, shares, 5)[0] == 0.0
    assert choose(useless @ useless.T, useless @ useless.T, labels, (1.0,), 5)[2] < 0.8


def test_coverage_counts_types_and_tokens():
    vectors = [Embeddings([word], np.ones((1, 2))) for word in ("a", "c")]
    part = Texts(["a a b<br />c", "d"], np.array([0, 1]))
    assert coverage(vectors, part) == {"type_coverage": 0.5, "token_coverage": 0.6}
    assert coverage(vectors[:1], part) == {"type_coverage": 0.25, "token_coverage": 0.4}


@pytest.mark.parametrize("name", ["faithful", "ours"])
def test_a_small_run_reports_what_its_goals_ask_for_and_repeats_itself(name):
    configuration = replace(EXPERIMENT.configurations["small"][name], **TINY)
    first, again, other = (EXPERIMENT.run(configuration, Setting(seed, CPU)) for seed in (1, 1, 2))
    assert first.metrics == again.metrics != other.metrics
    asked = {goal.metric for goal in EXPERIMENT.goals}
    if name == "faithful":
        assert first.metrics["train_accuracy"] > first.metrics["test_accuracy"] - 0.1
        assert first.metrics["validation_accuracy"] == max(first.curves["validation_accuracy"])
        asked -= {"average_test_accuracy", "words_test_accuracy"}
    else:
        assert first.metrics["average_share"] == 1
        assert first.metrics["words_share"] == 0
        assert first.metrics["share"] > 0
    assert asked <= set(first.metrics)
    assert first.metrics["token_coverage"] > 0.99
    assert 0.45 < first.metrics["test_accuracy"] < 0.93
