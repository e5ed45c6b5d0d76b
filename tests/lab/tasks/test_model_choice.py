"""The choice of a model: trials that validation decides, and texts whose words are moved."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp.lab.experiments import reviews_models
from textbook_nlp.lab.runs.checked import WrongField, changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import model_choice
from textbook_nlp.lab.tasks.model_choice import KEPT, BagTextModel, read_parts, run, shuffled

SETTING = Setting(1, torch.device("cpu"))
TINY = {
    "data.size": 300,
    "data.validation": 60,
    "learned": 200,
    "tested": 80,
    "training.epochs": 1,
}


def tiny(variant, **changes):
    return changed(reviews_models.VARIANTS[variant], TINY | changes)


def test_a_bag_of_words_does_not_notice_a_shuffle():
    metrics = run(tiny("bag"), SETTING).metrics
    kept = {metrics[f"kept_{k}_accuracy"] for k in KEPT}
    assert kept == {metrics["test_accuracy"]} == {metrics["learned_without_order_accuracy"]}
    assert metrics["verdicts_changed"] == 0
    assert metrics["bag_of_words_optimum_accuracy"] < metrics["optimum_accuracy"]


def test_validation_chooses_among_models_and_rates(monkeypatch):
    shares = iter([0.6, 0.9, 0.7, 0.8] + [0.5] * 20)
    monkeypatch.setattr(model_choice, "share_right", lambda trained, part: next(shares))
    result = run(tiny("average"), SETTING)
    assert result.curves["trials_validation_accuracy"] == [0.6, 0.9, 0.7, 0.8]
    assert (result.metrics["model"], result.metrics["rate"]) == (0, 8e-3)
    assert result.metrics["validation_accuracy"] == 0.9


def test_each_trial_learns_at_its_rate_and_the_best_learns_anew_without_order(monkeypatch):
    rates, learned = [], []

    def spy(network, train, judged, training, *rest):
        rates.append(training.optimizer.learning_rate)
        learned.append(train[0])
        learned.append(next(iter(judged))[0])

    monkeypatch.setattr(model_choice, "train_classifier", spy)
    result = run(tiny("average"), SETTING)
    assert rates == [2e-3, 8e-3, 2e-3, 8e-3, result.metrics["rate"]]
    for before, after in zip(learned[:2], learned[-2:], strict=True):
        assert before.shape == after.shape
        assert not torch.equal(before, after)
    for before, after in zip(learned[0], learned[-2], strict=True):
        assert sorted(before.tolist()) == sorted(after.tolist())


def test_parts_are_disjoint_and_of_the_sizes_asked_for():
    data, train, validation, test, V = read_parts(tiny("bag"))
    assert [len(part[1]) for part in (train, validation, test)] == [200, 60, 80]
    assert train[0].max() < V
    assert len(data.train.texts) == 300


@pytest.mark.parametrize("changes", [{"learned": 241}, {"tested": 151}, {"data.validation": 0}])
def test_more_texts_than_there_are_is_refused(changes):
    with pytest.raises(ValueError, match="there are 300 and 150"):
        read_parts(tiny("bag", **changes))


@pytest.mark.parametrize("kept", [1, 2, 3, 50])
def test_a_shuffle_keeps_runs_words_and_padding(kept):
    rows = [[*range(1, n + 1), *[0] * (40 - n)] for n in (40, 7, 1, 0)]
    ids, labels = torch.tensor(rows), torch.tensor([0, 1, 0, 1])
    found, same = shuffled((ids, labels), kept, seed=3)
    assert torch.equal(same, labels)
    for row, old in zip(found.numpy(), ids.numpy(), strict=True):
        n = int((old != 0).sum())
        assert sorted(row[:n]) == sorted(old[:n])
        assert not row[n:].any()
    long = found[0].numpy()
    broken = int((np.diff(long) != 1).sum())
    assert broken <= 40 // kept + 1
    if kept < 10:
        assert broken >= 40 // kept // 2


def test_padding_in_front_moves_behind():
    ids = torch.tensor([[0, 0, 5, 6]])
    found, _ = shuffled((ids, torch.tensor([1])), 9, seed=0)
    assert found.tolist() in ([[5, 6, 0, 0]], [[6, 5, 0, 0]])


def test_pairs_fall_when_the_order_goes():
    configuration = tiny("pairs", **{"data.size": 3000, "learned": 2000, "tested": 1000})
    metrics = run(configuration, SETTING).metrics
    assert metrics["test_accuracy"] > metrics["kept_4_accuracy"] > metrics["kept_1_accuracy"]


def test_wrong_fields_are_refused():
    with pytest.raises(WrongField, match="C is 0"):
        BagTextModel(1, 0.0)
    with pytest.raises(WrongField, match="models"):
        replace(reviews_models.BAG, models=())
