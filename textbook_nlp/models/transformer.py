"""The Transformer: encoder and decoder without recurrence, and a language model of the same blocks.

Both are trained on whole texts at once, and write token by token: the state that they return holds
what the attention heads made of the tokens read so far (the key-value cache), so that a step costs
one token's work and not that of all before it. `generate` and `beam_search` take them as they are.
"""

from collections.abc import Callable
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from textbook_nlp.layers.blocks import Activation, DecoderBlock, EncoderBlock
from textbook_nlp.layers.positions import PositionedEmbedding, Positions
from textbook_nlp.layers.shapes import check_mask, check_no_row_is_empty, holds_tensors
from textbook_nlp.models.seq2seq import READ_FIRST


class TransformerLanguageModel(nn.Module):
    """Score every token of the vocabulary as the next one, from all tokens up to here.

    Vectors (V, D) with positions, L causal blocks, an affine layer (D, V). The model returns
    logits; a loss is not part of it.

    Args:
        vocabulary_size: V.
        model_size: D.
        num_heads: N, which divides D.
        num_layers: L.
        inner_size: units within each block; None means 4 D.
        dropout: share dropped in training, of the vectors and in the blocks, in [0, 1).
        positions: `"sinusoid"`, `"learned"`, `"rotary"`, or None for none.
        max_length: how many learned positions there are; none of the others ends.
        norm_first: as in `EncoderBlock`; with it, one more norm follows the last block.
        activation: as in `EncoderBlock`.
        tied: use the vectors of the tokens as the weight of the affine layer too.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Vaswani et al., "Attention Is All You Need" (2017); a decoder alone: Radford et al.,
    "Improving Language Understanding by Generative Pre-Training" (2018).
    """

    def __init__(
        self,
        vocabulary_size: int,
        model_size: int,
        num_heads: int,
        num_layers: int,
        *,
        inner_size: int | None = None,
        dropout: float = 0.0,
        positions: Positions = "sinusoid",
        max_length: int | None = None,
        norm_first: bool = True,
        activation: Activation = "gelu",
        tied: bool = True,
    ):
        super().__init__()
        _check_num_layers(num_layers)
        self.embedding = PositionedEmbedding(
            vocabulary_size, model_size, positions, max_length=max_length, dropout=dropout
        )
        self.blocks = nn.ModuleList(
            EncoderBlock(
                model_size,
                num_heads,
                4 * model_size if inner_size is None else inner_size,
                dropout=dropout,
                norm_first=norm_first,
                activation=activation,
                causal=True,
                rotary=positions == "rotary",
            )
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(model_size) if norm_first else nn.Identity()
        self.affine = nn.Linear(model_size, vocabulary_size, bias=False)
        if tied:
            self.affine.weight = self.embedding.weight
        _reset_parameters(self)

    def forward(
        self, ids: Int[Tensor, "B T"], state: tuple | None = None
    ) -> tuple[Float[Tensor, "B T V"], tuple]:
        """Return the logits of the next token at every position, and the state after the last.

        Args:
            ids: from 0 to V - 1. Where texts differ in length they are filled up behind their end:
                what comes later matters to nothing before it.
            state: what an earlier call returned, to read on from there; None starts a text. It
                holds all that was read, and grows with every token.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), T at least 1, one is out of
                range, the state does not fit them, or the text is longer than learned positions.
        """
        if state is None:
            state = (None,) * len(self.blocks)
        _check_state(state, len(self.blocks), _is_past, "take it as an earlier call returned it")
        x, new = self.embedding(ids, _length(state[0])), []
        for block, old in zip(self.blocks, state, strict=True):
            x, end = block(x, old)
            new.append(end)
        return self.affine(self.norm(x)), tuple(new)


class Transformer(nn.Module):
    """An encoder that reads a source, and a decoder that writes a target.

    `model.read(source, mask)` is the state that a target begins from, and `model(ids, state)` goes
    on from there, as with a `Seq2Seq`: the model is trained on whole targets with `seq2seq_loss`,
    and `answer`, `generate` and `beam_search` write with it.

    Args:
        source_vocabulary_size: how many tokens the vocabulary of the sources has.
        target_vocabulary_size: V, those of the targets.
        model_size: D.
        num_heads: N, which divides D.
        num_layers: L, blocks of the encoder, and as many of the decoder.
        inner_size: units within each block; None means 4 D.
        dropout: share dropped in training, of the vectors and in the blocks, in [0, 1).
        positions: as in `TransformerLanguageModel`.
        max_length: how many learned positions there are.
        norm_first: as in `EncoderBlock`; with it, one more norm follows the last block of each.
        activation: as in `EncoderBlock`.
        tied: use the vectors of the target's tokens as the weight of the affine layer too.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Vaswani et al., "Attention Is All You Need" (2017).
    """

    def __init__(
        self,
        source_vocabulary_size: int,
        target_vocabulary_size: int,
        model_size: int,
        num_heads: int,
        num_layers: int,
        *,
        inner_size: int | None = None,
        dropout: float = 0.0,
        positions: Positions = "sinusoid",
        max_length: int | None = None,
        norm_first: bool = True,
        activation: Activation = "relu",
        tied: bool = True,
    ):
        super().__init__()
        _check_num_layers(num_layers)
        options = {
            "dropout": dropout,
            "norm_first": norm_first,
            "activation": activation,
            "rotary": positions == "rotary",
        }
        sizes = model_size, num_heads, 4 * model_size if inner_size is None else inner_size
        self.source_embedding, self.target_embedding = (
            PositionedEmbedding(V, model_size, positions, max_length=max_length, dropout=dropout)
            for V in (source_vocabulary_size, target_vocabulary_size)
        )
        self.encoder = nn.ModuleList(EncoderBlock(*sizes, **options) for _ in range(num_layers))
        self.decoder = nn.ModuleList(DecoderBlock(*sizes, **options) for _ in range(num_layers))
        self.source_norm, self.target_norm = (
            nn.LayerNorm(model_size) if norm_first else nn.Identity() for _ in range(2)
        )
        self.affine = nn.Linear(model_size, target_vocabulary_size, bias=False)
        if tied:
            self.affine.weight = self.target_embedding.weight
        _reset_parameters(self)

    def encode(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None = None
    ) -> Float[Tensor, "B S D"]:
        """Return what the encoder makes of every token of a source.

        Args:
            source: ids.
            mask: true at real tokens; what stands elsewhere cannot matter to them. None: all are
                real.

        Raises:
            ValueError: if a source is empty, an id out of range, the mask does not fit, or the
                source is longer than learned positions.
        """
        x = self.source_embedding(source)
        if mask is not None:
            check_mask(mask, x)
            check_no_row_is_empty(mask)
        for block in self.encoder:
            x, _ = block(x, mask=mask)
        return self.source_norm(x)

    def read(self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"] | None = None) -> tuple:
        """Read a source, and return the state that a target begins from; see `encode`."""
        memory = self.encode(source, mask)
        return tuple(block.start(memory, mask) for block in self.decoder)

    def forward(
        self, ids: Int[Tensor, "B T"], state: tuple
    ) -> tuple[Float[Tensor, "B T V"], tuple]:
        """Return the logits of the next token at every position, and the state after the last.

        Args:
            ids: tokens of the target: in training the true ones, all at once, filled up behind
                their end.
            state: what `read` or an earlier call returned.

        Raises:
            ValueError: if an id is out of range, the state is none for this batch, or the target is
                longer than learned positions.
        """
        _check_state(state, len(self.decoder), _is_begun, READ_FIRST)
        x, new = self.target_embedding(ids, _length(state[0][0])), []
        for block, old in zip(self.decoder, state, strict=True):
            x, end = block(x, old)
            new.append(end)
        return self.affine(self.target_norm(x)), tuple(new)


def _length(past: tuple | None) -> int:
    """How many tokens were read before."""
    return 0 if past is None else past[0].shape[2]


def _is_past(part: Any) -> bool:
    """Whether a part of a state is that of a block without a source: keys and values, or None."""
    return part is None or (holds_tensors(part, 2) and part[0].ndim == 4)


def _is_begun(part: Any) -> bool:
    """Whether a part of a state is that of a `DecoderBlock`: its own, and what it looks at."""
    if not isinstance(part, tuple) or len(part) != 2:
        return False
    past, memory = part  # the memory: keys, values, and a mask or None
    if not isinstance(memory, tuple) or len(memory) != 3:
        return False
    return _is_past(past) and _is_past(memory[:2])


def _check_num_layers(num_layers: int) -> None:
    if num_layers < 1:
        raise ValueError(f"num_layers is {num_layers}; expected at least 1")


def _check_state(state: tuple, num_layers: int, fits: Callable[[Any], bool], advice: str) -> None:
    """Refuse a state that has not for each block one part of the right form.

    Raises:
        ValueError: if it has not; it ends with the advice.
    """
    if not isinstance(state, tuple):
        found = type(state).__name__
    elif len(state) != num_layers:
        found = f"{len(state)} parts"
    elif not all(map(fits, state)):
        found = "a tuple of other parts"
    else:
        return
    raise ValueError(
        f"the state is {found}; expected a tuple of {num_layers}, one part for each block: {advice}"
    )


def _reset_parameters(model: nn.Module) -> None:
    """Draw the matrices of the blocks by Xavier's rule; an untied affine layer as the vectors."""
    for block in model.modules():
        if isinstance(block, EncoderBlock):
            for name, parameter in block.named_parameters():
                if parameter.ndim == 2:
                    nn.init.xavier_uniform_(parameter)
                elif name.endswith("bias"):
                    nn.init.zeros_(parameter)
    nn.init.normal_(model.affine.weight, std=model.affine.in_features**-0.5)
