"""The copying task: what is built, judged and chosen."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from textbook_nlp.data.generators import Copy
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import copying
from textbook_nlp.lab.tasks.copying import Copying, OneGateLSTMCell
from textbook_nlp.layers import LSTMCell, scan

TINY = Copying(
    "lstm", (2,), (1e-2,), steps=3, symbols=3, length=2, batch_size=4, hidden_size=5, judged=20
)
SETTING = Setting(0, torch.device("cpu"))


def test_the_gate_that_keeps_begins_as_it_is_told():
    for cell in ("lstm", "gru"):
        (built,) = copying.build(replace(TINY, cell=cell, keep=3), 0).recurrent.cells
        total = (built.bias_ih + built.bias_hh)[5:10]
        torch.testing.assert_close(total, torch.full((5,), 3.0))
        assert built.bias_ih[:5].abs().max() < 1  # the others stay as they are drawn
    with pytest.raises(ValueError, match="no gate that keeps"):
        copying.build(replace(TINY, cell="rnn", keep=1), 0)


def test_the_orthogonal_start_is_one():
    (cell,) = copying.build(replace(TINY, cell="rnn", orthogonal=True), 0).recurrent.cells
    torch.testing.assert_close(cell.weight_hh @ cell.weight_hh.t(), torch.eye(5))
    assert not cell.bias_ih.any()
    assert not cell.bias_hh.any()


def test_one_gate_keeps_and_lets_in():
    torch.manual_seed(0)
    ours, theirs = OneGateLSTMCell(3, 4), LSTMCell(3, 4)
    with torch.no_grad():  # an LSTM whose input gate has the weights of f, turned round
        for name, parameter in theirs.named_parameters():
            parameter.copy_(getattr(ours, name))
            parameter[:4] = -getattr(ours, name)[4:8]
    x = torch.randn(2, 6, 3)
    torch.testing.assert_close(scan(ours, x), scan(theirs, x))


def test_only_the_recalled_symbols_are_judged():
    model, task = copying.build(TINY, 0), Copy(3, 2, 4)
    logits, targets = copying.scores(model, task, 7, seed=3)
    inputs, wanted, mask = task.sample(7, 3)
    whole, _ = model(torch.from_numpy(inputs))
    torch.testing.assert_close(logits, whole[torch.from_numpy(mask)].view(7, 2, -1))
    np.testing.assert_array_equal(targets, inputs[:, :2])
    share = np.mean(whole.argmax(dim=2).numpy()[mask] == wanted[mask])
    np.testing.assert_allclose(copying.right(model, task, 7, 3), share)


def test_training_ends_where_the_held_out_draws_are_right(monkeypatch):
    monkeypatch.setattr(copying, "EVERY", 2)
    monkeypatch.setattr(copying, "right", lambda model, task, n, seed: 1.0)
    trial = copying.train(replace(TINY, steps=9), Copy(3, 2, 2), 1e-2, 0)
    assert (trial.steps, trial.held_out) == (2, 1.0)
    monkeypatch.setattr(copying, "right", lambda model, task, n, seed: 0.5)
    assert copying.train(TINY, Copy(3, 2, 2), 1e-2, 0).steps == 3


def test_the_held_out_draws_choose_the_rate_and_others_judge(monkeypatch):
    seeds = {}

    def right(model, task, n, seed):
        seeds.setdefault(task.delay, []).append(seed)
        return {1e-3: 0.2, 1e-2: 0.9, 1e-1: 0.4}[model.rate] if seed < copying.TEST else 0.7

    def train(configuration, task, rate, seed):
        model = copying.build(configuration, seed)
        model.rate = rate
        return copying.Trial(rate, 3, right(model, task, 1, copying.HELD_OUT + seed), 1.5, model)

    monkeypatch.setattr(copying, "right", right)
    monkeypatch.setattr(copying, "train", train)
    result = copying.run(replace(TINY, delays=(4,), rates=(1e-3, 1e-2, 1e-1)), SETTING)
    assert result.metrics["rate_at_4"] == 1e-2
    assert result.metrics["right_at_4"] == 0.7
    assert seeds.keys() == {2, 4, 8}
    assert result.curves["held_out_at_rate_0.01"] == [0.9]
    assert {seed >= copying.TEST for seed in seeds[8] + seeds[2]} == {True}
