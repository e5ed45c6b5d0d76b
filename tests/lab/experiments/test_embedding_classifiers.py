"""Rows 15 and 22: what a run reports, which texts it sees, and that it repeats itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp.lab.experiments import imdb_last_words, sarcasm_embedding
from textbook_nlp.lab.experiments.embedding_classifiers import encode
from textbook_nlp.lab.experiments.labeled_texts import LabeledTexts, Texts
from textbook_nlp.lab.runs.experiment import Setting, measure, record_of
from textbook_nlp.lab.runs.ledger import from_json, to_json

CPU = torch.device("cpu")
EXPERIMENTS = (imdb_last_words.EXPERIMENT, sarcasm_embedding.EXPERIMENT)
TINY = {"texts": 400, "held_out": 100, "epochs": 3, "num_words": 200}


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
@pytest.mark.parametrize("name", ["faithful", "ours"])
def test_a_small_run_reports_what_its_goals_ask_for_and_repeats_itself(experiment, name):
    configuration = replace(experiment.configurations["small"][name], **TINY)
    results = [experiment.run(configuration, Setting(seed, CPU)) for seed in (1, 1, 2)]
    first, again, other = results
    assert first.metrics == again.metrics
    assert first.curves["train_nats"] == again.curves["train_nats"] != other.curves["train_nats"]
    assert first.curves["train_nats"][-1] < first.curves["train_nats"][0]
    assert {goal.metric for goal in experiment.goals} <= set(first.metrics)
    best = first.metrics["best_epoch"]
    curve = first.curves["validation_accuracy"]
    assert first.metrics["validation_accuracy"] == max(curve) == curve[best - 1]
    assert first.metrics["last_validation_accuracy"] == curve[-1]
    assert 0.5 < first.metrics["optimum_accuracy"] < 1


def test_where_nothing_is_held_out_the_test_part_chooses():
    configuration = replace(
        sarcasm_embedding.EXPERIMENT.configurations["small"]["faithful"], **TINY | {"held_out": 0}
    )
    metrics = sarcasm_embedding.EXPERIMENT.run(configuration, Setting(0, CPU)).metrics
    assert metrics["validation_accuracy"] == metrics["test_accuracy"]


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_the_record_can_be_read_back(experiment):
    tiny = {name: replace(c, **TINY) for name, c in experiment.configurations["small"].items()}
    small = replace(experiment, configurations={"small": tiny})
    run = measure(small, scale="small", configuration="ours", seed=0, device=CPU)
    record = record_of(experiment, [run])
    assert from_json(to_json(record), experiment.name) == record


def test_parameters_are_those_of_the_sources():
    data = LabeledTexts(
        Texts([" ".join(f"w{i}" for i in range(12_000))] * 2, np.zeros(2, np.int64)),
        Texts(["w1"], np.zeros(1, np.int64)),
        {},
    )
    for experiment in EXPERIMENTS:
        configuration = experiment.configurations["full"]["faithful"]
        *_, V = encode(replace(configuration, held_out=1), data)
        assert V == 10_000


def test_words_are_those_of_the_part_to_learn_from():
    texts = Texts(["a b<br />c!", "a b", "only here"], np.array([0, 1, 1]))
    test = Texts(["c only", ""], np.array([1, 0]))
    configuration = replace(imdb_last_words.OURS, held_out=1, length=3, num_words=100, marks=True)
    train, held_out, reported, V = encode(configuration, LabeledTexts(texts, test, {}))
    assert V == 6  # padding, unknown, a, b, c, !
    np.testing.assert_array_equal(train[0], [[3, 4, 5], [0, 2, 3]])
    np.testing.assert_array_equal(held_out[0], [[0, 1, 1]])
    np.testing.assert_array_equal(reported[0], [[0, 4, 1], [0, 0, 0]])
    np.testing.assert_array_equal(reported[1], [1, 0])
    breaks = encode(replace(configuration, line_breaks=True), LabeledTexts(texts, test, {}))
    assert breaks[3] > V
    pairs = encode(replace(configuration, buckets=7), LabeledTexts(texts, test, {}))
    assert pairs[0][0].shape == (2, 5)
    assert (pairs[0][0][:, 3:] >= V).tolist() == [[True, True], [False, True]]
