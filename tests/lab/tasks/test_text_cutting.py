"""Ways of cutting text: the measures against counts by hand, on generated and on real text."""

import numpy as np
import pytest
import torch

from textbook_nlp.lab.experiments.tokenization import EXPERIMENT
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import text_cutting
from textbook_nlp.lab.tasks.text_cutting import (
    CutTexts,
    levels,
    measure_cut,
    read,
    subwords,
    whole_words,
)

SMALL = changed(EXPERIMENT.configuration("ours", "small"), {"texts": 500})


def test_words_are_measured_as_counted_by_hand():
    texts = CutTexts(["the cat sat", "The cat!"], ["the dog sat. A dog", "", "cat"])
    metrics = measure_cut(texts, whole_words())
    assert metrics["vocabulary"] == 5
    np.testing.assert_allclose(metrics["unknown"], 3 / 6)
    np.testing.assert_allclose(metrics["tokens_per_word"], 6 / 6)
    assert measure_cut(texts, whole_words(3))["vocabulary"] == 3
    np.testing.assert_allclose(measure_cut(texts, whole_words(3))["unknown"], 5 / 6)


def test_characters_are_measured_as_counted_by_hand():
    texts = CutTexts(["ab c"], ["a d", "bb"])
    metrics = measure_cut(texts, levels(SMALL, "headlines")["character"])
    assert metrics["vocabulary"] == 6
    np.testing.assert_allclose(metrics["unknown"], 1 / 5)
    np.testing.assert_allclose(metrics["tokens_per_word"], 5 / 3)


def test_subwords_know_every_text():
    metrics = measure_cut(CutTexts(["low lower lowest"], ["하 é", "low"]), subwords(260))
    assert metrics["vocabulary"] == 260
    assert metrics["unknown"] == 0
    # Three bytes, a blank and two bytes, and one merged word.
    np.testing.assert_allclose(metrics["tokens_per_word"], (3 + 1 + 2 + 1) / 3)


def test_korean_is_also_cut_into_letters():
    texts = CutTexts(["한글 ㅋ"], ["한글"])
    chosen = levels(SMALL, "nsmc")
    lengths = {
        level: measure_cut(texts, chosen[level])["tokens_per_word"]
        for level in ("syllable", "jamo", "keyboard")
    }
    assert lengths == {"syllable": 2, "jamo": 6, "keyboard": 6}
    assert "jamo" not in levels(SMALL, "sarcasm")


def test_finer_cuts_are_longer_and_know_more():
    metrics = text_cutting.run(SMALL, Setting(0, torch.device("cpu"))).metrics
    sizes = SMALL.subwords[::-1]
    lengths = [metrics[f"headlines_subword_{size}_tokens_per_word"] for size in sizes]
    lengths = [metrics["headlines_word_tokens_per_word"], *lengths]
    lengths.append(metrics["headlines_character_tokens_per_word"])
    assert lengths == sorted(lengths)
    limited = metrics[f"headlines_word_{SMALL.words}_unknown"]
    assert limited > metrics["headlines_word_unknown"] > 0


@pytest.mark.corpora("sarcasm", "nsmc")
def test_the_real_corpora_are_split_as_published():
    full = EXPERIMENT.variants["ours"]
    texts = read(full, seed=0)
    sizes = {name: (len(part.train), len(part.validation)) for name, part in texts.items()}
    assert sizes == {"sarcasm": (20_000, 6_709), "nsmc": (150_000, 50_000)}
    some = read(changed(full, {"texts": 10}), seed=0)["nsmc"]
    assert some.train == texts["nsmc"].train[:10]
