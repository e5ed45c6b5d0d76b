"""Row 16: mixed features, coverage by hand, and what a run reports."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from textbook_nlp.lab.experiments import imdb_few_labels
from textbook_nlp.lab.experiments.imdb_few_labels import (
    EXPERIMENT,
    choose,
    coverage,
    mixed,
)
from textbook_nlp.lab.experiments.labeled_texts import Texts
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.vectors.embeddings import Embeddings

CPU = torch.device("cpu")
TINY = {"texts": 400, "labeled": 60, "validation": 100, "epochs": 3, "folds": 3}


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_inner_products_of_mixed_features_are_mixed(share):
    rng = np.random.default_rng(0)
    averages, words = rng.standard_normal((6, 3)), rng.standard_normal((6, 5))
    x = mixed(averages, csr_array(words), share)
    expected = share * averages @ averages.T + (1 - share) * words @ words.T
    np.testing.assert_allclose((x @ x.T).toarray(), expected, atol=1e-12)


def test_the_features_that_tell_the_classes_apart_are_chosen():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    good = labels[:, None] * 2.0 - 1 + 0.1 * rng.standard_normal((40, 3))
    useless = rng.standard_normal((40, 3))
    shares = (0.0, 1.0)
    share, _, accuracy = choose(good, csr_array(useless), labels, shares, 5)
    assert (share, accuracy) == (1.0, 1.0)
    assert choose(useless, csr_array(good), labels, shares, 5)[0] == 0.0
    assert choose(useless, csr_array(useless), labels, (1.0,), 5)[2] < 0.8


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
    assert set(first.dataset["sha256"]) == {"train", "test"}
    assert first.metrics["token_coverage"] > 0.99
    assert 0.45 < first.metrics["test_accuracy"] < 0.93


def test_the_record_names_the_vectors_that_were_read(monkeypatch):
    words = ["good", "bad", "film", "the"]
    glove = Embeddings(words, np.eye(4, dtype=np.float32))
    monkeypatch.setattr(imdb_few_labels.corpora, "load", {"glove_50d": glove}.__getitem__)
    small = EXPERIMENT.configurations["small"]["faithful"]
    configuration = replace(small, **TINY, vectors="glove_50d")
    first = EXPERIMENT.run(configuration, Setting(0, CPU)).dataset["sha256"]
    other = Embeddings(words, np.eye(4, dtype=np.float32) * 2)
    monkeypatch.setattr(imdb_few_labels.corpora, "load", {"glove_50d": other}.__getitem__)
    again = EXPERIMENT.run(configuration, Setting(0, CPU)).dataset["sha256"]
    assert first["train"] == again["train"]
    assert first["glove_50d"] != again["glove_50d"]
