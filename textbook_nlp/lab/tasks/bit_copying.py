"""Rows of bits, shown once and written down: how long may the sequence be? A training a rate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.chance import seed_all
from textbook_nlp.data.generators import CopyBits
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Must, Number, Positive, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.layers import LSTMCell, Stack, TuringMachine
from textbook_nlp.models import count_parameters
from textbook_nlp.training import Adam, History, evaluating, fit, linear_decay

EVERY = 100  # steps from one look at the held-out draws to the next
DRAWS, HELD_OUT, TEST = 1_000_000, 1_000_000_000, 2_000_000_000  # where their seeds begin
SOME = Must(lambda values: len(values) > 0, "one or more")
Draw = tuple[int, int, int]  # rows of a sequence, sequences, seed


@dataclass(frozen=True)
class MachineModel(Checked):
    """A Neural Turing Machine.

    Attributes:
        hidden_size: H of the controller.
        width: M of the memory.
        rows: N of the memory while it learns.
        tested_rows: N while it is judged; the parameters do not depend on it.
    """

    hidden_size: Size
    width: Size
    rows: Size
    tested_rows: Size

    def build(self, bits: int) -> TuringMachine:
        """Make it, from the global source of chance."""
        return TuringMachine(bits + 1, self.hidden_size, bits, self.rows, self.width)


@dataclass(frozen=True)
class LSTMModel(Checked):
    """LSTM layers with an affine layer on top: its memory is its state.

    Attributes:
        hidden_size: H of each.
        layers: how many.
    """

    hidden_size: Size
    layers: Size = 1

    def build(self, bits: int) -> "LSTMCopier":
        """Make it, from the global source of chance."""
        return LSTMCopier(bits, self.hidden_size, self.layers)


class LSTMCopier(nn.Module):
    """What `LSTMModel` describes; it is called as a `TuringMachine` is."""

    def __init__(self, bits: int, hidden_size: int, layers: int):
        super().__init__()
        self.recurrent = Stack(LSTMCell, bits + 1, hidden_size, layers)
        self.affine = nn.Linear(hidden_size, bits)

    def forward(self, x: Float[Tensor, "B T D"]) -> tuple[Float[Tensor, "B T O"], tuple]:
        """Return what it writes at every step, as logits, and its last state."""
        outputs, state = self.recurrent(x)
        return self.affine(outputs), state


@dataclass(frozen=True)
class BitCopying(Checked):
    """What a run is made of.

    Attributes:
        model: what learns.
        rates: of learning, each a training; the held-out draws choose.
        steps: of each training.
        optimizer: Adam, whose rate falls in a line, or RMSprop with momentum 0.9 at a fixed rate.
        batch_size: sequences in a batch, all new at every step and all of one length.
        bits: in a row.
        longest: rows in a sequence while it learns, every number from 1 to this equally often.
        tested: rows in a sequence at which it is judged.
        judged: sequences in each draw to judge by.
        clip: limit of the global norm of the gradients.
    """

    model: MachineModel | LSTMModel
    rates: Annotated[tuple[Positive, ...], SOME]
    steps: Size
    tested: Annotated[tuple[Size, ...], SOME]
    optimizer: Literal["adam", "rmsprop"] = "adam"
    batch_size: Size = 16
    bits: Size = 8
    longest: Size = 20
    judged: Size = 100
    clip: Positive = 10.0


def written(model: nn.Module, bits: int, draw: Draw) -> tuple[Tensor, Tensor]:
    """Return what a model writes, as logits, and what it should; both (B, L, O)."""
    length, n, seed = draw
    inputs, targets = CopyBits(bits, length).sample(n, seed)
    outputs, _ = model(torch.from_numpy(inputs))
    return outputs[:, -length:], torch.from_numpy(targets)


def cost(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy in bits a sequence, on average."""
    nats = F.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
    return nats / len(targets) / math.log(2)


def train(configuration: BitCopying, rate: float, seed: int) -> tuple[nn.Module, History]:
    """Train at one rate, and return the model as it was best on the held-out draws."""
    seed_all(seed)
    B, bits, longest = configuration.batch_size, configuration.bits, configuration.longest
    model, steps = configuration.model.build(bits), configuration.steps
    held_out = [(length, B, HELD_OUT + seed) for length in range(1, longest + 1)]

    def loss(model: nn.Module, draw: Draw) -> tuple[Tensor, int]:
        return cost(*written(model, bits, draw)), B

    def draws(epoch: int) -> Iterator[Draw]:
        rng = np.random.default_rng([seed, epoch])
        first = DRAWS * (seed + 1) + (epoch - 1) * EVERY
        for step in range(min(EVERY, steps - (epoch - 1) * EVERY)):
            yield int(rng.integers(1, longest + 1)), B, first + step

    adam = configuration.optimizer == "adam"
    if adam:
        optimizer = Adam(rate).of(model.parameters())
    else:
        optimizer = torch.optim.RMSprop(model.parameters(), rate, alpha=0.95, momentum=0.9)
    history = fit(
        model,
        draws,
        loss,
        optimizer,
        epochs=-(-steps // EVERY),
        clip=configuration.clip,
        validate=lambda model: np.mean([float(loss(model, draw)[0]) for draw in held_out]).item(),
        schedule=linear_decay(steps) if adam else None,
    )
    return model, history


@torch.no_grad()
def judge(configuration: BitCopying, model: nn.Module, seed: int) -> dict[str, Number]:
    """Return the mean cost of the lengths it learned, and cost and right copies at each tested."""
    n, bits, longest = configuration.judged, configuration.bits, configuration.longest
    with evaluating(model):
        costs = [
            float(cost(*written(model, bits, (length, n, TEST + seed))))
            for length in range(1, longest + 1)
        ]
        metrics: dict[str, Number] = {"bits_per_sequence": float(np.mean(costs))}
        if isinstance(configuration.model, MachineModel):
            model.rows = configuration.model.tested_rows
        for length in configuration.tested:
            logits, targets = written(model, bits, (length, n, TEST + seed))
            wrong = (logits > 0) != targets.bool()
            metrics[f"bits_per_sequence_at_{length}"] = float(cost(logits, targets))
            metrics[f"copied_at_{length}"] = 1 - float(wrong.any(dim=2).any(dim=1).float().mean())
            metrics[f"wrong_bits_at_{length}"] = float(wrong.float().mean())
    return metrics


def run(configuration: BitCopying, setting: Setting) -> Measurement:
    """Train at each rate, and judge the model that the held-out draws choose on others."""
    trained = {rate: train(configuration, rate, setting.seed) for rate in configuration.rates}
    rate = min(trained, key=lambda rate: trained[rate][1].best.validation)
    model, history = trained[rate]
    metrics = {"rate": rate, "parameters": count_parameters(model)}
    metrics["cpu_seconds"] = round(history.cpu_seconds, 1)
    metrics |= judge(configuration, model, setting.seed)
    rule = repr(CopyBits(configuration.bits, configuration.longest))
    return Measurement(
        metrics,
        {f"held_out_at_rate_{r}": each.curve("validation") for r, (_, each) in trained.items()},
        Dataset("copy_bits", {"rule": sha256(rule)}),
    )


TASK = Task(run, on_cpu=True)
