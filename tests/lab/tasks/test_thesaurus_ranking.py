"""Ranking pairs with a thesaurus: on the small one of the book, and on one made here."""

import numpy as np
import torch

from textbook_nlp.data import samples
from textbook_nlp.data.corpora import PennTreebank
from textbook_nlp.lab.experiments.wordnet_similarity import EXPERIMENT
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import thesaurus_ranking, word_questions
from textbook_nlp.lab.tasks.thesaurus_ranking import coverage, rank
from textbook_nlp.vectors import Thesaurus

SETTING = Setting(0, torch.device("cpu"))
SMALL = Thesaurus.load(samples.path("thesaurus.json"))
PAIRS = [("Goose", "duck", 9.0), ("goose", "dog", 6.0), ("goose", "car", 2.0), ("goose", "x", 5.0)]


def test_pairs_are_ranked_and_unknown_ones_counted():
    result = rank(SMALL, PAIRS)
    assert result == {"rho": result["rho"], "used": 3, "total": 4, "values": 3, "unjoined": 0}
    np.testing.assert_allclose(result["rho"], 1)


def test_coverage_is_that_of_types_and_tokens():
    found = coverage(SMALL, [["the", "goose", "saw"], ["the", "goose", "goose"]])
    np.testing.assert_allclose([found["known_types"], found["known_tokens"]], [1 / 3, 1 / 2])


def test_every_pair_of_the_small_thesaurus_is_asked():
    metrics = thesaurus_ranking.run(EXPERIMENT.configuration("ours", "small"), SETTING).metrics
    assert (metrics["words"], metrics["pairs"], metrics["values"]) == (113, 6328, 9)
    assert 0 < metrics["known_tokens"] < 0.1


def test_a_real_thesaurus_is_asked_for_both_sets(monkeypatch):
    corpus = PennTreebank([["goose", "the", "duck"], ["dog"]], [], [])
    made = {"wordnet": SMALL, "ptb": corpus, "simlex999": PAIRS, "wordsim353": sorted(PAIRS * 2)}
    made["analogies"] = {}
    monkeypatch.setattr(word_questions.corpora, "load", made.__getitem__)
    metrics = thesaurus_ranking.run(EXPERIMENT.variants["ours"], SETTING).metrics
    assert (metrics["simlex999_used"], metrics["wordsim353_total"]) == (3, 8)
    # Of the four pairs the text has both words of two, whatever their case.
    assert (metrics["simlex999_shared_used"], metrics["simlex999_shared_total"]) == (2, 2)
    assert (metrics["wordsim353_test_total"], metrics["wordsim353_test_shared_used"]) == (4, 2)
    assert {goal.metric for goal in EXPERIMENT.goals} <= metrics.keys()
