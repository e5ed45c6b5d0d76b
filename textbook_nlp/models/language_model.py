"""Recurrent language models: embedding, recurrent layers, and a score for every next token."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.layers import recurrent

CELLS = {"rnn": recurrent.RNN}  # name -> layer; grows with chapter 08


class RecurrentLanguageModel(nn.Module):
    """Score every token of the vocabulary as the next one, from all tokens up to here.

    Embedding (V, E), then L recurrent layers of H units, then an affine layer (H, V). Dropout
    stands after the embedding, between the layers and before the affine layer. The model returns
    logits; a loss is not part of it.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        hidden_size: H.
        num_layers: L.
        cell: which recurrent layer, one of `CELLS`.
        dropout: share of the units dropped in training, in [0, 1).
        tied: use the embedding as the weight of the affine layer too; needs E = H.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Mikolov et al., "Recurrent neural network based language model" (2010); tying: Press
    and Wolf, "Using the Output Embedding to Improve Language Models" (2017).
    Taught in: chapters 07 to 10.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        num_layers: int = 1,
        cell: str = "rnn",
        dropout: float = 0.0,
        tied: bool = False,
    ):
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"cell is {cell!r}; expected one of {', '.join(CELLS)}")
        if vocabulary_size < 1:
            raise ValueError(f"vocabulary_size is {vocabulary_size}; expected at least 1")
        if tied and embedding_size != hidden_size:
            raise ValueError(
                f"tied weights need embedding_size = hidden_size, not {embedding_size} and "
                f"{hidden_size}: choose equal sizes or tied=False"
            )
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        between = dropout if num_layers > 1 else 0.0
        self.recurrent = CELLS[cell](embedding_size, hidden_size, num_layers, dropout=between)
        self.affine = nn.Linear(hidden_size, vocabulary_size)
        self.dropout = nn.Dropout(dropout)
        if tied:
            self.affine.weight = self.embedding.weight
        initialize(self)

    def forward(
        self, tokens: Int[Tensor, "B T"], state: Tensor | tuple[Tensor, ...] | None = None
    ) -> tuple[Float[Tensor, "B T V"], Tensor | tuple[Tensor, ...]]:
        """Return the logits of the next token at every position, and the state after the last.

        Args:
            tokens: ids from 0 to V - 1.
            state: what an earlier call returned, to read on from there; None starts from zeros.

        Raises:
            ValueError: if the tokens are not integers of shape (B, T), or an id is out of range.
        """
        self._check(tokens)
        embedded = self.dropout(self.embedding(tokens))
        outputs, state = self.recurrent(embedded, state)
        return self.affine(self.dropout(outputs)), state

    def _check(self, tokens: Tensor) -> None:
        if tokens.ndim != 2 or tokens.is_floating_point() or tokens.dtype == torch.bool:
            raise ValueError(
                f"tokens are {tokens.dtype} of shape {tuple(tokens.shape)}; "
                "expected integers of shape (B, T)"
            )
        # On a GPU the comparison would wait for the device at every step: there the embedding's
        # own check has to do.
        if tokens.device.type == "cpu" and tokens.numel():
            low, high = int(tokens.min()), int(tokens.max())
            if low < 0 or high >= self.embedding.num_embeddings:
                raise ValueError(
                    f"token ids run from {low} to {high}; expected 0 to "
                    f"{self.embedding.num_embeddings - 1}: encode with the model's vocabulary"
                )


def initialize(model: RecurrentLanguageModel) -> None:
    """Draw the embedding and the affine weight from U(-0.1, 0.1) and set the affine bias to 0.

    The recurrent layers keep the U(-1/sqrt(H), 1/sqrt(H)) that they draw themselves. PyTorch's own
    N(0, 1) for embeddings is too wide for a softmax that shares them: the first loss would be
    several times log V.

    Source: Zaremba et al., "Recurrent Neural Network Regularization" (2014), section 4.1.
    Taught in: chapter 07.
    """
    with torch.no_grad():
        nn.init.uniform_(model.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(model.affine.weight, -0.1, 0.1)
        nn.init.zeros_(model.affine.bias)


def saito_init(model: RecurrentLanguageModel) -> None:
    """Draw the parameters as the source book does, and leave one bias a layer.

    Embedding N(0, 0.01²), every other weight N(0, 1 / fan-in), biases 0. A layer of `torch.nn`
    adds two biases; with both trained, the bias would learn at twice the rate of the source's
    single one, so ``bias_hh`` is frozen at 0.

    Raises:
        ValueError: if the weights are tied: the source's initialization has two matrices.

    Source: Saito, "Deep Learning from Scratch 2" (2018), chapters 5 and 6.
    Taught in: chapter 07.
    """
    if model.affine.weight is model.embedding.weight:
        raise ValueError("saito_init needs a model that is not tied: build it with tied=False")
    with torch.no_grad():
        nn.init.normal_(model.embedding.weight, std=0.01)
        for name, parameter in [
            *model.recurrent.named_parameters(),
            *model.affine.named_parameters(),
        ]:
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=1 / math.sqrt(parameter.shape[1]))
            else:
                nn.init.zeros_(parameter)
            if name.startswith("bias_hh"):
                parameter.requires_grad_(False)
