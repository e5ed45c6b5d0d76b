"""Train a translator on sentences and their translations, and judge what it writes."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from torch import nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Number, Positive, Share, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.paired_texts import PairIds
from textbook_nlp.lab.tasks.translated_texts import (
    END_ID,
    PADDING_ID,
    START_ID,
    CaptionData,
    TranslationData,
    Translations,
    read_translations,
)
from textbook_nlp.layers import GeneralScore
from textbook_nlp.models import (
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
    Transformer,
    count_parameters,
)
from textbook_nlp.training import (
    OptimizerChoice,
    PairBatches,
    Schedule,
    answer,
    bleu,
    evaluate,
    exact_answers,
    fit,
    inverse_square_root,
    linear_decay,
    pair_batches,
    perplexity,
    seq2seq_loss,
)


@dataclass(frozen=True)
class RecurrentTranslator(Checked):
    """An encoder of LSTM layers that read both ways, and a decoder of as many that read one way.

    Attributes:
        embedding_size: E, of both.
        hidden_size: H, in each direction of the encoder and in the decoder.
        num_layers: L, of both.
        attention: whether the decoder looks at all outputs of the encoder, by general scores.
            Either way its layers begin from an affine layer of the encoder's summary.
        dropout: as in `RecurrentEncoder`.
    """

    embedding_size: Size
    hidden_size: Size
    num_layers: Size = 1
    attention: bool = False
    dropout: Share = 0.0

    def build(self, source_size: int, target_size: int) -> Seq2Seq:
        """Make the model for two vocabularies, from the global source of chance."""
        E, H, L = self.embedding_size, self.hidden_size, self.num_layers
        encoder = RecurrentEncoder(source_size, E, H, L, bidirectional=True, dropout=self.dropout)
        C = encoder.output_size
        score = GeneralScore(H, C) if self.attention else None
        decoder = RecurrentDecoder(
            target_size, E, H, L, score=score, source_size=C, dropout=self.dropout
        )
        return Seq2Seq(encoder, decoder, handover="affine")


@dataclass(frozen=True)
class TransformerTranslator(Checked):
    """A Transformer whose blocks begin with their norm.

    Attributes:
        model_size: D.
        num_heads: N.
        num_layers: L, blocks of the encoder and of the decoder.
        inner_size: units within each block.
        dropout: as in `Transformer`.
        positions: as in `Transformer`.
    """

    model_size: Size
    num_heads: Size
    num_layers: Size
    inner_size: Size
    dropout: Share = 0.0
    positions: Literal["sinusoid", "rotary"] = "sinusoid"

    def build(self, source_size: int, target_size: int) -> Transformer:
        """Make the model for two vocabularies, from the global source of chance."""
        return Transformer(
            source_size,
            target_size,
            self.model_size,
            self.num_heads,
            self.num_layers,
            inner_size=self.inner_size,
            dropout=self.dropout,
            positions=self.positions,
        )


@dataclass(frozen=True)
class TranslationTraining(Checked):
    """How it is trained, with teacher forcing, on batches of pairs of about equal length.

    Attributes:
        optimizer: with its highest learning rate.
        warm_up: steps over which the rate rises to that.
        epochs: how many.
        batch_size: B.
        clip: limit of the global norm of the gradients.
        smoothing: of the targets.
        falling: how the rate falls after the warm-up: `"root"`, with the root of the step, so that
            no epoch depends on how many follow; `"line"`, in a line, to 0 at the end.
    """

    optimizer: OptimizerChoice
    warm_up: Size
    epochs: Size
    batch_size: Size = 64
    clip: Positive = 1.0
    smoothing: Share = 0.0
    falling: Literal["root", "line"] = "root"

    def schedule(self, steps: int) -> Schedule:
        """Return the schedule of a run of so many steps."""
        if self.falling == "root":
            return inverse_square_root(self.warm_up)
        return linear_decay(steps, warm_up=min(self.warm_up, steps - 1))


@dataclass(frozen=True)
class Translating(Checked):
    """What a run is made of."""

    data: TranslationData | CaptionData
    model: RecurrentTranslator | TransformerTranslator
    training: TranslationTraining


class Watch:
    """Judges a model after each epoch, and notes how long that took.

    Attributes:
        nats: cross-entropy of the validation part, an epoch each.
        scores: the share of its sentences that are translated right, or BLEU.
        seconds: of the processor, spent on judging.
    """

    def __init__(self, parts: Translations):
        self.parts = parts
        self.batches = _batches(parts.validation, 200, by_length=True)
        self.nats: list[float] = []
        self.scores: list[float] = []
        self.seconds: list[float] = []

    def __call__(self, model: nn.Module) -> float:
        """Return the cross-entropy."""
        began = time.process_time()
        self.nats.append(evaluate(model, self.batches, LOSS))
        if self.parts.tokenizer is None:
            self.scores.append(evaluate(model, self.batches, RIGHT))
        else:
            self.scores.append(bleu_of(model, self.parts, self.parts.validation))
        self.seconds.append(time.process_time() - began)
        return self.nats[-1]


BEAMS = 5
LOSS = partial(seq2seq_loss, padding_id=PADDING_ID)
RIGHT = partial(exact_answers, padding_id=PADDING_ID, end=END_ID)


def run(configuration: Translating, setting: Setting) -> Measurement:
    """Train, watch the validation part after every epoch, and measure the test part.

    A run takes minutes, so it writes no checkpoint: a killed one begins anew, with equal results.
    """
    parts, training = read_translations(configuration.data), configuration.training
    seed_all(setting.seed)
    model = configuration.model.build(len(parts.source), len(parts.target)).to(setting.device)
    watch = Watch(parts)
    steps = training.epochs * -(-len(parts.train.questions) // training.batch_size)
    history = fit(
        model,
        lambda epoch: _batches(
            parts.train, training.batch_size, seed=setting.seed, epoch=epoch, by_length=True
        ),
        partial(LOSS, smoothing=training.smoothing),
        training.optimizer.of(model.parameters()),
        epochs=training.epochs,
        clip=training.clip,
        validate=watch,
        schedule=training.schedule(steps),
        progress=setting.progress,
    )
    spent = np.subtract(history.curve("cpu_seconds"), watch.seconds)
    read = training.epochs * int((parts.train.answers[:, 1:] != PADDING_ID).sum())
    metrics: dict[str, Number] = {
        **judged(model, parts),
        "best_epoch": history.best.number,
        "parameters": count_parameters(model),
        "cpu_seconds": round(float(spent.sum()), 1),
        "tokens_per_cpu_second": round(read / float(spent.sum())),
    }
    curves = {
        "train_nats": history.curve("train_loss"),
        "validation_nats": watch.nats,
        "exact_match" if parts.tokenizer is None else "bleu": watch.scores,
        "cpu_seconds": [round(float(seconds), 2) for seconds in spent],
    }
    return Measurement(metrics, curves, parts.dataset)


def judged(model: nn.Module, parts: Translations) -> dict[str, Number]:
    """Return what the test part shows of a trained model, and how fast it writes."""
    batches, metrics = _batches(parts.test, 200, by_length=True), {}
    metrics["perplexity"] = perplexity(evaluate(model, batches, LOSS))
    if parts.tokenizer is not None:
        metrics["bleu"] = bleu_of(model, parts, parts.test, width=BEAMS)
        metrics["bleu_greedy"] = bleu_of(model, parts, parts.test)
        return metrics
    began = time.process_time()
    metrics["exact_match"] = evaluate(model, batches, RIGHT)
    written = int((parts.test.answers[:, 1:] != PADDING_ID).sum())
    metrics["tokens_written_per_cpu_second"] = round(written / (time.process_time() - began))
    return metrics


def bleu_of(
    model: nn.Module, parts: Translations, pairs: PairIds, *, width: int | None = None
) -> float:
    """Return the BLEU of what a model writes, beside the translations of people.

    Both are in small letters, and cut into words and marks as sacreBLEU's "13a" does.
    """
    written, wanted = [], []
    for source, target in _batches(pairs, 50):
        rows = answer(
            model,
            source,
            START_ID,
            steps=2 * source.shape[1] + 10,
            mask=source != PADDING_ID,
            width=width,
            end=END_ID,
            padding_id=PADDING_ID,
        )
        written += [parts.words_of(row) for row in rows]
        wanted += [[parts.words_of(row)] for row in target]
    return bleu(written, wanted)


def _batches(pairs: PairIds, B: int, **options) -> PairBatches:
    return pair_batches(pairs.questions, pairs.answers, B, padding_id=PADDING_ID, **options)


TASK = Task(run)
