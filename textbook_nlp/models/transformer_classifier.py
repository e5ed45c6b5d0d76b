"""A text classifier of attention: vectors with positions, encoder blocks, their average, scores."""

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.blocks import EncoderBlock
from textbook_nlp.layers.pooling import masked_mean
from textbook_nlp.layers.positions import PositionedEmbedding, Positions
from textbook_nlp.layers.shapes import check_ids, tokens_first


class TransformerClassifier(nn.Module):
    """Score the classes of a text from what the encoder of a Transformer makes of its words.

    Vectors (V, D) with positions; L blocks in which every word sees all; a norm; the average over
    the words; then one score for each class. The model returns logits; a loss is not part of it.

    The id of padding stands for no word: the words move up to the front of their row, so that the
    first has position 0 wherever a text was filled up, none sees padding, and a text without a
    word has the scores of the affine layer's bias.

    Args:
        vocabulary_size: V.
        model_size: D.
        num_heads: N, which divides D.
        num_layers: L.
        num_classes: K; 1 for yes or no, where the probability of yes is the sigmoid of the logit.
        inner_size: units within each block; None means 4 D.
        dropout: share dropped in training, of the vectors, in the blocks, and of the average.
        positions: `"sinusoid"`, `"rotary"`, or None for none: a bag of words that see each other.
        padding_id: the id that fills up short texts.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Vaswani et al., "Attention Is All You Need" (2017), the encoder; averaged: Reimers and
    Gurevych, "Sentence-BERT" (2019), section 3.
    """

    def __init__(
        self,
        vocabulary_size: int,
        model_size: int,
        num_heads: int,
        num_layers: int,
        num_classes: int = 1,
        *,
        inner_size: int | None = None,
        dropout: float = 0.0,
        positions: Positions = "sinusoid",
        padding_id: int = 0,
    ):
        super().__init__()
        if min(num_layers, num_classes) < 1 or positions == "learned":
            raise ValueError(
                f"num_layers is {num_layers}, num_classes {num_classes} and positions "
                f"{positions!r}; expected at least 1, and positions for texts of any length"
            )
        if not 0 <= padding_id < vocabulary_size:
            raise ValueError(f"padding_id is {padding_id}; expected an id below {vocabulary_size}")
        self.padding_id = padding_id
        self.embedding = PositionedEmbedding(
            vocabulary_size, model_size, positions, dropout=dropout
        )
        self.blocks = nn.ModuleList(
            EncoderBlock(
                model_size,
                num_heads,
                4 * model_size if inner_size is None else inner_size,
                dropout=dropout,
                rotary=positions == "rotary",
            )
            for _ in range(num_layers)
        )
        self.norm, self.dropout = nn.LayerNorm(model_size), nn.Dropout(dropout)
        self.affine = nn.Linear(model_size, num_classes)
        self.reset_parameters()

    def forward(
        self, ids: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B K"]:
        """Return the logits of the K classes.

        Args:
            ids: from 0 to V - 1; B and T at least 1.
            mask: true at real tokens; None takes it from the id of padding.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), there is no text or no place,
                an id is out of range, or the mask does not fit.
        """
        check_ids(ids, len(self.embedding.weight))
        ids, mask = tokens_first(ids, ids != self.padding_id if mask is None else mask)
        x = self.embedding(ids)
        for block in self.blocks:
            x, _ = block(x, mask=mask)
        return self.affine(self.dropout(masked_mean(self.norm(x), mask)))

    def reset_parameters(self) -> None:
        """Draw the matrices by Xavier's rule; biases are 0. The vectors stay as they are."""
        for name, parameter in self.named_parameters():
            if name.startswith(("blocks", "affine")) and parameter.ndim == 2:
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
