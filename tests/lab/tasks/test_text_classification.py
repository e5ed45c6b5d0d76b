"""Classification: what a run reports, and which texts it sees."""

import numpy as np
import pytest
import torch

from textbook_nlp.lab.experiments import (
    imdb_convnet,
    imdb_last_words,
    imdb_lstm,
    imdb_rnn,
    sarcasm_bilstm,
    sarcasm_embedding,
)
from textbook_nlp.lab.runs.checked import WrongField, changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.labeled_texts import LabeledParts, LabeledTexts
from textbook_nlp.lab.tasks.text_classification import encode, run
from textbook_nlp.lab.tasks.text_models import Committee, PatternTextModel
from textbook_nlp.models import count_parameters

SETTING = Setting(1, torch.device("cpu"))
EXPERIMENTS = (imdb_last_words.EXPERIMENT, sarcasm_embedding.EXPERIMENT)
TINY = {
    "data.size": 400,
    "data.validation": 100,
    "training.epochs": 3,
    "encoding.num_words": 200,
}


def small(experiment, variant, **changes):
    return changed(experiment.configuration(variant, "small"), {**TINY, **changes})


def parts(train, test):
    return LabeledParts(train, test, Dataset("made", {"all": "0" * 64}))


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
@pytest.mark.parametrize("variant", ["faithful", "ours"])
def test_the_best_epoch_is_reported_beside_the_last(experiment, variant):
    result = run(small(experiment, variant), SETTING)
    metrics, curve = result.metrics, result.curves["validation_accuracy"]
    assert result.curves["train_nats"][-1] < result.curves["train_nats"][0]
    assert metrics["validation_accuracy"] == max(curve) == curve[metrics["best_epoch"] - 1]
    assert metrics["last_validation_accuracy"] == curve[-1]
    assert 0.5 < metrics["optimum_accuracy"] < 1


def test_without_a_validation_part_the_test_part_chooses():
    configuration = small(EXPERIMENTS[1], "faithful", **{"data.validation": 0})
    metrics = run(configuration, SETTING).metrics
    assert metrics["validation_accuracy"] == metrics["test_accuracy"]


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_parameters_are_those_of_the_sources(experiment):
    words = " ".join(f"w{i}" for i in range(12_000))
    data = parts(
        LabeledTexts([words] * 2, np.zeros(2, np.int64)),
        LabeledTexts(["w1"], np.zeros(1, np.int64)),
    )
    configuration = changed(experiment.variants["faithful"], {"data.validation": 1})
    *_, V = encode(configuration, data)
    assert V == 10_000


def test_words_are_those_of_the_part_to_learn_from():
    train = LabeledTexts(["a b c!", "a b", "only here"], np.array([0, 1, 1]))
    test = LabeledTexts(["c only", ""], np.array([1, 0]))
    configuration = changed(
        imdb_last_words.OURS,
        {
            "data.validation": 1,
            "encoding.length": 3,
            "encoding.num_words": 100,
            "encoding.marks": True,
        },
    )
    learned, validation, reported, V = encode(configuration, parts(train, test))
    assert V == 6  # padding, unknown, a, b, c, !
    np.testing.assert_array_equal(learned[0], [[3, 4, 5], [0, 2, 3]])
    np.testing.assert_array_equal(validation[0], [[0, 1, 1]])
    np.testing.assert_array_equal(reported[0], [[0, 4, 1], [0, 0, 0]])
    np.testing.assert_array_equal(reported[1], [1, 0])
    pairs = encode(changed(configuration, {"encoding.buckets": 7}), parts(train, test))
    assert pairs[0][0].shape == (2, 5)
    assert (pairs[0][0][:, 3:] >= V).tolist() == [[True, True], [False, True]]


def test_texts_may_be_turned_around_and_be_read_by_characters():
    train = LabeledTexts(["a b c d", "영화 영화 좋아"], np.array([0, 1]))
    base = changed(imdb_rnn.FAITHFUL, {"data.validation": 1, "encoding.length": 3})
    turned = encode(changed(base, {"encoding.backwards": True}), parts(train, train))
    np.testing.assert_array_equal(turned[0][0], [[4, 3, 2]])  # the first three words, c b a
    data = parts(train.pick(np.array([1, 0])), train)
    read = encode(changed(base, {"encoding.units": "characters", "encoding.length": 8}), data)
    assert read[0][0].tolist() == [[2, 3, 4, 2, 3, 4, 5, 6]]  # 영 화 and the blank, twice
    assert read[3] == 7


def test_a_recurrent_model_has_the_parameters_of_the_source():
    torch.manual_seed(0)
    model = sarcasm_bilstm.FAITHFUL.model.build(10_000, 100)
    assert count_parameters(model) == 246_913
    for cell, parameters in (("rnn", 2_080), ("lstm", 8_320), ("gru", 6_240)):
        model = changed(imdb_rnn.FAITHFUL.model, {"cell": cell}).build(10_000, 500)
        assert count_parameters(model) == 320_000 + parameters + 33


def test_a_convnet_has_the_parameters_of_the_source_and_reads_what_its_encoding_gives():
    torch.manual_seed(0)
    faithful, ours, then_gru = (
        imdb_convnet.EXPERIMENT.variants[name].model
        for name in ("faithful", "ours", "convolution_gru")
    )
    assert count_parameters(faithful.build(10_000, 500)) == 1_315_937
    assert not faithful.skips_padding
    gru = 3 * 32 * (32 + 32 + 1)  # with one bias, as Keras has it
    assert count_parameters(then_gru.build(10_000, 500)) == 1_315_937 + gru
    patterns = sum(64 * 64 * K + 64 for K in (1, 2, 3))
    assert count_parameters(ours.build(30_000, 0)) == 30_000 * 64 + patterns + 3 * 64 + 1
    ids = torch.tensor([[2, 3, 0, 0, 0], [4, 5, 6, 2, 3]])
    for model in (ours, then_gru):
        assert model.skips_padding
        built = model.build(10, 5).eval()
        torch.testing.assert_close(built(ids)[:1], built(ids[:1, :2]))


def test_a_size_of_kernel_is_named_once():
    with pytest.raises(WrongField, match=r"kernel_sizes is \(2, 2\); expected .* each once"):
        PatternTextModel(4, (2, 2), 3)


def test_a_committee_averages_the_logits_of_its_members():
    torch.manual_seed(0)
    members = [imdb_rnn.FAITHFUL.model.build(9, 5).eval() for _ in range(3)]
    ids = torch.randint(9, (4, 5))
    expected = sum(member(ids) for member in members) / 3
    torch.testing.assert_close(Committee(members)(ids), expected)
    two = run(small(imdb_lstm.EXPERIMENT, "ours", **{"members": 2, "training.epochs": 1}), SETTING)
    one = run(small(imdb_lstm.EXPERIMENT, "ours", **{"members": 1, "training.epochs": 1}), SETTING)
    assert two.metrics["parameters"] == 2 * one.metrics["parameters"]
    assert one.metrics["validation_accuracy"] == one.curves["validation_accuracy"][0]
