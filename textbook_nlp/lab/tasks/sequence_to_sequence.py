"""Train an encoder and a decoder on questions and answers, and count the answers that are right."""

from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Literal

import numpy as np
import torch

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Number, Positive, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.paired_texts import PADDING_ID, PairData, PairIds, read_pairs
from textbook_nlp.layers import LSTMCell, dot_score
from textbook_nlp.models import (
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
    count_parameters,
    saito_init,
)
from textbook_nlp.training import (
    OptimizerChoice,
    PairBatches,
    evaluate,
    exact_answers,
    fit,
    linear_decay,
    pair_batches,
    seq2seq_loss,
)

REACHED = 0.98  # the share of right answers whose time is taken
LAST = 5  # epochs, over which the end of a run is averaged too


@dataclass(frozen=True)
class PairModel(Checked):
    """An encoder and a decoder of one LSTM layer each, with a single bias.

    Attributes:
        hidden_size: H, of both.
        embedding_size: E, of both.
        peeky: whether the decoder sees the encoder's last h at every step.
        attention: whether it looks at all of them, by dot products without scaling.
        handover: as in `Seq2Seq`.
        initialization: the source book's, or the layers' own.
    """

    hidden_size: Size
    embedding_size: Size = 16
    peeky: bool = False
    attention: bool = False
    handover: Literal["hidden", "state"] = "hidden"
    initialization: Literal["saito", "torch"] = "saito"

    def build(self, vocabulary_size: int) -> Seq2Seq:
        """Make the model, from the global source of chance."""
        sizes = vocabulary_size, self.embedding_size, self.hidden_size
        cell = partial(LSTMCell, bias="single")
        score = dot_score if self.attention else None
        model = Seq2Seq(
            RecurrentEncoder(*sizes, cell=cell),
            RecurrentDecoder(*sizes, cell=cell, peeky=self.peeky, score=score),
            handover=self.handover,
        )
        if self.initialization == "saito":
            saito_init(model)
        return model


@dataclass(frozen=True)
class PairTraining(Checked):
    """How it is trained, with teacher forcing.

    Attributes:
        optimizer: with its highest learning rate.
        epochs: how many.
        batch_size: B; what does not fill a batch is left out, another rest in each epoch.
        clip: limit of the global norm of the gradients.
        triangle: let the learning rate rise over the first tenth of the steps and then fall in a
            line, to 0 at the end.
    """

    optimizer: OptimizerChoice
    epochs: Size
    batch_size: Size = 128
    clip: Positive = 5.0
    triangle: bool = False


@dataclass(frozen=True)
class SequenceToSequence(Checked):
    """What a run is made of.

    Where `data.validation` is 0 the last epoch counts, whatever the epochs before gave.
    """

    data: PairData
    model: PairModel
    training: PairTraining


def run(configuration: SequenceToSequence, setting: Setting) -> Measurement:
    """Train, watch the right answers after every epoch, and measure the test part.

    A run takes minutes, so it writes no checkpoint: a killed one begins anew, with equal results.
    """
    data, training = configuration.data, configuration.training
    parts, padding_id = read_pairs(data), PADDING_ID if data.masked else None
    right = partial(exact_answers, padding_id=padding_id)
    cut = partial(_batches, padding_id=padding_id)
    seed_all(setting.seed)
    model = configuration.model.build(len(parts.vocabulary)).to(setting.device)
    judged, shares = cut(parts.validation, 500), []

    def validate(model: torch.nn.Module) -> Number:
        shares.append(evaluate(model, judged, right))
        return shares[-1] if data.validation else len(shares)

    steps = training.epochs * (len(parts.train.questions) // training.batch_size)
    history = fit(
        model,
        lambda epoch: cut(
            parts.train, training.batch_size, seed=setting.seed, epoch=epoch, whole=True
        ),
        partial(seq2seq_loss, padding_id=padding_id),
        training.optimizer.of(model.parameters()),
        epochs=training.epochs,
        clip=training.clip,
        validate=validate,
        higher_is_better=True,
        schedule=linear_decay(steps, warm_up=steps // 10) if training.triangle else None,
        progress=setting.progress,
    )
    metrics: dict[str, Number] = {
        "exact_match": evaluate(model, cut(parts.test, 500), right),
        "best_epoch": history.best.number,
        "parameters": count_parameters(model),
        "cpu_seconds": round(history.cpu_seconds, 1),
    }
    if not data.validation and len(shares) >= LAST:
        metrics[f"mean_of_last_{LAST}_epochs"] = float(np.mean(shares[-LAST:]))
    if 0 < parts.leaked.sum() < len(parts.leaked):
        metrics["leaked"] = float(parts.leaked.mean())
        unseen = cut(parts.test.pick(~parts.leaked), 500)
        metrics["exact_match_without_leak"] = evaluate(model, unseen, right)
    spent = accumulate(history.curve("cpu_seconds"))
    reached = [t for t, share in zip(spent, shares, strict=True) if share >= REACHED]
    if reached:
        metrics[f"cpu_seconds_to_{REACHED:.0%}".replace("%", "_percent")] = round(reached[0], 1)
    curves = {
        "train_nats": history.curve("train_loss"),
        "exact_match": shares,
        "cpu_seconds": history.curve("cpu_seconds"),
    }
    return Measurement(metrics, curves, parts.dataset)


def _batches(pairs: PairIds, B: int, padding_id: int | None, **options) -> PairBatches:
    return pair_batches(pairs.questions, pairs.answers, B, padding_id=padding_id, **options)


TASK = Task(run)
