"""A text classifier that reads: embedding, recurrent layers, what they made of the text, scores."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.cells import LSTMCell, RecurrentCell
from textbook_nlp.layers.dropout import RecurrentDropout, VariationalDropout, WordDropout
from textbook_nlp.layers.pooling import masked_max, masked_mean
from textbook_nlp.layers.shapes import check_ids, check_share
from textbook_nlp.layers.stack import BothWays, MakeCell, Stack

Summary = Literal["last", "mean", "max"]


class RecurrentClassifier(nn.Module):
    """Score the classes of a text from what recurrent layers made of its words, in their order.

    Embedding (V, E); L recurrent layers; the last state of the uppermost, or its outputs averaged
    or their maxima; then, if asked for, a hidden layer with ReLU; then one score for each class.
    The model returns logits; a loss is not part of it.

    With `masked` the id of padding stands for no word: the state passes it unchanged, so that the
    last state is that after the last word wherever a text was filled up, and from a text without a
    word it is zero. Without, padding is a word like any other, with a vector that is learned: what
    Keras does unless `mask_zero` is set.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        hidden_size: H, in each direction, of one recurrent layer; a list says it of several, from
            below.
        num_classes: K; 1 for yes or no, where the probability of yes is the sigmoid of the logit.
        cell: makes a cell from two sizes: `RNNCell`, `LSTMCell`, `GRUCell`, or one of them with
            options, as in `partial(LSTMCell, bias="single")`.
        bidirectional: whether the layers read both ways; what both made stands side by side.
        summary: `"last"`, the state after the last word (reading backwards, after the first);
            `"mean"` or `"max"` of the outputs at all words.
        dense_size: units of the hidden layer, or 0 for none.
        dropout: share dropped in training of the features of the words and between the layers, the
            same at all time steps, and before each dense layer.
        recurrent_dropout: share of the units dropped in training on their way from step to step.
        word_dropout: share of the vocabulary whose vectors are zero in training, see `WordDropout`.
        padding_id: the id that fills up short texts.
        masked: whether padding counts for nothing.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Schuster and Paliwal, "Bidirectional Recurrent Neural Networks" (1997); pooling:
    Johnson and Zhang, "Supervised and Semi-Supervised Text Categorization using LSTM for Region
    Embeddings" (2016).
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int | Sequence[int],
        num_classes: int = 1,
        *,
        cell: MakeCell = LSTMCell,
        bidirectional: bool = False,
        summary: Summary = "last",
        dense_size: int = 0,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        word_dropout: float = 0.0,
        padding_id: int = 0,
        masked: bool = True,
    ):
        super().__init__()
        hidden = [hidden_size] if isinstance(hidden_size, int) else list(hidden_size)
        _check_sizes(vocabulary_size, embedding_size, num_classes, dense_size, padding_id)
        check_share("dropout", dropout)
        if summary not in ("last", "mean", "max"):
            raise ValueError(f"summary is {summary!r}; expected 'last', 'mean' or 'max'")
        self.summary, self.padding_id, self.masked = summary, padding_id, masked
        self.embedding = nn.Embedding(
            vocabulary_size, embedding_size, padding_idx=padding_id if masked else None
        )
        self.word_dropout = WordDropout(word_dropout)
        self.feature_dropout = VariationalDropout(dropout)
        self.recurrent = Stack(
            cell,
            embedding_size,
            hidden,
            len(hidden),
            bidirectional=bidirectional,
            between=VariationalDropout(dropout),
            recurrent_dropout=RecurrentDropout(recurrent_dropout) if recurrent_dropout else None,
        )
        sizes = [self.recurrent.output_size, *([dense_size] if dense_size else []), num_classes]
        self.dense = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        self.reset_parameters()

    def forward(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B K"]:
        """Return the logits of the K classes.

        Args:
            ids: from 0 to V - 1; T at least 1.
            mask: true at real tokens; None takes it from the id of padding, as `masked` says.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), there is no time step, an id is
                out of range, or the mask does not fit.
        """
        features = self.read(ids, mask)
        for layer in self.dense[:-1]:
            features = torch.relu(layer(self.dropout(features)))
        return self.dense[-1](self.dropout(features))

    def read(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B F"]:
        """Return the one vector of each text: (B, H), or (B, 2 * H) read both ways."""
        V = self.embedding.num_embeddings
        check_ids(ids, V)
        x = self.feature_dropout(self.word_dropout(self.embedding(ids), ids, V))
        if mask is None and self.masked:
            mask = ids != self.padding_id
        outputs, state = self.recurrent(x, mask=mask)
        if self.summary == "last":
            both = isinstance(self.recurrent.layers[-1], BothWays)
            return torch.cat([end[0] for end in state[-1]], dim=1) if both else state[-1][0]
        mask = torch.ones_like(ids).bool() if mask is None else mask
        return (masked_mean if self.summary == "mean" else masked_max)(outputs, mask)

    def reset_parameters(self) -> None:
        """Draw vectors from U(-0.05, 0.05), dense weights as Glorot and cells as `keras_init` does.

        These are the defaults of Keras, which the published classifiers use. The vector of padding
        is zero where it counts for nothing.
        """
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        for layer in self.dense:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        for cell in self.recurrent.cells:
            keras_init(cell)
        if self.masked:
            with torch.no_grad():
                self.embedding.weight[self.padding_id] = 0


def keras_init(cell: RecurrentCell) -> None:
    """Draw a cell's parameters as Keras does.

    Input weights as Glorot, over all gates at once; recurrent weights with orthogonal columns;
    biases 0, and 1 for the forget gate of an LSTM, so that it keeps what it has at first.

    Source: orthogonal weights: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear
    dynamics of learning in deep linear neural networks" (2014); the forget gate's bias: Jozefowicz,
    Zaremba and Sutskever, "An Empirical Exploration of Recurrent Network Architectures" (2015).
    """
    nn.init.xavier_uniform_(cell.weight_ih)
    nn.init.orthogonal_(cell.weight_hh)
    for bias in (cell.bias_ih, cell.bias_hh):
        if bias is not None:
            nn.init.zeros_(bias)
    if isinstance(cell, LSTMCell) and cell.bias_ih is not None:
        with torch.no_grad():
            cell.bias_ih[cell.hidden_size : 2 * cell.hidden_size] = 1


def _check_sizes(vocabulary_size, embedding_size, num_classes, dense_size, padding_id) -> None:
    if min(vocabulary_size, embedding_size, num_classes) < 1 or dense_size < 0:
        raise ValueError(
            "vocabulary_size, embedding_size and num_classes must be at least 1 and dense_size at "
            f"least 0, not {vocabulary_size}, {embedding_size}, {num_classes} and {dense_size}"
        )
    if not 0 <= padding_id < vocabulary_size:
        raise ValueError(f"padding_id is {padding_id}; expected an id below {vocabulary_size}")
