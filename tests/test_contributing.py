"""What CONTRIBUTING.md shows works as it stands."""

import re
from pathlib import Path

import pytest
import torch

from textbook_nlp.lab.experiments import ptb_rnn
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.layers import Stack, scan
from textbook_nlp.layers.cells import RecurrentCell
from textbook_nlp.models import RecurrentLanguageModel

CONTRIBUTING = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def minimal_gated_cell():
    (source,) = re.findall(r"```python\n(class MinimalGatedCell.*?)```", CONTRIBUTING, re.DOTALL)
    namespace = {"RecurrentCell": RecurrentCell, "torch": torch}
    exec(source, namespace)
    return namespace["MinimalGatedCell"]


def test_the_cell_is_scanned_stacked_and_learns(minimal_gated_cell):
    cell = minimal_gated_cell(3, 4).double()
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    outputs, (h,) = scan(cell, x)
    by_steps = None
    for t in range(5):
        by_steps = cell(x[:, t], by_steps)
    torch.testing.assert_close(h, by_steps[0])
    torch.testing.assert_close(outputs[:, -1], h)

    call = re.search(r"`(Stack\(MinimalGatedCell.*?\))`", CONTRIBUTING)[1]
    stack = eval(call, {"Stack": Stack, "MinimalGatedCell": minimal_gated_cell, "D": 3, "H": 4})
    assert stack(x.float())[0].shape == (2, 5, 4)

    model = RecurrentLanguageModel(7, 4, 4, cell=minimal_gated_cell)
    logits, _ = model(torch.tensor([[1, 2, 3]]))
    logits.sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_the_experiment_is_whole_and_imports_what_it_names():
    (source,) = re.findall(r"```python\n(from [^`]*?EXPERIMENT = .*?)```", CONTRIBUTING, re.DOTALL)
    faithful = ptb_rnn.EXPERIMENT.variants["faithful"]
    namespace = {"FAITHFUL": changed(faithful, {"model.initialization": "uniform"})}
    exec(source, namespace)
    assert namespace["EXPERIMENT"].configuration("ours", "small").model.tied


def test_every_file_and_folder_that_is_named_exists():
    root = Path(__file__).parents[1]
    names = re.findall(r"`((?:textbook_nlp|tests|book)/[\w./]+)`", CONTRIBUTING)

    assert len(names) > 5
    made_up = ("NAME", "NN_", "07_")
    missing = [n for n in names if not any(m in n for m in made_up) and not (root / n).exists()]
    assert missing == []
