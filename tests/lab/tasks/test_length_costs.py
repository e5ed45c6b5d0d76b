"""What is timed as texts grow."""

from types import SimpleNamespace

import pytest
import torch

from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import length_costs
from textbook_nlp.lab.tasks.length_costs import LengthCosts, run
from textbook_nlp.lab.tasks.translation import RecurrentTranslator, TransformerTranslator

SETTING = Setting(0, torch.device("cpu"))


def test_the_median_counts_and_the_first_time_does_not(monkeypatch):
    clock = iter([0.0, 100.0, 100.0, 102.0, 102.0, 103.0, 103.0, 110.0])
    monkeypatch.setattr(length_costs, "time", SimpleNamespace(process_time=lambda: next(clock)))
    assert length_costs._timed(lambda: None, 3) == 2


@pytest.mark.parametrize(
    "model", [RecurrentTranslator(4, 6, attention=True), TransformerTranslator(8, 2, 1, 8)]
)
def test_a_longer_text_costs_more(model):
    result = run(LengthCosts(model, (4, 200), vocabulary_size=9, repeats=3), SETTING)
    assert result.curves["lengths"] == [4, 200]
    short, long = result.curves["training_seconds"]
    assert 0 < short < long
    assert result.metrics["at_200_training_seconds"] == long
    assert 0 < result.metrics["at_4_writing_seconds"] < short
