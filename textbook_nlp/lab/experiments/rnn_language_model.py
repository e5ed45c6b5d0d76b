"""The plain recurrent language model on the Penn Treebank: row 7 without its gates."""

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.experiments.text_streams import Streams, grammar, penn_treebank
from textbook_nlp.lab.runs.experiment import Experiment, Result, Setting
from textbook_nlp.lab.runs.ledger import Goal
from textbook_nlp.models.language_model import RecurrentLanguageModel, saito_init
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.training import (
    SGD,
    Adam,
    Batches,
    Checkpoint,
    Schedule,
    bptt_batches,
    evaluate,
    fit,
    linear_decay,
    next_token_loss,
    perplexity,
    wrapping_batches,
)


@dataclass(frozen=True)
class Configuration:
    """What a run is made of.

    Attributes:
        corpus: ``ptb`` or ``grammar``.
        sentences: of the grammar, to learn from; 0 for all of a real corpus.
        embedding: E.
        hidden: H.
        tied: one matrix for the embedding and the affine layer.
        dropout: share of the units dropped in training.
        initialization: ``saito`` (the source book's) or ``uniform`` (the model's own).
        optimizer: ``sgd`` or ``adam``.
        learning_rate: the highest.
        schedule: ``constant``, or ``slanted_triangle``: up over the first tenth of the steps, then
            down to 0 at the end (Howard and Ruder, 2018).
        clip: limit of the global norm of the gradients.
        time_steps: T of truncated BPTT.
        batch_size: B.
        batching: ``wrapping`` (the source book's; the state is carried on from epoch to epoch) or
            ``contiguous``.
        epochs: how many.
    """

    corpus: str
    sentences: int
    embedding: int
    hidden: int
    tied: bool
    dropout: float
    initialization: str
    optimizer: str
    learning_rate: float
    schedule: str
    clip: float
    time_steps: int
    batch_size: int
    batching: str
    epochs: int


FAITHFUL = Configuration(
    corpus="ptb",
    sentences=0,
    embedding=100,
    hidden=100,
    tied=False,
    dropout=0.0,
    initialization="saito",
    optimizer="sgd",
    learning_rate=20.0,
    schedule="constant",
    clip=0.25,
    time_steps=35,
    batch_size=20,
    batching="wrapping",
    epochs=4,
)
# As many parameters as row 7 has (2.09 M): tying pays for twice the width.
OURS = replace(
    FAITHFUL,
    embedding=200,
    hidden=200,
    tied=True,
    dropout=0.1,
    initialization="uniform",
    optimizer="adam",
    learning_rate=5e-3,
    schedule="slanted_triangle",
    batching="contiguous",
)
SMALL = {"corpus": "grammar", "sentences": 6000, "embedding": 32, "hidden": 32}


def run(configuration: Configuration, setting: Setting) -> Result:
    """Train on the training part, keep the best epoch on validation, touch the test part once."""
    streams = load(configuration)
    seed_all(setting.seed)
    model = build(configuration, len(streams.vocabulary)).to(setting.device)
    steps = configuration.epochs * len(_epoch(streams, configuration, 1))
    history = fit(
        model,
        partial(_epoch, streams, configuration),
        next_token_loss,
        _optimizer(configuration, model),
        epochs=configuration.epochs,
        clip=configuration.clip,
        validate=lambda model: stream_perplexity(model, streams.valid),
        schedule=_schedule(configuration, steps),
        keep_state=configuration.batching == "wrapping",
        checkpoint=setting.checkpoint and Checkpoint(setting.checkpoint, setting.identity),
        progress=setting.progress,
    )
    metrics = {
        "validation_perplexity": history.best.validation,
        "test_perplexity": stream_perplexity(model, streams.test),
        "test_perplexity_10_rows": perplexity(
            evaluate(model, wrapping_batches(streams.test, 10, 35), next_token_loss)
        ),
        "best_epoch": history.best.number,
        "parameters": count_parameters(model),
    }
    if streams.optimum is not None:
        metrics["optimum_perplexity"] = streams.optimum
    return Result(
        metrics=metrics,
        curves={
            "train_perplexity": [perplexity(loss) for loss in history.curve("train_loss")],
            "validation_perplexity": history.curve("validation"),
            "gradient_norm": history.curve("gradient_norm"),
            "clipped": history.curve("clipped"),
            "cpu_seconds": history.curve("cpu_seconds"),
        },
        dataset=streams.dataset,
        earlier_cpu_seconds=history.earlier.cpu_seconds,
        earlier_wall_seconds=history.earlier.wall_seconds,
    )


def load(configuration: Configuration) -> Streams:
    """Read or draw the text of a configuration."""
    if configuration.corpus == "grammar":
        return grammar(configuration.sentences)
    return penn_treebank()


def build(configuration: Configuration, vocabulary_size: int) -> RecurrentLanguageModel:
    """Make the model of a configuration, from the global source of chance."""
    model = RecurrentLanguageModel(
        vocabulary_size,
        configuration.embedding,
        configuration.hidden,
        dropout=configuration.dropout,
        tied=configuration.tied,
    )
    if configuration.initialization == "saito":
        saito_init(model)
    return model


def stream_perplexity(model: nn.Module, ids: torch.Tensor) -> float:
    """Return the perplexity over one continuous pass, which leaves no token out."""
    return perplexity(evaluate(model, bptt_batches(ids, 1, 512), next_token_loss))


def _epoch(streams: Streams, configuration: Configuration, number: int) -> Batches:
    B, T = configuration.batch_size, configuration.time_steps
    if configuration.batching == "wrapping":
        return wrapping_batches(streams.train, B, T, number)
    return bptt_batches(streams.train, B, T)


def _schedule(configuration: Configuration, steps: int) -> Schedule | None:
    if configuration.schedule == "constant":
        return None
    return linear_decay(steps, warm_up=steps // 10)


def _optimizer(configuration: Configuration, model: nn.Module) -> torch.optim.Optimizer:
    kinds = {"sgd": SGD, "adam": Adam}
    return kinds[configuration.optimizer](configuration.learning_rate).of(model.parameters())


EXPERIMENT = Experiment(
    name="ptb_rnn",
    title="Plain recurrent language model on the Penn Treebank",
    row=None,
    dataset="ptb",
    goals=(
        Goal(
            metric="test_perplexity",
            kind="measure",
            value=None,
            reported=135.6,
            known="M",
            unit="perplexity",
            note="the LSTM of row 7 in the same configuration, for comparison",
        ),
    ),
    configurations={
        "small": {
            "faithful": replace(FAITHFUL, **SMALL),
            "ours": replace(OURS, **SMALL, learning_rate=2e-2),
        },
        "medium": {"faithful": replace(FAITHFUL, epochs=1), "ours": replace(OURS, epochs=1)},
        "full": {"faithful": FAITHFUL, "ours": OURS},
    },
    expected={
        "small": "seconds on a CPU",
        "medium": "2 to 4 minutes on one CPU core, under 3 minutes on a GPU",
        "full": "10 (faithful) to 15 minutes (ours) on one CPU core",
    },
    run=run,
)
