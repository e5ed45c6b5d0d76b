"""A text classifier: embedding, one vector for the whole text, dense layers."""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.pooling import masked_mean

Pooling = Literal["mean", "flatten"]


class EmbeddingClassifier(nn.Module):
    """Score the classes of a text from the vectors of its words.

    Embedding (V, E); then the average over the words, or the vectors of the T places side by side;
    then, if asked for, a hidden layer with ReLU; then one score for each class. Dropout stands
    before every dense layer. The model returns logits; a loss is not part of it.

    With ``masked`` the id `padding` stands for no word: it never moves the average, its vector is
    zero and receives no gradient, and a text without a word has the zero vector as its average, so
    that its scores are those of the dense layers alone. Without, padding is a word like any other,
    with a vector that is learned: what Keras does unless ``mask_zero`` is set.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        num_classes: K; 1 for yes or no, where the probability of yes is the sigmoid of the logit.
        pooling: ``"mean"``, for texts of any length, or ``"flatten"``, for exactly `length` places.
        length: T; needed by ``"flatten"`` alone.
        hidden_size: H of the hidden layer, or 0 for none.
        dropout: share of the features dropped in training, in [0, 1).
        padding: the id that fills up short texts.
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
        padding: int = 0,
        masked: bool = True,
        vectors: Float[Tensor, "V E"] | None = None,
        frozen: bool = False,
    ):
        super().__init__()
        if min(vocabulary_size, embedding_size, num_classes) < 1 or hidden_size < 0:
            raise ValueError(
                "vocabulary_size, embedding_size and num_classes must be at least 1 and "
                f"hidden_size at least 0, not {vocabulary_size}, {embedding_size}, {num_classes} "
                f"and {hidden_size}"
            )
        if pooling not in ("mean", "flatten"):
            raise ValueError(f"pooling is {pooling!r}; expected 'mean' or 'flatten'")
        if (pooling == "flatten") != (length is not None) or (length is not None and length < 1):
            raise ValueError(
                f"length is {length} with pooling={pooling!r}: 'flatten' needs a length of at "
                "least 1, 'mean' takes any length and none is given"
            )
        if not 0 <= padding < vocabulary_size:
            raise ValueError(f"padding is {padding}; expected an id below {vocabulary_size}")
        if frozen and vectors is None:
            raise ValueError("frozen keeps the vectors as they are: give vectors, or train them")
        self.pooling, self.length, self.padding, self.masked = pooling, length, padding, masked
        self.embedding = nn.Embedding(
            vocabulary_size, embedding_size, padding_idx=padding if masked else None
        )
        features = embedding_size * (length or 1)
        sizes = [features, *([hidden_size] if hidden_size else []), num_classes]
        self.dense = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        initialize(self)
        if vectors is not None:
            self._set_vectors(vectors)
        self.embedding.weight.requires_grad_(not frozen)

    def forward(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B K"]:
        """Return the logits of the K classes.

        Args:
            tokens: ids from 0 to V - 1; T may be 0 with ``pooling="mean"``.

        Raises:
            ValueError: if the tokens are not integers of shape (B, T), T is not `length`, or an id
                is out of range.
        """
        self._check(tokens)
        features = self.pool(tokens)
        for layer in self.dense[:-1]:
            features = torch.relu(layer(self.dropout(features)))
        return self.dense[-1](self.dropout(features))

    def pool(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B F"]:
        """Return the one vector of each text: (B, E) averaged, or (B, T * E) side by side."""
        embedded = self.embedding(tokens)
        if self.pooling == "flatten":
            return embedded.flatten(1)
        counts = torch.ones_like(tokens, dtype=torch.bool)
        if self.masked:
            counts = tokens != self.padding
        return masked_mean(embedded, counts)

    def _set_vectors(self, vectors: Tensor) -> None:
        weight = self.embedding.weight
        if not isinstance(vectors, Tensor) or not vectors.is_floating_point():
            raise TypeError(
                f"vectors are a {type(vectors).__name__} of {getattr(vectors, 'dtype', 'lists')}; "
                "expected a tensor of floating-point numbers: use torch.tensor(matrix)"
            )
        if vectors.shape != weight.shape or not vectors.isfinite().all():
            raise ValueError(
                f"vectors have shape {tuple(vectors.shape)}; expected {tuple(weight.shape)}, all "
                "values finite: one row for each id of the vocabulary"
            )
        with torch.no_grad():
            weight.copy_(vectors)
            if self.masked:
                weight[self.padding] = 0

    def _check(self, tokens: Tensor) -> None:
        if tokens.ndim != 2 or tokens.is_floating_point() or tokens.dtype == torch.bool:
            raise ValueError(
                f"tokens are {tokens.dtype} of shape {tuple(tokens.shape)}; "
                "expected integers of shape (B, T)"
            )
        if self.length is not None and tokens.shape[1] != self.length:
            raise ValueError(
                f"texts have {tokens.shape[1]} places; this model was built for {self.length}: "
                "pad or cut them to that length"
            )
        # On a GPU the comparison would wait for the device at every step.
        if tokens.device.type == "cpu" and tokens.numel():
            low, high = int(tokens.min()), int(tokens.max())
            if low < 0 or high >= self.embedding.num_embeddings:
                raise ValueError(
                    f"token ids run from {low} to {high}; expected 0 to "
                    f"{self.embedding.num_embeddings - 1}: encode with the model's vocabulary"
                )


def initialize(model: EmbeddingClassifier) -> None:
    """Draw vectors from U(-0.05, 0.05) and dense weights as Glorot; biases are 0.

    These are the defaults of Keras, which the published classifiers use. The vector of padding is
    zero where it counts for nothing.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16. Taught in: chapter 05.
    """
    with torch.no_grad():
        nn.init.uniform_(model.embedding.weight, -0.05, 0.05)
        if model.masked:
            model.embedding.weight[model.padding] = 0
        for layer in model.dense:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)


def with_hashed_pairs(
    tokens: Int[Tensor, "B T"], V: int, buckets: int, padding: int = 0
) -> Int[Tensor, "B U"]:
    """Append to each text an id for every pair of neighbors, so that an average sees some order.

    There are too many pairs for a list, so each is sent to one of `buckets` ids from V on by a
    fixed arithmetic; different pairs may share one. Where a place or its neighbor is padding, the
    id is padding too. The model needs V + buckets rows.

    Args:
        tokens: ids below V.
        V: the size of the vocabulary.
        buckets: how many ids the pairs share.
        padding: the id that fills up short texts.

    Returns:
        The tokens and T - 1 more columns, U in all.

    Raises:
        ValueError: if `buckets` is below 1, or an id is not below V.

    Source: Joulin et al., "Bag of Tricks for Efficient Text Classification" (2017), section 2.2.
    Taught in: chapter 05.
    """
    if buckets < 1:
        raise ValueError(f"buckets is {buckets}; expected at least 1")
    if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < V:
        raise ValueError(f"ids run from {tokens.min()} to {tokens.max()}; expected 0 to {V - 1}")
    first, second = tokens[:, :-1].long(), tokens[:, 1:].long()
    # Multiplying by large odd numbers and adding the high bits spreads neighboring ids apart.
    mixed = (first * 2_654_435_761 + second * 40_503 + 1) * 2_246_822_519 % 2**31
    pairs = V + (mixed ^ (mixed >> 15)) % buckets
    real = (first != padding) & (second != padding)
    return torch.cat([tokens.long(), torch.where(real, pairs, padding)], dim=1)
