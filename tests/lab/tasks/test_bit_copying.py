"""Copying rows of bits: what a draw costs, what is judged, and who chooses the rate."""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from textbook_nlp.data.generators import CopyBits
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import bit_copying
from textbook_nlp.lab.tasks.bit_copying import BitCopying, LSTMModel, MachineModel
from textbook_nlp.training import Epoch, History

TINY = BitCopying(
    MachineModel(hidden_size=5, width=3, rows=6, tested_rows=9),
    rates=(1e-2,),
    steps=2,
    tested=(3, 6),
    batch_size=4,
    bits=2,
    longest=2,
    judged=20,
)
SETTING = Setting(0, torch.device("cpu"))


class Copier(nn.Module):
    """Writes what it was shown, surely, with the last row of long sequences wrong."""

    def forward(self, x):
        length = x.shape[1] // 2
        rows = 40 * (x[:, :length, :-1] - 0.5)
        if length > 3:
            rows[:, -1] *= -1
        return torch.cat([torch.zeros(len(x), length + 1, rows.shape[2]), rows], dim=1), None


def test_blind_guessing_costs_a_bit_for_every_bit():
    targets = torch.from_numpy(CopyBits(3, 4).sample(50, 0).targets)
    np.testing.assert_allclose(bit_copying.cost(torch.zeros(50, 4, 3), targets), 12, rtol=1e-6)
    sure = bit_copying.cost(math.log(3) * (2 * targets - 1), targets)
    np.testing.assert_allclose(sure, 12 * math.log2(4 / 3), rtol=1e-6)


def test_a_copier_is_judged_by_length():
    for_it = replace(TINY, model=LSTMModel(3))
    metrics = bit_copying.judge(for_it, Copier(), seed=0)
    assert metrics["copied_at_3"] == 1.0
    assert metrics["copied_at_6"] == metrics["wrong_bits_at_3"] == 0.0
    np.testing.assert_allclose(metrics["wrong_bits_at_6"], 1 / 6, rtol=1e-6)
    np.testing.assert_allclose(metrics["bits_per_sequence"], 0, atol=1e-6)
    assert metrics["bits_per_sequence_at_6"] > 50


def test_a_machine_is_judged_with_the_rows_that_are_told():
    model = TINY.model.build(TINY.bits)
    bit_copying.judge(TINY, model, seed=0)
    assert model.rows == 9
    _, state = model(torch.zeros(1, 3, 3))
    assert state.memory.shape == (1, 9, 3)


def test_the_held_out_draws_choose_the_rate(monkeypatch):
    def train(configuration, rate, seed):
        model = configuration.model.build(configuration.bits)
        model.rate = rate
        held_out = {1e-3: 3.0, 1e-2: 1.0, 1e-1: 2.0}[rate]
        return model, History([Epoch(1, 2, 4.0, held_out, rate, 1.0, 0.0, 1.0, 1.0)])

    monkeypatch.setattr(bit_copying, "train", train)
    monkeypatch.setattr(bit_copying, "judge", lambda c, model, seed: {"of": model.rate})
    result = bit_copying.run(replace(TINY, rates=(1e-3, 1e-2, 1e-1)), SETTING)
    assert result.metrics["rate"] == result.metrics["of"] == 1e-2
    assert result.curves["held_out_at_rate_0.001"] == [3.0]


def test_training_takes_the_steps_that_are_told_and_lowers_the_cost(monkeypatch):
    monkeypatch.setattr(bit_copying, "EVERY", 20)
    settings = replace(TINY, model=LSTMModel(8), steps=70, batch_size=16)
    model, history = bit_copying.train(settings, 3e-2, 0)
    curve = history.curve("validation")
    assert len(curve) == 4
    assert min(curve) < 2.6 < 3.0  # blind guessing: 2 bits in a row, 1.5 rows on average
    best = history.best.validation
    held = [bit_copying.written(model, 2, (n, 16, bit_copying.HELD_OUT)) for n in (1, 2)]
    found = np.mean([bit_copying.cost(*pair).item() for pair in held])
    np.testing.assert_allclose(found, best, rtol=1e-5)
