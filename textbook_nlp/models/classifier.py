"""A text classifier: embedding, one vector for the whole text, dense layers."""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.pooling import masked_mean
from textbook_nlp.layers.shapes import check_ids, check_mask, check_share

Pooling = Literal["mean", "flatten"]


class EmbeddingClassifier(nn.Module):
    """Score the classes of a text from the vectors of its words.

    Embedding (V, E); then the average over the words, or the vectors of the T places side by side;
    then, if asked for, a hidden layer with ReLU; then one score for each class. Dropout stands
    before every dense layer. The model returns logits; a loss is not part of it.

    With `masked` the id of padding stands for no word: it never moves the average, its vector is
    zero and receives no gradient, and a text without a word has the zero vector as its average, so
    that its scores are those of the dense layers alone. Without, padding is a word like any other,
    with a vector that is learned: what Keras does unless `mask_zero` is set.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        num_classes: K; 1 for yes or no, where the probability of yes is the sigmoid of the logit.
        pooling: `"mean"`, for texts of any length, or `"flatten"`, for exactly `length` places.
        length: T; needed by `"flatten"` alone.
        hidden_size: H of the hidden layer, or 0 for none.
        dropout: share of the features dropped in training, in [0, 1).
        padding_id: the id that fills up short texts.
        masked: whether padding counts for nothing.
        vectors: pre-trained vectors to begin with, copied; those of padding are set to zero where
            `masked`. None draws them.
        frozen: keep the vectors as they are; needs `vectors`.

    Raises:
        ValueError: if an option is not one of the above, or `vectors` has another shape or a value
            that is not finite.
        TypeError: if `vectors` is no tensor of floating-point numbers.

    Source: Iyyer et al., "Deep Unordered Composition Rivals Syntactic Methods for Text
    Classification" (2015); Joulin et al., "Bag of Tricks for Efficient Text Classification" (2017).
    Taught in: chapter 05.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        num_classes: int = 1,
        *,
        pooling: Pooling = "mean",
        length: int | None = None,
        hidden_size: int = 0,
        dropout: float = 0.0,
        padding_id: int = 0,
        masked: bool = True,
        vectors: Float[Tensor, "V E"] | None = None,
        frozen: bool = False,
    ):
        super().__init__()
        _check_sizes(vocabulary_size, embedding_size, num_classes, hidden_size, padding_id)
        _check_options(pooling, length, dropout, vectors, frozen)
        self.pooling, self.length = pooling, length
        self.padding_id, self.masked = padding_id, masked
        self.embedding = nn.Embedding(
            vocabulary_size, embedding_size, padding_idx=padding_id if masked else None
        )
        features = embedding_size * (length or 1)
        sizes = [features, *([hidden_size] if hidden_size else []), num_classes]
        self.dense = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        self.reset_parameters()
        if vectors is not None:
            self.set_vectors(vectors)
        self.embedding.weight.requires_grad_(not frozen)

    def forward(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B K"]:
        """Return the logits of the K classes.

        Args:
            ids: from 0 to V - 1; T may be 0 with `pooling="mean"`.
            mask: true at real tokens; None takes it from the id of padding, as `masked` says.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), T is not `length`, an id is
                out of range, or the mask does not fit.
        """
        features = self.pool(ids, mask)
        for layer in self.dense[:-1]:
            features = torch.relu(layer(self.dropout(features)))
        return self.dense[-1](self.dropout(features))

    def pool(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B F"]:
        """Return the one vector of each text: (B, E) averaged, or (B, T * E) side by side."""
        check_ids(ids, self.embedding.num_embeddings)
        _check_length(ids, self.length)
        embedded = self.embedding(ids)
        if mask is None:
            mask = ids != self.padding_id if self.masked else torch.ones_like(ids).bool()
        check_mask(mask, embedded)
        if self.pooling == "mean":
            return masked_mean(embedded, mask)
        return embedded.masked_fill(~mask.unsqueeze(2), 0).flatten(1)

    def reset_parameters(self) -> None:
        """Draw vectors from U(-0.05, 0.05) and dense weights as Glorot; biases are 0.

        These are the defaults of Keras, which the published classifiers use. The vector of padding
        is zero where it counts for nothing.

        Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
        networks" (2010), equation 16.
        """
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        for layer in self.dense:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        self._empty_padding()

    def set_vectors(self, vectors: Float[Tensor, "V E"]) -> None:
        """Copy given vectors into the embedding.

        Raises:
            ValueError: if they have another shape, or a value is not finite.
            TypeError: if they are no tensor of floating-point numbers.
        """
        _check_vectors(vectors, tuple(self.embedding.weight.shape))
        with torch.no_grad():
            self.embedding.weight.copy_(vectors)
        self._empty_padding()

    def _empty_padding(self) -> None:
        if self.masked:
            with torch.no_grad():
                self.embedding.weight[self.padding_id] = 0


def _check_sizes(vocabulary_size, embedding_size, num_classes, hidden_size, padding_id) -> None:
    if min(vocabulary_size, embedding_size, num_classes) < 1 or hidden_size < 0:
        raise ValueError(
            "vocabulary_size, embedding_size and num_classes must be at least 1 and hidden_size at "
            f"least 0, not {vocabulary_size}, {embedding_size}, {num_classes} and {hidden_size}"
        )
    if not 0 <= padding_id < vocabulary_size:
        raise ValueError(f"padding_id is {padding_id}; expected an id below {vocabulary_size}")


def _check_options(pooling, length, dropout, vectors, frozen) -> None:
    check_share("dropout", dropout)
    if pooling not in ("mean", "flatten"):
        raise ValueError(f"pooling is {pooling!r}; expected 'mean' or 'flatten'")
    if (pooling == "flatten") != (length is not None) or (length is not None and length < 1):
        raise ValueError(
            f"length is {length} with pooling={pooling!r}: 'flatten' needs a length of at "
            "least 1, 'mean' takes any length and none is given"
        )
    if frozen and vectors is None:
        raise ValueError("frozen keeps the vectors as they are: give vectors, or train them")


def _check_vectors(vectors: Tensor, shape: tuple[int, ...]) -> None:
    if not isinstance(vectors, Tensor) or not vectors.is_floating_point():
        raise TypeError(
            f"vectors are a {type(vectors).__name__} of {getattr(vectors, 'dtype', 'lists')}; "
            "expected a tensor of floating-point numbers: use torch.tensor(matrix)"
        )
    if vectors.shape != shape or not vectors.isfinite().all():
        raise ValueError(
            f"vectors have shape {tuple(vectors.shape)}; expected {shape}, all values finite: "
            "one row for each id of the vocabulary"
        )


def _check_length(ids: Tensor, length: int | None) -> None:
    if length is not None and ids.shape[1] != length:
        raise ValueError(
            f"texts have {ids.shape[1]} places; this model was built for {length}: "
            "pad or cut them to that length"
        )
