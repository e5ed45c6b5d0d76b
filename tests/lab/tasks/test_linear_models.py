"""Linear models: the features of each rung by hand, how it chooses, and what a run reports."""

import numpy as np
import pytest
import torch

from textbook_nlp.bags import BagOfWords, TfIdf, log_count_ratio
from textbook_nlp.lab.experiments.imdb_linear import EXPERIMENT, FAITHFUL, OURS
from textbook_nlp.lab.runs.checked import WrongField, changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import linear_models
from textbook_nlp.lab.tasks.labeled_texts import LabeledTexts
from textbook_nlp.lab.tasks.linear_models import Rung

TEXTS = LabeledTexts(["good good film", "bad film", "good", "bad bad"], np.array([1, 0, 1, 0]))
SETTING = Setting(0, torch.device("cpu"))


@pytest.fixture
def counts():
    return BagOfWords.fit(TEXTS.texts).counts(TEXTS.texts)


def test_the_features_by_hand(counts):
    found = {
        kind: FAITHFUL.features(kind, counts, TEXTS.labels)(counts).toarray()
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
    damped = OURS.features("tfidf", counts, TEXTS.labels)(counts).toarray()
    expected = TfIdf.fit(counts, sublinear=True).weigh(counts).toarray()
    np.testing.assert_allclose(damped, expected)


@pytest.mark.usefixtures("shapes_unchecked")
def test_features_that_there_are_not_are_refused():
    with pytest.raises(WrongField, match=r"Rung\.kind is 'raw'; expected 'binary' or 'tfidf'"):
        Rung("raw", 1)


def test_the_strength_that_is_best_on_what_is_held_out_is_chosen(monkeypatch):
    """The answer is chosen by validation even where another rung is better on the test part."""
    seen = []
    words, pairs = Rung("tfidf", 1), Rung("nb_tfidf", 2)

    def fake(configuration, learn, judge, grid):
        seen.append((len(learn.texts), len(judge.texts), dict(grid)))
        if len(seen) == 1:
            return {words: [0.7, 0.8], pairs: [0.9, 0.6]}
        return {words: [0.99], pairs: [0.85]}

    monkeypatch.setattr(linear_models, "accuracies", fake)
    small = EXPERIMENT.configuration("ours", "small")
    small = changed(small, {"data.size": 100, "data.validation": 30})
    metrics = linear_models.run(small, SETTING).metrics
    assert seen[0][:2] == (70, 30)
    assert seen[1] == (100, 50, {words: (100.0,), pairs: (10.0,)})
    assert metrics["test_accuracy"] == metrics["nb_tfidf_2_test_accuracy"] == 0.85
    assert metrics["tfidf_1_strength"] == 100.0
    assert metrics["nb_tfidf_2_validation_accuracy"] == 0.9


@pytest.mark.parametrize("name", ["faithful", "ours"])
def test_every_rung_is_better_than_chance_and_none_than_the_optimum(name):
    small = changed(EXPERIMENT.configuration(name, "small"), {"data.size": 600})
    if name == "ours":
        small = changed(small, {"data.validation": 150})
    metrics = linear_models.run(small, SETTING).metrics
    assert 0.55 < metrics["test_accuracy"] < metrics["optimum"]
    for rung in small.rungs:
        assert 0.5 < metrics[f"{rung.name}_test_accuracy"] < 1.0
