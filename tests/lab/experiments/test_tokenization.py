"""Ways of cutting text: the measures against counts by hand, on generated and on real text."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp import device
from textbook_nlp.lab.experiments import tokenization
from textbook_nlp.lab.experiments.tokenization import Texts, levels, measure, subwords, whole_words
from textbook_nlp.lab.runs import registry
from textbook_nlp.lab.runs.experiment import Setting, record_of
from textbook_nlp.lab.runs.ledger import from_json, to_json

SMALL = replace(tokenization.EXPERIMENT.configurations["small"]["ours"], texts=500)


def timeless(metrics):
    return {name: value for name, value in metrics.items() if not name.endswith("seconds")}


def test_words_are_measured_as_counted_by_hand():
    texts = Texts(["the cat sat", "The cat!"], ["the dog sat. A dog", "", "cat"])
    metrics = measure(texts, whole_words())
    assert metrics["vocabulary"] == 5
    np.testing.assert_allclose(metrics["unknown"], 3 / 6)
    np.testing.assert_allclose(metrics["tokens_per_word"], 6 / 6)
    assert measure(texts, whole_words(3))["vocabulary"] == 3
    np.testing.assert_allclose(measure(texts, whole_words(3))["unknown"], 5 / 6)


def test_characters_are_measured_as_counted_by_hand():
    texts = Texts(["ab c"], ["a d", "bb"])
    metrics = measure(texts, levels(SMALL, "headlines")["character"])
    assert metrics["vocabulary"] == 6
    np.testing.assert_allclose(metrics["unknown"], 1 / 5)
    np.testing.assert_allclose(metrics["tokens_per_word"], 5 / 3)


def test_subwords_know_every_text():
    metrics = measure(Texts(["low lower lowest"], ["하 é", "low"]), subwords(260))
    assert metrics["vocabulary"] == 260
    assert metrics["unknown"] == 0
    # Three bytes, a blank and two bytes, and one merged word.
    np.testing.assert_allclose(metrics["tokens_per_word"], (3 + 1 + 2 + 1) / 3)


def test_korean_is_also_cut_into_letters():
    texts = Texts(["한글 ㅋ"], ["한글"])
    chosen = levels(SMALL, "nsmc")
    lengths = {
        level: measure(texts, chosen[level])["tokens_per_word"]
        for level in ("syllable", "jamo", "keyboard")
    }
    assert lengths == {"syllable": 2, "jamo": 6, "keyboard": 6}
    assert "jamo" not in levels(SMALL, "sarcasm")


def test_finer_cuts_are_longer_and_know_more():
    metrics = tokenization.run(SMALL, Setting(0, torch.device("cpu"))).metrics
    sizes = (SMALL.largest, SMALL.middle, SMALL.smallest)
    lengths = [metrics[f"headlines_subword_{size}_tokens_per_word"] for size in sizes]
    lengths = [metrics["headlines_word_tokens_per_word"], *lengths]
    lengths.append(metrics["headlines_character_tokens_per_word"])
    assert lengths == sorted(lengths)
    limited = metrics[f"headlines_word_{SMALL.words}_unknown"]
    assert limited > metrics["headlines_word_unknown"] > 0


def test_a_run_makes_a_valid_record(monkeypatch):
    experiment = registry.get("tokenization")
    results = [experiment.run(SMALL, Setting(seed, torch.device("cpu"))) for seed in (0, 0, 1)]
    assert timeless(results[0].metrics) == timeless(results[1].metrics)
    assert results[0].dataset == results[1].dataset != results[2].dataset
    monkeypatch.setitem(experiment.configurations["small"], "ours", SMALL)
    run = registry.run(
        "tokenization", configuration="ours", scale="small", device=device.pick("cpu")
    )
    record = record_of(experiment, [run])
    assert from_json(to_json(record), "here") == record


def test_every_goal_is_measured_at_full_scale():
    full = tokenization.FULL
    known = {
        f"{corpus}_{level}_{metric}"
        for corpus in ("sarcasm", "nsmc")
        for level in levels(full, corpus)
        for metric in ("unknown", "tokens_per_word")
    }
    assert {goal.metric for goal in tokenization.EXPERIMENT.goals} <= known


def test_the_real_corpora_are_split_as_published():
    if not os.environ.get("TEXTBOOK_NLP_DATA"):
        pytest.skip("TEXTBOOK_NLP_DATA names no folder with the corpora")
    texts = tokenization.read(tokenization.FULL, seed=0)
    sizes = {name: (len(part.train), len(part.held_out)) for name, part in texts.items()}
    assert sizes == {"sarcasm": (20_000, 6_709), "nsmc": (150_000, 50_000)}
    some = tokenization.read(replace(tokenization.FULL, texts=10), seed=0)["nsmc"]
    assert some.train == texts["nsmc"].train[:10]
