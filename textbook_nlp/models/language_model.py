"""Language models: embedding, layers over time, and a score for every next token."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.cells import RNNCell
from textbook_nlp.layers.dropout import RecurrentDropout, VariationalDropout, WordDropout
from textbook_nlp.layers.shapes import check_ids, check_shape, check_share, check_sizes
from textbook_nlp.layers.stack import MakeCell, Stack

NOTHING = -1  # stands for a token where a text has not begun


class RecurrentLanguageModel(nn.Module):
    """Score every token of the vocabulary as the next one, from all tokens up to here.

    Embedding (V, E), then L recurrent layers of H units, then an affine layer (H, V). Dropout
    stands after the embedding, between the layers and before the affine layer; what further kinds
    of dropout there are acts in training only, as it does. The model returns logits; a loss is not
    part of it.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        hidden_size: H; a list says it of each layer, from below.
        num_layers: L.
        cell: makes a cell from two sizes: `RNNCell`, `LSTMCell`, `GRUCell`, or one of them with
            options, as in `partial(RNNCell, nonlinearity="relu")`.
        dropout: share of the units dropped in training, in [0, 1).
        tied: use the embedding as the weight of the affine layer too; needs E = H of the last
            layer.
        variational: drop the same units at all time steps of a block, see `VariationalDropout`.
        recurrent_dropout: share of each state that does not reach the next step, see
            `RecurrentDropout`.
        weight_dropout: share of the recurrent weights that are missing, see `Stack`.
        word_dropout: share of the words whose vectors are dropped, see `WordDropout`.
        residual_from: as in `Stack`.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Mikolov et al., "Recurrent neural network based language model" (2010); tying: Press
    and Wolf, "Using the Output Embedding to Improve Language Models" (2017).
    Taught in: chapter 07.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int | Sequence[int],
        num_layers: int = 1,
        *,
        cell: MakeCell = RNNCell,
        dropout: float = 0.0,
        tied: bool = False,
        variational: bool = False,
        recurrent_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        word_dropout: float = 0.0,
        residual_from: int | None = None,
    ):
        super().__init__()
        check_sizes(vocabulary_size=vocabulary_size, embedding_size=embedding_size)
        check_share("dropout", dropout)
        check_share("weight_dropout", weight_dropout)
        self.dropout = VariationalDropout(dropout) if variational else nn.Dropout(dropout)
        self.word_dropout = WordDropout(word_dropout)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.recurrent = Stack(
            cell,
            embedding_size,
            hidden_size,
            num_layers,
            residual_from=residual_from,
            between=self.dropout,
            recurrent_dropout=RecurrentDropout(recurrent_dropout) if recurrent_dropout else None,
            weight_dropout=nn.Dropout(weight_dropout) if weight_dropout else None,
        )
        self.affine = nn.Linear(self.recurrent.output_size, vocabulary_size)
        if tied:
            _check_tied(embedding_size, self.recurrent.output_size)
            self.affine.weight = self.embedding.weight
        self.reset_parameters()

    def forward(
        self, ids: Int[Tensor, "B T"], state: tuple | None = None
    ) -> tuple[Float[Tensor, "B T V"], tuple]:
        """Return the logits of the next token at every position, and the state after the last.

        Args:
            ids: from 0 to V - 1.
            state: what an earlier call returned, to read on from there; None starts from zeros.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), or one is out of range.
        """
        outputs, state = self.hidden(ids, state)
        return self.affine(self.dropout(outputs)), state

    def hidden(
        self, ids: Int[Tensor, "B T"], state: tuple | None = None
    ) -> tuple[Float[Tensor, "B T H"], tuple]:
        """Return what the last recurrent layer puts out, and the state; see `forward`."""
        check_ids(ids, self.embedding.num_embeddings)
        embedded = self.word_dropout(self.embedding(ids), ids, self.embedding.num_embeddings)
        return self.recurrent(self.dropout(embedded), state)

    def reset_parameters(self) -> None:
        """Draw the embedding and the affine weight from U(-0.1, 0.1), set the affine bias to 0.

        The recurrent layers keep the U(-1/sqrt(H), 1/sqrt(H)) that they draw themselves. PyTorch's
        own N(0, 1) for embeddings is too wide for a softmax that shares them: the first loss would
        be several times log V.

        Source: Zaremba et al., "Recurrent Neural Network Regularization" (2014), section 4.1.
        """
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.affine.weight, -0.1, 0.1)
        nn.init.zeros_(self.affine.bias)


class FeedForwardLanguageModel(nn.Module):
    """Score every token of the vocabulary as the next one, from the last K tokens.

    Embedding (V, E); the vectors of the last K tokens side by side (K E); a hidden layer of H units
    with tanh; an affine layer (H, V). Dropout stands before both layers. Where a text begins, the
    places without a token hold zeros. The state is the last K - 1 tokens, so that the model is
    called, trained and asked to write like `RecurrentLanguageModel`. It returns logits; a loss is
    not part of it. (The paper's direct connections from the vectors to the scores, which it found
    of no use on its larger corpus, are left out.)

    Args:
        vocabulary_size: V.
        embedding_size: E.
        hidden_size: H.
        context_size: K; the model's order, in the sense of n-grams, is K + 1.
        dropout: share of the units dropped in training, in [0, 1).
        tied: use the embedding as the weight of the affine layer too; needs E = H.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Bengio et al., "A Neural Probabilistic Language Model" (2003), section 2.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        context_size: int,
        *,
        dropout: float = 0.0,
        tied: bool = False,
    ):
        super().__init__()
        check_share("dropout", dropout)
        check_sizes(vocabulary_size=vocabulary_size, embedding_size=embedding_size)
        check_sizes(hidden_size=hidden_size, context_size=context_size)
        self.context_size = context_size
        self.dropout = nn.Dropout(dropout)
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.hidden = nn.Linear(context_size * embedding_size, hidden_size)
        self.affine = nn.Linear(hidden_size, vocabulary_size)
        if tied:
            _check_tied(embedding_size, hidden_size)
            self.affine.weight = self.embedding.weight
        self.reset_parameters()

    def forward(
        self, ids: Int[Tensor, "B T"], state: tuple | None = None
    ) -> tuple[Float[Tensor, "B T V"], tuple]:
        """Return the logits of the next token at every position, and the last K - 1 tokens.

        Args:
            ids: from 0 to V - 1.
            state: what an earlier call returned, to read on from there; None begins a text.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), T at least 1, one is out of
                range, or the state does not fit them.
        """
        check_ids(ids, self.embedding.num_embeddings)
        if ids.shape[1] == 0:
            raise ValueError(f"ids have shape {tuple(ids.shape)}; expected at least one, T >= 1")
        K = self.context_size
        before = ids.new_full((len(ids), K - 1), NOTHING) if state is None else state[0]
        check_shape("the state", before, (len(ids), K - 1))
        check_ids(before - NOTHING, self.embedding.num_embeddings - NOTHING)  # NOTHING is one too
        read = torch.cat([before, ids], dim=1)  # (B, K - 1 + T)
        there = (read != NOTHING).unsqueeze(2)
        vectors = self.embedding(read.clamp(min=0)) * there  # (B, K - 1 + T, E)
        contexts = vectors.unfold(1, K, 1).transpose(2, 3).flatten(2)  # (B, T, K E)
        hidden = self.hidden(self.dropout(contexts)).tanh()
        return self.affine(self.dropout(hidden)), (read[:, ids.shape[1] :],)

    def reset_parameters(self) -> None:
        """Draw the embedding and the affine weight from U(-0.1, 0.1), set the affine bias to 0.

        The hidden layer keeps PyTorch's own start; see `RecurrentLanguageModel.reset_parameters`.
        """
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.affine.weight, -0.1, 0.1)
        nn.init.zeros_(self.affine.bias)


def _check_tied(embedding_size: int, hidden_size: int) -> None:
    if embedding_size != hidden_size:
        raise ValueError(
            f"tied weights need embedding_size = hidden_size, not {embedding_size} and "
            f"{hidden_size}: choose equal sizes or tied=False"
        )
