"""The models that texts are classified by, as plain values that a run can record."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.lab.runs.checked import Checked, Count, Must, Share, Size
from textbook_nlp.layers import ConvolutionStack, GRUCell, LSTMCell, RNNCell
from textbook_nlp.models.classifier import EmbeddingClassifier, Pooling
from textbook_nlp.models.convolution_classifier import ConvolutionClassifier
from textbook_nlp.models.convolution_reader import ConvolutionReader, PatternReader
from textbook_nlp.models.forecaster import RecurrentReader
from textbook_nlp.models.recurrent_classifier import RecurrentClassifier, Summary
from textbook_nlp.models.transformer_classifier import TransformerClassifier

EACH_ONCE = Must(lambda sizes: len(set(sizes)) == len(sizes), "a tuple of sizes, each once")

# As Keras has them, with one bias.
CELLS = {
    "rnn": partial(RNNCell, bias="single"),
    "lstm": partial(LSTMCell, bias="single"),
    "gru": partial(GRUCell, bias="single", reset_after=False),
}


@dataclass(frozen=True)
class VectorModel(Checked):
    """A classifier of the words' vectors, in no order or each in its place.

    Attributes:
        embedding_size: E.
        pooling: the average of the words' vectors, or all of them side by side.
        masked: whether padding counts for nothing.
        hidden_size: units of the hidden layer; 0 for none.
        dropout: share of the features dropped in training.
    """

    embedding_size: Size
    pooling: Pooling
    masked: bool = False
    hidden_size: Count = 0
    dropout: Share = 0.0

    def build(self, vocabulary_size: int, length: int, **options: Any) -> EmbeddingClassifier:
        """Make the model, from the global source of chance."""
        return EmbeddingClassifier(
            vocabulary_size,
            self.embedding_size,
            pooling=self.pooling,
            length=length if self.pooling == "flatten" else None,
            hidden_size=self.hidden_size,
            dropout=self.dropout,
            masked=self.masked,
            **options,
        )

    @property
    def skips_padding(self) -> bool:
        """Whether columns of padding may be left out of a batch."""
        return self.masked and self.pooling == "mean"


@dataclass(frozen=True)
class RecurrentTextModel(Checked):
    """A classifier that reads the words in their order.

    Attributes:
        embedding_size: E.
        hidden_size: H of each recurrent layer, from below.
        cell: what takes a step, with one bias.
        bidirectional: whether the layers read both ways.
        summary: what becomes of the outputs: the last, their average, or the largest of each unit.
        masked: whether padding counts for nothing.
        dense_size: units of the hidden layer; 0 for none.
        dropout: share of the features dropped in training.
        recurrent_dropout: share of the units dropped on their way from step to step.
        word_dropout: share of the vocabulary left out.
    """

    embedding_size: Size
    hidden_size: tuple[Size, ...]
    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    bidirectional: bool = False
    summary: Summary = "last"
    masked: bool = False
    dense_size: Count = 0
    dropout: Share = 0.0
    recurrent_dropout: Share = 0.0
    word_dropout: Share = 0.0

    def build(self, vocabulary_size: int, length: int) -> RecurrentClassifier:
        """Make the model, from the global source of chance; it takes any length."""
        return RecurrentClassifier(
            vocabulary_size,
            self.embedding_size,
            self.hidden_size,
            cell=CELLS[self.cell],
            bidirectional=self.bidirectional,
            summary=self.summary,
            masked=self.masked,
            dense_size=self.dense_size,
            dropout=self.dropout,
            recurrent_dropout=self.recurrent_dropout,
            word_dropout=self.word_dropout,
        )

    @property
    def skips_padding(self) -> bool:
        """Whether columns of padding may be left out of a batch."""
        return self.masked


@dataclass(frozen=True)
class ConvolutionTextModel(Checked):
    """A classifier that looks at patches of the text, layer upon layer.

    Attributes:
        embedding_size: E.
        channels: kernels of each layer, from below.
        kernel_size: steps that a kernel looks at.
        pool_size: places that become one between two layers.
        whole: whether the edges count in full: zeros keep the length, and what a pool has left over
            is pooled too, so that the shortest text can be read.
        hidden_size: units of a GRU, with one bias, that reads what is left; 0: the largest of each
            feature instead.
        bidirectional: whether it reads both ways.
        masked: whether padding counts for nothing.
        dense_size: units of the hidden layer; 0 for none.
        dropout: share of the features dropped in training.
        word_dropout: share of the vocabulary left out.
    """

    embedding_size: Size
    channels: tuple[Size, ...]
    kernel_size: Size
    pool_size: Size = 1
    whole: bool = False
    hidden_size: Count = 0
    bidirectional: bool = False
    masked: bool = False
    dense_size: Count = 0
    dropout: Share = 0.0
    word_dropout: Share = 0.0

    def build(self, vocabulary_size: int, length: int) -> ConvolutionClassifier:
        """Make the model, from the global source of chance; it takes any length."""
        stack = ConvolutionStack(
            self.embedding_size,
            self.channels,
            self.kernel_size,
            padding="same" if self.whole else 0,
            pool_size=self.pool_size,
            partial=self.whole,
        )
        gru = None
        if self.hidden_size:
            gru = RecurrentReader(
                stack.output_size,
                self.hidden_size,
                cell=CELLS["gru"],
                bidirectional=self.bidirectional,
            )
        return _classifier(self, vocabulary_size, ConvolutionReader(stack, gru or "max"))

    @property
    def skips_padding(self) -> bool:
        """Whether columns of padding may be left out of a batch."""
        return self.masked


@dataclass(frozen=True)
class PatternTextModel(Checked):
    """A classifier that looks for short patterns anywhere in the text.

    Attributes:
        embedding_size: E.
        kernel_sizes: steps that a kernel looks at, each size once.
        channels: kernels of each size.
        masked: whether padding counts for nothing.
        dense_size: units of the hidden layer; 0 for none.
        dropout: share of the features dropped in training.
        word_dropout: share of the vocabulary left out.
    """

    embedding_size: Size
    kernel_sizes: Annotated[tuple[Size, ...], EACH_ONCE]
    channels: Size
    masked: bool = True
    dense_size: Count = 0
    dropout: Share = 0.0
    word_dropout: Share = 0.0

    def build(self, vocabulary_size: int, length: int) -> ConvolutionClassifier:
        """Make the model, from the global source of chance; it takes any length."""
        channels = dict.fromkeys(self.kernel_sizes, self.channels)
        return _classifier(self, vocabulary_size, PatternReader(self.embedding_size, channels))

    @property
    def skips_padding(self) -> bool:
        """Whether columns of padding may be left out of a batch."""
        return self.masked


@dataclass(frozen=True)
class TransformerTextModel(Checked):
    """A classifier in which every word sees all others, without a padding that counts.

    Attributes:
        model_size: D.
        num_heads: N.
        num_layers: L.
        inner_size: units within each block.
        dropout: share of the features dropped in training.
        positions: where a word stands is added to its vector, or turns queries and keys.
    """

    model_size: Size
    num_heads: Size
    num_layers: Size
    inner_size: Size
    dropout: Share = 0.0
    positions: Literal["sinusoid", "rotary"] = "sinusoid"

    def build(self, vocabulary_size: int, length: int) -> TransformerClassifier:
        """Make the model, from the global source of chance; it takes any length."""
        return TransformerClassifier(
            vocabulary_size,
            self.model_size,
            self.num_heads,
            self.num_layers,
            inner_size=self.inner_size,
            dropout=self.dropout,
            positions=self.positions,
        )

    @property
    def skips_padding(self) -> bool:
        """Whether columns of padding may be left out of a batch."""
        return True


def _classifier(
    model: ConvolutionTextModel | PatternTextModel, vocabulary_size: int, reader: Any
) -> ConvolutionClassifier:
    return ConvolutionClassifier(
        vocabulary_size,
        model.embedding_size,
        reader,
        masked=model.masked,
        dense_size=model.dense_size,
        dropout=model.dropout,
        word_dropout=model.word_dropout,
    )


class Committee(nn.Module):
    """Several classifiers whose logits are averaged: what is chance in one of them cancels out.

    Args:
        members: they take the same ids and have the same classes.
    """

    def __init__(self, members: Sequence[nn.Module]):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, ids: Int[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        """Return the averaged logits."""
        return torch.stack([member(ids) for member in self.members]).mean(dim=0)
