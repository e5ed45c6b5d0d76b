"""Counted vectors: the parts by hand, what the vectors are asked, the real corpus where it is."""

import numpy as np
import pytest
import scipy.sparse
import torch

from textbook_nlp.lab.experiments.ptb_counts import EXPERIMENT, FAITHFUL
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks import counted_vectors
from textbook_nlp.lab.tasks.counted_vectors import embed, score
from textbook_nlp.lab.tasks.word_questions import QuestionedText, read_words
from textbook_nlp.vectors import Embeddings

CPU = Setting(0, torch.device("cpu"))
LINES = [["you", "say", "goodbye"], ["i", "say", "hello"]] * 3


def test_words_are_numbered_by_first_appearance_and_counted_across_sentences():
    configuration = changed(FAITHFUL, {"embedding_size": 2})
    vectors, metrics = embed(LINES, configuration, 0, {})
    assert vectors.words == ("you", "say", "goodbye", "<eos>", "i", "hello")
    assert vectors.matrix.shape == (6, 2)
    np.testing.assert_allclose(vectors.matrix.T @ vectors.matrix, np.eye(2), atol=1e-9)
    apart = changed(configuration, {"window": 1, "cross": False, "skip": ("<eos>", "say")})
    apart, fewer = embed(LINES, apart, 0, {})
    assert apart.words == ("you", "goodbye", "i", "hello")
    assert fewer["vocabulary"] == 4
    assert fewer["counts_nonzero"] == 4
    assert metrics["counts_nonzero"] > fewer["counts_nonzero"]
    steps = [metrics[f"{step}_cpu_seconds"] for step in ("encode", "count", "ppmi", "svd")]
    np.testing.assert_allclose(sum(steps), metrics["cpu_seconds"])


def test_rows_are_ranked_by_their_cosine():
    rows = scipy.sparse.csr_array(np.array([[2.0, 0.0], [4.0, 0.1], [1.0, 1.0], [0.0, 0.0]]))
    index = {"a": 0, "b": 1, "c": 2, "d": 3}
    pairs = [("A", "b", 9.0), ("a", "c", 5.0), ("a", "d", 1.0), ("a", "missing", 7.0)]
    np.testing.assert_allclose(counted_vectors.rho_of_rows(rows, index, pairs), 1)
    turned = [(a, b, -s) for a, b, s in pairs]
    np.testing.assert_allclose(counted_vectors.rho_of_rows(rows, index, turned), -1)


def test_scores_are_those_of_the_vectors():
    matrix = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    pairs = {"set": [("you", "we", 9.0), ("you", "far", 1.0)]}
    data = QuestionedText([], pairs, {"none": []}, Dataset("none", None))
    metrics = score(Embeddings(("you", "we", "far"), matrix), data)
    np.testing.assert_allclose(metrics["set_rho"], 1)
    assert (metrics["set_used"], metrics["set_total"], metrics["analogies_total"]) == (2, 2, 0)
    np.testing.assert_allclose(metrics["cosine_you_we"], 1 / np.sqrt(1.01))
    np.testing.assert_allclose(metrics["cosine_you_far"], 0)


def test_equal_seeds_give_equal_vectors():
    configuration = changed(EXPERIMENT.configuration("faithful", "small"), {"data.sentences": 300})
    sentences = read_words(configuration.data, 3).sentences
    first, second = (embed(sentences, configuration, 3, {})[0] for _ in range(2))
    np.testing.assert_array_equal(first.matrix, second.matrix)


@pytest.mark.parametrize("variant", ["faithful", "ours"])
def test_planted_meaning_is_found(variant):
    metrics = counted_vectors.run(EXPERIMENT.configuration(variant, "small"), CPU).metrics
    assert metrics["planted_used"] == metrics["planted_total"] == 276
    assert metrics["planted_rho"] > 0.6
    assert metrics["planted_rho_of_ppmi"] > metrics["planted_rho_of_counts"]


@pytest.mark.corpora("ptb", "wordsim353", "simlex999")
def test_the_real_corpus():
    metrics = counted_vectors.run(FAITHFUL, CPU).metrics
    assert (metrics["vocabulary"], metrics["counts_nonzero"]) == (10_000, 962_242)
    assert (metrics["wordsim353_used"], metrics["simlex999_used"]) == (237, 575)
    assert metrics["wordsim353_dev_total"] + metrics["wordsim353_test_total"] == 353
    assert 0.15 < metrics["wordsim353_rho"] < 0.4
    assert {"cosine_you_we", "cosine_year_month", "cosine_car_auto"} <= metrics.keys()
