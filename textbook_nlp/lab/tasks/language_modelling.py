"""Train a neural language model, choose an epoch by validation, touch the test part once."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from jaxtyping import Int
from torch import Tensor, nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Count, Positive, Share, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.text_streams import StreamData, read_streams
from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell
from textbook_nlp.models.initialization import saito_init
from textbook_nlp.models.language_model import FeedForwardLanguageModel, RecurrentLanguageModel
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.training import (
    Batches,
    History,
    OptimizerChoice,
    Schedule,
    after_stall,
    bptt_batches,
    divide_on_stall,
    evaluate,
    fit,
    linear_decay,
    next_token_loss,
    perplexity,
    wrapping_batches,
)

CELLS = {"rnn": RNNCell, "lstm": LSTMCell, "gru": GRUCell}


@dataclass(frozen=True)
class RecurrentModel(Checked):
    """The model of a language modelling run.

    Attributes:
        embedding_size: E.
        hidden_size: H, or one of each layer, from below.
        tied: one matrix for the embedding and the affine layer.
        dropout: share of the units dropped in training.
        initialization: the source book's, or the model's own.
        cell: what takes a step.
        num_layers: L.
        variational: drop the same units at all steps of a block.
        weight_dropout: share of the recurrent weights missing in training.
        word_dropout: share of the words whose vectors are dropped in training.
    """

    embedding_size: Size
    hidden_size: Size | tuple[Size, ...]
    tied: bool = False
    dropout: Share = 0.0
    initialization: Literal["saito", "uniform"] = "uniform"
    cell: Literal["rnn", "lstm", "gru"] = "rnn"
    num_layers: Size = 1
    variational: bool = False
    weight_dropout: Share = 0.0
    word_dropout: Share = 0.0

    def build(self, vocabulary_size: int) -> RecurrentLanguageModel:
        """Make the model, from the global source of chance."""
        model = RecurrentLanguageModel(
            vocabulary_size,
            self.embedding_size,
            self.hidden_size,
            self.num_layers,
            cell=CELLS[self.cell],
            dropout=self.dropout,
            tied=self.tied,
            variational=self.variational,
            weight_dropout=self.weight_dropout,
            word_dropout=self.word_dropout,
        )
        if self.initialization == "saito":
            saito_init(model)
        return model


@dataclass(frozen=True)
class FeedForwardModel(Checked):
    """A model that sees the last few words alone.

    Attributes:
        embedding_size: E.
        hidden_size: H.
        context_size: K.
        tied: one matrix for the embedding and the affine layer.
        dropout: share of the units dropped in training.
    """

    embedding_size: Size
    hidden_size: Size
    context_size: Size
    tied: bool = False
    dropout: Share = 0.0

    def build(self, vocabulary_size: int) -> FeedForwardLanguageModel:
        """Make the model, from the global source of chance."""
        return FeedForwardLanguageModel(vocabulary_size, **vars(self))


@dataclass(frozen=True)
class StreamTraining(Checked):
    """How a language model is trained: truncated BPTT over streams.

    Attributes:
        optimizer: with its highest learning rate.
        epochs: how many.
        batch_size: B.
        time_steps: T of truncated BPTT.
        clip: limit of the global norm of the gradients.
        schedule: `slanted_triangle` goes up over the first tenth of the steps, then down to 0 at
            the end (Howard and Ruder, 2018); `quarter_on_stall` divides the rate by 4 after each
            epoch that is no new best on validation.
        average_after: validate the mean of the weights once validation is worse than the best but
            for so many last epochs; 0 never does.
        average_from: validate the mean of the weights from this epoch on at the latest; 0 never.
        batching: `wrapping` is the source book's; the state is carried on from epoch to epoch.
    """

    optimizer: OptimizerChoice
    epochs: Size
    batch_size: Size
    time_steps: Size
    clip: Positive
    schedule: Literal["constant", "slanted_triangle", "quarter_on_stall"] = "constant"
    batching: Literal["contiguous", "wrapping"] = "contiguous"
    average_after: Count = 0
    average_from: Count = 0

    def schedule_of(self, steps: int) -> Schedule | None:
        """Return the schedule for a run of so many steps."""
        if self.schedule == "constant":
            return None
        if self.schedule == "quarter_on_stall":
            return divide_on_stall(by=4)
        return linear_decay(steps, warm_up=steps // 10)

    def begins_to_average(self, history: History) -> bool:
        """Say before an epoch whether the weights are to be averaged from here on."""
        stalled = self.average_after > 0 and after_stall(self.average_after)(history)
        return stalled or 0 < self.average_from <= len(history.epochs) + 1

    def batches(self, ids: Int[Tensor, " N"], epoch: int) -> Batches:
        """Cut the stream into the blocks of an epoch."""
        if self.batching == "wrapping":
            return wrapping_batches(ids, self.batch_size, self.time_steps, epoch)
        return bptt_batches(ids, self.batch_size, self.time_steps)


@dataclass(frozen=True)
class LanguageModelling(Checked):
    """What a run is made of."""

    data: StreamData
    model: RecurrentModel | FeedForwardModel
    training: StreamTraining


def run(configuration: LanguageModelling, setting: Setting) -> Measurement:
    """Train on the training part, keep the best epoch on validation, touch the test part once."""
    streams, training = read_streams(configuration.data), configuration.training
    seed_all(setting.seed)
    model = configuration.model.build(len(streams.vocabulary)).to(setting.device)
    steps = training.epochs * len(training.batches(streams.train, 1))
    history = fit(
        model,
        partial(training.batches, streams.train),
        next_token_loss,
        training.optimizer.of(model.parameters()),
        epochs=training.epochs,
        clip=training.clip,
        validate=lambda model: stream_perplexity(model, streams.validation),
        schedule=training.schedule_of(steps),
        average=training.begins_to_average,
        keep_state=training.batching == "wrapping",
        checkpoint=setting.stage("language_model"),
        progress=setting.progress,
    )
    ten_rows = wrapping_batches(streams.test, 10, 35)
    metrics = {
        "validation_perplexity": history.best.validation,
        "test_perplexity": stream_perplexity(model, streams.test),
        "test_perplexity_10_rows": perplexity(evaluate(model, ten_rows, next_token_loss)),
        "best_epoch": history.best.number,
        "parameters": count_parameters(model),
    }
    if streams.optimum is not None:
        metrics["optimum_perplexity"] = streams.optimum
    curves = {
        "train_perplexity": [perplexity(loss) for loss in history.curve("train_loss")],
        "validation_perplexity": history.curve("validation"),
        **{name: history.curve(name) for name in ("gradient_norm", "clipped", "cpu_seconds")},
    }
    return Measurement(metrics, curves, streams.dataset, [history])


def stream_perplexity(model: nn.Module, ids: Int[Tensor, " N"]) -> float:
    """Return the perplexity over one continuous pass, which leaves no token out."""
    return perplexity(evaluate(model, bptt_batches(ids, 1, 512), next_token_loss))


TASK = Task(run)
