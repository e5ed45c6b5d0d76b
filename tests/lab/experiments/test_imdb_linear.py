"""Row 21: the features of each rung by hand, how it chooses, and what a run reports."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp.bags import BagOfWords, TfIdf, log_count_ratio
from textbook_nlp.lab.experiments import imdb_linear
from textbook_nlp.lab.experiments.imdb_linear import EXPERIMENT, FAITHFUL, OURS, features_of
from textbook_nlp.lab.experiments.labeled_texts import Texts
from textbook_nlp.lab.runs import registry
from textbook_nlp.lab.runs.experiment import Setting, record_of
from textbook_nlp.lab.runs.ledger import from_json, to_json

TEXTS = Texts(["good good film", "bad film", "good", "bad bad"], np.array([1, 0, 1, 0]))
SETTING = Setting(0, torch.device("cpu"))


@pytest.fixture
def counts():
    return BagOfWords.fit(TEXTS.texts).counts(TEXTS.texts)


def test_the_features_by_hand(counts):
    found = {
        kind: features_of(kind, counts, TEXTS.labels, FAITHFUL)(counts).toarray()
        for kind in ("binary", "tfidf", "nb", "nbsvm", "nb_tfidf")
    }
    occurs = counts.toarray() > 0
    tf_idf = TfIdf.fit(counts).weigh(counts).toarray()
    ratios = np.log([1 / 6, 2 / 6, 3 / 6]) - np.log([3 / 6, 2 / 6, 1 / 6])
    np.testing.assert_allclose(log_count_ratio(counts.minimum(1), TEXTS.labels), ratios)
    np.testing.assert_array_equal(found["binary"], occurs)
    np.testing.assert_allclose(found["tfidf"], tf_idf)
    np.testing.assert_allclose(found["nb"], occurs * ratios)
    np.testing.assert_allclose(found["nbsvm"], found["nb"])
    np.testing.assert_allclose(found["nb_tfidf"], tf_idf * ratios)


def test_sublinear_counts_are_damped(counts):
    damped = features_of("tfidf", counts, TEXTS.labels, OURS)(counts).toarray()
    expected = TfIdf.fit(counts, sublinear=True).weigh(counts).toarray()
    np.testing.assert_allclose(damped, expected)
    with pytest.raises(ValueError, match="no features 'raw'"):
        features_of("raw", counts, TEXTS.labels, OURS)


def test_line_breaks_stay_or_go():
    part = Texts(["a<br /><br />b"], np.array([0]))
    assert imdb_linear.clean(part, FAITHFUL) == part.texts
    assert imdb_linear.clean(part, OURS) == ["a  b"]


def test_the_strength_that_is_best_on_what_is_held_out_is_chosen(monkeypatch):
    """The answer is chosen by validation even where another rung is better on the test part."""
    seen = []

    def fake(learn, judge, strengths, configuration):
        seen.append((len(learn.texts), len(judge.texts), dict(strengths)))
        if len(seen) == 1:
            return {"tfidf_1": [0.7, 0.8], "nb_tfidf_2": [0.9, 0.6]}
        return {"tfidf_1": [0.99], "nb_tfidf_2": [0.85]}

    monkeypatch.setattr(imdb_linear, "accuracies", fake)
    small = replace(EXPERIMENT.configurations["small"]["ours"], texts=100, held_out=30)
    metrics = imdb_linear.run(small, SETTING).metrics
    assert seen[0][:2] == (70, 30)
    assert seen[1] == (100, 50, {"tfidf_1": (100.0,), "nb_tfidf_2": (10.0,)})
    assert metrics["test_accuracy"] == metrics["nb_tfidf_2_test_accuracy"] == 0.85
    assert metrics["tfidf_1_strength"] == 100.0
    assert metrics["nb_tfidf_2_validation_accuracy"] == 0.9


@pytest.mark.parametrize("name", ["faithful", "ours"])
def test_a_run_makes_a_valid_record(name):
    small = replace(EXPERIMENT.configurations["small"][name], texts=600)
    small = replace(small, held_out=min(small.held_out, 150))
    results = [imdb_linear.run(small, SETTING) for _ in range(2)]
    assert results[0].metrics == results[1].metrics
    metrics = results[0].metrics
    assert 0.55 < metrics["test_accuracy"] < metrics["optimum"]
    for rung in small.rungs:
        assert 0.5 < metrics[f"{rung}_test_accuracy"] < 1.0
    assert {goal.metric for goal in EXPERIMENT.goals} <= metrics.keys()


def test_the_record_of_a_small_run(monkeypatch):
    small = replace(EXPERIMENT.configurations["small"]["faithful"], texts=300, rungs=("tfidf_1",))
    monkeypatch.setitem(EXPERIMENT.configurations["small"], "faithful", small)
    run = registry.run("imdb_linear", scale="small", device=torch.device("cpu"))
    content = to_json(record_of(EXPERIMENT, [run]))
    assert to_json(from_json(content, "here")) == content
