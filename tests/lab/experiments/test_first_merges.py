"""Row 30: identical to the reported merges, and how a departure from them is counted."""

import pytest
import torch

from textbook_nlp.lab.experiments import first_merges
from textbook_nlp.lab.experiments.first_merges import Configuration, run
from textbook_nlp.lab.runs import headlines, registry

SETTING = first_merges.Setting(0, torch.device("cpu"))


def test_the_reported_merges_are_reproduced():
    found = registry.run("first_merges", scale="small", device=torch.device("cpu"))
    assert found.metrics == {"identical_merges": 10}


def test_merges_count_up_to_the_first_that_differs(monkeypatch):
    monkeypatch.setattr(first_merges, "REPORTED", ("es", "est", "xx", "lo"))
    assert run(Configuration("first"), SETTING).metrics == {"identical_merges": 2}


def test_goals_are_those_of_the_row():
    assert registry.get("first_merges").goals == headlines.goals(30)
    with pytest.raises(KeyError):
        headlines.goals(99)
