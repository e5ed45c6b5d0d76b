"""Counting as an experiment: its parts by hand, a small run, the real corpus where it is."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse
import torch

from textbook_nlp import device
from textbook_nlp.lab.experiments import ptb_counts
from textbook_nlp.lab.experiments.ptb_counts import FAITHFUL, OURS, PLANTED, Data, embed, score
from textbook_nlp.lab.runs import registry
from textbook_nlp.lab.runs.experiment import Setting, record_of
from textbook_nlp.lab.runs.ledger import from_json, to_json
from textbook_nlp.vectors.embeddings import Embeddings

CPU = Setting(0, torch.device("cpu"))
LINES = [["you", "say", "goodbye"], ["i", "say", "hello"]] * 3
REAL = Path(os.environ.get("TEXTBOOK_NLP_DATA") or "/nowhere")


def test_words_are_numbered_by_first_appearance_and_counted_across_sentences():
    configuration = replace(FAITHFUL, dimensions=2)
    vectors, metrics = embed(LINES, configuration, 0, {})
    assert vectors.words == ("you", "say", "goodbye", "<eos>", "i", "hello")
    assert vectors.matrix.shape == (6, 2)
    np.testing.assert_allclose(vectors.matrix.T @ vectors.matrix, np.eye(2), atol=1e-9)
    apart, fewer = embed(
        LINES, replace(configuration, window=1, cross=False, skip="<eos> say"), 0, {}
    )
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
    np.testing.assert_allclose(ptb_counts.rho_of_rows(rows, index, pairs), 1)
    turned = [(a, b, -s) for a, b, s in pairs]
    np.testing.assert_allclose(ptb_counts.rho_of_rows(rows, index, turned), -1)


def test_scores_are_those_of_the_vectors():
    matrix = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    data = Data([], {"set": [("you", "we", 9.0), ("you", "far", 1.0)]}, {"none": []}, {})
    metrics = score(Embeddings(("you", "we", "far"), matrix), data)
    np.testing.assert_allclose(metrics["set_rho"], 1)
    assert (metrics["set_used"], metrics["set_total"], metrics["analogies_total"]) == (2, 2, 0)
    np.testing.assert_allclose(metrics["cosine_you_we"], 1 / np.sqrt(1.01))
    np.testing.assert_allclose(metrics["cosine_you_far"], 0)


def test_a_run_makes_a_valid_record():
    experiment = registry.get("ptb_counts")
    runs = [
        registry.run(
            "ptb_counts", configuration=configuration, scale="small", device=device.pick("cpu")
        )
        for configuration in ("faithful", "ours")
    ]
    record = record_of(experiment, runs)
    assert from_json(to_json(record), "here") == record
    assert runs[0].dataset == runs[1].dataset
    assert ptb_counts.read(PLANTED, 1).dataset != runs[0].dataset
    for run in runs:
        assert run.metrics["planted_used"] == run.metrics["planted_total"] == 276
        assert run.metrics["planted_rho"] > 0.6
        assert run.metrics["planted_rho_of_ppmi"] > run.metrics["planted_rho_of_counts"]


def test_equal_seeds_give_equal_vectors():
    data = ptb_counts.read(replace(PLANTED, sentences=300), 3)
    first, second = (embed(data.sentences, PLANTED, 3, {})[0] for _ in range(2))
    np.testing.assert_array_equal(first.matrix, second.matrix)


def test_the_two_configurations_differ_in_the_window_alone():
    assert replace(OURS, window=2) == FAITHFUL
    assert ptb_counts.EXPERIMENT.configurations["full"]["faithful"] == FAITHFUL


@pytest.mark.skipif(not (REAL / "ptb").exists(), reason="TEXTBOOK_NLP_DATA names no folder of ptb")
def test_the_real_corpus():
    result = ptb_counts.run(FAITHFUL, CPU)
    metrics = result.metrics
    assert (metrics["vocabulary"], metrics["counts_nonzero"]) == (10_000, 962_242)
    assert (metrics["wordsim353_used"], metrics["simlex999_used"]) == (237, 575)
    assert metrics["wordsim353_dev_total"] + metrics["wordsim353_test_total"] == 353
    assert 0.15 < metrics["wordsim353_rho"] < 0.4
    assert {"cosine_you_we", "cosine_year_month", "cosine_car_auto"} <= metrics.keys()
    assert {goal.metric for goal in ptb_counts.EXPERIMENT.goals} <= metrics.keys()
