"""Row 16: mixed features, coverage by hand, and what a run reports."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from textbook_nlp.lab.experiments.imdb_few_labels import EXPERIMENT
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import few_labels
from textbook_nlp.lab.tasks.few_labels import choose, coverage, mixed
from textbook_nlp.lab.tasks.labeled_texts import LabeledTexts
from textbook_nlp.vectors.embeddings import Embeddings

CPU = torch.device("cpu")


def tiny(name, **changes):
    small = EXPERIMENT.configuration(name, "small")
    own = {
        "faithful": {"method.validation": 100, "method.training.epochs": 3},
        "ours": {"method.folds": 3},
    }
    return changed(small, {"data.size": 400, "labeled": 60, **own[name], **changes})


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
    part = LabeledTexts(["a a b<br />c", "d"], np.array([0, 1]))
    assert coverage(vectors, part) == {"type_coverage": 0.5, "token_coverage": 0.6}
    assert coverage(vectors[:1], part) == {"type_coverage": 0.25, "token_coverage": 0.4}


@pytest.mark.parametrize("name", ["faithful", "ours"])
def test_a_small_run_learns_something_and_says_what(name):
    result = few_labels.run(tiny(name), Setting(1, CPU))
    metrics = result.metrics
    if name == "faithful":
        assert metrics["train_accuracy"] > metrics["test_accuracy"] - 0.1
        assert metrics["validation_accuracy"] == max(result.curves["validation_accuracy"])
        assert len(result.curves["validation_accuracy"]) == 3
    else:
        assert (metrics["average_share"], metrics["words_share"]) == (1, 0)
        assert metrics["share"] > 0
    assert set(result.dataset.sha256) == {"train", "test"}
    assert metrics["token_coverage"] > 0.99
    assert 0.45 < metrics["test_accuracy"] < 0.93


def test_the_record_names_the_vectors_that_were_read(monkeypatch):
    words = ["good", "bad", "film", "the"]
    hashes = []
    for factor in (1, 2):
        glove = Embeddings(words, np.eye(4, dtype=np.float32) * factor)
        monkeypatch.setattr(few_labels.corpora, "load", {"glove_50d": glove}.__getitem__)
        configuration = tiny("faithful", vectors=("glove_50d",))
        hashes.append(few_labels.run(configuration, Setting(0, CPU)).dataset.sha256)
    assert hashes[0]["train"] == hashes[1]["train"]
    assert hashes[0]["glove_50d"] != hashes[1]["glove_50d"]
