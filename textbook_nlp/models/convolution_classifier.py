"""A text classifier that looks for patterns: embedding, convolutions, one vector, scores."""

from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.cells import RecurrentCell
from textbook_nlp.layers.convolution import Convolution
from textbook_nlp.layers.dropout import VariationalDropout, WordDropout
from textbook_nlp.layers.shapes import check_ids, check_share, tokens_first
from textbook_nlp.models.convolution_reader import ConvolutionReader, PatternReader
from textbook_nlp.models.recurrent_classifier import keras_init


class ConvolutionClassifier(nn.Module):
    """Score the classes of a text from the patterns in it, wherever they stand.

    Embedding (V, E); a reader that makes one vector of the text; then, if asked for, a hidden layer
    with ReLU; then one score for each class. The ids may be those of words or of characters. The
    model returns logits; a loss is not part of it.

    With `masked` the id of padding stands for no word: the words move up to the front of their row,
    no kernel sees anything but zeros behind them, and a text without a word, or too short for the
    reader, has the scores of the dense layers alone. Without, padding is a word like any other,
    with a vector that is learned: what Keras does.

    Args:
        vocabulary_size: V.
        embedding_size: E.
        reader: makes vectors (B, F) of (B, T, E): a `ConvolutionReader`, with or without recurrent
            layers behind the convolutions, or a `PatternReader`.
        num_classes: K; 1 for yes or no, where the probability of yes is the sigmoid of the logit.
        dense_size: units of the hidden layer, or 0 for none.
        dropout: share dropped in training of the features of the words, the same at all places, and
            before each dense layer.
        word_dropout: share of the vocabulary whose vectors are zero in training, see `WordDropout`.
        padding_id: the id that fills up short texts.
        masked: whether padding counts for nothing.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Kim, "Convolutional Neural Networks for Sentence Classification" (2014); over
    characters: Zhang, Zhao and LeCun, "Character-level Convolutional Networks for Text
    Classification" (2015).
    Taught in: chapters 18 and 19.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        reader: ConvolutionReader | PatternReader,
        num_classes: int = 1,
        *,
        dense_size: int = 0,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        padding_id: int = 0,
        masked: bool = True,
    ):
        super().__init__()
        if min(vocabulary_size, embedding_size, num_classes) < 1 or dense_size < 0:
            raise ValueError(
                f"vocabulary_size is {vocabulary_size}, embedding_size {embedding_size}, "
                f"num_classes {num_classes} and dense_size {dense_size}; expected at least 1, and "
                "of the last at least 0"
            )
        if not 0 <= padding_id < vocabulary_size:
            raise ValueError(f"padding_id is {padding_id}; expected an id below {vocabulary_size}")
        check_share("dropout", dropout)
        self.padding_id, self.masked = padding_id, masked
        self.embedding = nn.Embedding(
            vocabulary_size, embedding_size, padding_idx=padding_id if masked else None
        )
        self.word_dropout = WordDropout(word_dropout)
        self.feature_dropout = VariationalDropout(dropout)
        self.reader = reader
        sizes = [reader.features, *([dense_size] if dense_size else []), num_classes]
        self.dense = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        self.reset_parameters()

    def forward(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B K"]:
        """Return the logits of the K classes.

        Args:
            ids: from 0 to V - 1; B and T at least 1.
            mask: true at real tokens; None takes it from the id of padding, as `masked` says.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), there is no text or no place,
                an id is out of range, the mask does not fit, or without a mask the texts are too
                short for the reader.
        """
        features = self.read(ids, mask)
        for layer in self.dense[:-1]:
            features = torch.relu(layer(self.dropout(features)))
        return self.dense[-1](self.dropout(features))

    def read(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B F"]:
        """Return the one vector of each text."""
        V = self.embedding.num_embeddings
        check_ids(ids, V)
        if ids.numel() == 0:
            raise ValueError(
                f"ids have shape {tuple(ids.shape)}; expected at least one text and one place"
            )
        if mask is None and self.masked:
            mask = ids != self.padding_id
        if mask is not None:
            ids, mask = tokens_first(ids, mask)
            missing = max(self.reader.shortest - ids.shape[1], 0)
            ids = F.pad(ids, (0, missing), value=self.padding_id)
            mask = F.pad(mask, (0, missing))
        x = self.feature_dropout(self.word_dropout(self.embedding(ids), ids, V))
        return self.reader(x, mask)

    def reset_parameters(self) -> None:
        """Draw vectors from U(-0.05, 0.05), kernels and dense weights as Glorot; biases are 0.

        Recurrent cells are drawn by `keras_init`. These are the defaults of Keras, which the
        published classifiers use. The vector of padding is zero where it counts for nothing.
        """
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        for part in self.modules():
            if isinstance(part, Convolution | nn.Linear):
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)
            elif isinstance(part, RecurrentCell):
                keras_init(part)
        if self.masked:
            with torch.no_grad():
                self.embedding.weight[self.padding_id] = 0
