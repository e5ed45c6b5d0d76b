"""What a translator costs as texts grow: a step of training, and one more token."""

import time
from dataclasses import dataclass
from functools import partial
from statistics import median

import torch
from jaxtyping import Int
from torch import Tensor, nn

from textbook_nlp.chance import seed_all
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Number, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.lab.tasks.translation import RecurrentTranslator, TransformerTranslator
from textbook_nlp.models import count_parameters
from textbook_nlp.training import Adam, evaluating, seq2seq_loss, train_step


@dataclass(frozen=True)
class LengthCosts(Checked):
    """What a run is made of.

    Attributes:
        model: what is timed.
        lengths: T, tokens of the source, and of the target.
        vocabulary_size: V of both.
        batch_size: B.
        repeats: how often each is timed; the median counts.
    """

    model: RecurrentTranslator | TransformerTranslator
    lengths: tuple[Size, ...]
    vocabulary_size: Size = 100
    batch_size: Size = 8
    repeats: Size = 5


def training_seconds(model: nn.Module, ids: Int[Tensor, "B T"], repeats: int) -> float:
    """Return the CPU seconds of a step of training on sources and equal targets."""
    optimizer = Adam(1e-3).of(model.parameters())
    step = partial(train_step, model, (ids, ids), seq2seq_loss, optimizer, clip=1.0)
    return _timed(step, repeats)


def writing_seconds(model: nn.Module, ids: Int[Tensor, "B T"], repeats: int) -> float:
    """Return the CPU seconds of one token more for each row, where the source is read, and a target
    of its length is written.
    """
    with evaluating(model):
        _, state = model(ids, model.read(ids))
        return _timed(lambda: model(ids[:, -1:], state), repeats)


def _timed(job, repeats: int) -> float:
    """Return the median of the CPU seconds of a job, after it was done once."""
    found = []
    for _ in range(repeats + 1):
        began = time.process_time()
        job()
        found.append(time.process_time() - began)
    return median(found[1:])


def run(configuration: LengthCosts, setting: Setting) -> Measurement:
    """Time a new model at each length, on ids drawn by chance."""
    V, B, repeats = (
        configuration.vocabulary_size,
        configuration.batch_size,
        configuration.repeats,
    )
    seed_all(setting.seed)
    model = configuration.model.build(V, V)
    training, writing = [], []
    for T in configuration.lengths:
        ids = torch.randint(V, (B, T))
        training.append(training_seconds(model, ids, repeats))
        writing.append(writing_seconds(model, ids, 4 * repeats))
    metrics: dict[str, Number] = {"parameters": count_parameters(model)}
    for T, step, token in zip(configuration.lengths, training, writing, strict=True):
        metrics |= {f"at_{T}_training_seconds": step, f"at_{T}_writing_seconds": token}
    curves = {
        "lengths": list(configuration.lengths),
        "training_seconds": training,
        "writing_seconds": writing,
    }
    rule = f"{B} rows of ids from 0 to {V - 1}"
    return Measurement(metrics, curves, Dataset("ids by chance", {"rule": sha256(rule)}))


TASK = Task(run, on_cpu=True)
