"""The blocks that a Transformer is stacked from: attention, then a small network at every position.

A path leads straight through a block, and every part adds to it what it has found. The parameters
are named and shaped as those of `torch.nn.TransformerEncoderLayer` and `TransformerDecoderLayer`,
so that one's state dict fits the other.

The state of a block is what its heads made of the tokens read so far: with it, a block reads on
from there, and what comes out is what reading everything again would give.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.attention import visible
from textbook_nlp.layers.multi_head import MultiHeadAttention
from textbook_nlp.layers.positions import rotate
from textbook_nlp.layers.shapes import check_mask, check_shape, check_share

Activation = Literal["relu", "gelu"]
# What the heads made of the tokens read so far: keys and values, of D / N features a head.
Past = tuple[Float[Tensor, "B N _ _"], Float[Tensor, "B N _ _"]]
# The same of the S tokens of a source, and its mask.
Memory = tuple[Float[Tensor, "B N S _"], Float[Tensor, "B N S _"], Bool[Tensor, "B S"] | None]


class EncoderBlock(nn.Module):
    """Self-attention, then a network of two layers at every position, each with a residual.

    Without `causal` it is the block of an encoder, where every token sees all; with it that of a
    language model, where a token sees itself and what came before.

    Args:
        model_size: D, features of what goes in and comes out.
        num_heads: N, which divides D.
        inner_size: units of the network's first layer.
        dropout: share dropped in training of the attention's weights, of the network's units, and
            of what each part adds, in [0, 1).
        norm_first: normalize what goes into a part (pre-norm), or what comes out of the sum
            (post-norm), as the first Transformer did and `torch.nn` does unless told otherwise.
        activation: of the network, `"relu"` or `"gelu"`.
        bias: whether affine layers and norms have a bias.
        causal: whether a token may see only itself and what came before.
        rotary: whether queries and keys are turned by their positions, see `rotate`.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.1; pre-norm: Xiong et al.,
    "On Layer Normalization in the Transformer Architecture" (2020).
    """

    def __init__(
        self,
        model_size: int,
        num_heads: int,
        inner_size: int,
        *,
        dropout: float = 0.0,
        norm_first: bool = True,
        activation: Activation = "relu",
        bias: bool = True,
        causal: bool = False,
        rotary: bool = False,
    ):
        super().__init__()
        _check_options(model_size, num_heads, inner_size, dropout, activation, rotary)
        self.norm_first, self.causal, self.rotary = norm_first, causal, rotary
        self.self_attn = MultiHeadAttention(model_size, num_heads, dropout=dropout, bias=bias)
        self.linear1 = nn.Linear(model_size, inner_size, bias=bias)
        self.linear2 = nn.Linear(inner_size, model_size, bias=bias)
        self.norm1 = nn.LayerNorm(model_size, bias=bias)
        self.norm2 = nn.LayerNorm(model_size, bias=bias)
        self.dropout = nn.Dropout(dropout)
        self.activation = F.relu if activation == "relu" else F.gelu

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        state: Past | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> tuple[Float[Tensor, "B T D"], Past]:
        """Return what the block makes of every token, and the state to read on from.

        Args:
            x: vectors of tokens.
            state: what an earlier call returned; None starts a text.
            mask: true at real tokens. What stands elsewhere, if it is a number, cannot matter to
                them. It goes with whole texts, not with a state.

        Raises:
            ValueError: if a shape does not fit, or a block that is not causal is to read on.
        """
        self._check(x, state, mask)
        found, state = self.self_attention(self.before(self.norm1, x), state, mask)
        x = self.after(self.norm1, x, found)
        found = self.feed_forward(self.before(self.norm2, x))
        return self.after(self.norm2, x, found), state

    def before(self, norm: nn.Module, x: Tensor) -> Tensor:
        """Return what a part of the block is given."""
        return norm(x) if self.norm_first else x

    def after(self, norm: nn.Module, x: Tensor, found: Tensor) -> Tensor:
        """Add what a part has found."""
        x = x + self.dropout(found)
        return x if self.norm_first else norm(x)

    def self_attention(
        self, x: Float[Tensor, "B T D"], state: Past | None, mask: Bool[Tensor, "B T"] | None
    ) -> tuple[Float[Tensor, "B T D"], Past]:
        """Let every token attend to the others; see `forward`."""
        q, k, v = self.self_attn.project(x)
        start = 0 if state is None else state[0].shape[2]
        if self.rotary:
            q, k = rotate(q, start), rotate(k, start)
        if state is not None:
            k, v = torch.cat([state[0], k], dim=2), torch.cat([state[1], v], dim=2)
        seen = None if mask is None else visible((len(x), x.shape[1], k.shape[2]), mask)
        found, _ = self.self_attn.read(q, k, v, seen, causal=self.causal)
        return found, (k, v)

    def feed_forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Apply the network of two layers at every position."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _check(
        self,
        x: Float[Tensor, "B T D"],
        state: Past | None,
        mask: Bool[Tensor, "B T"] | None,
    ) -> None:
        B, N, D = len(x), self.self_attn.num_heads, self.linear1.in_features
        check_shape("x", x, ("B", "T", D))
        if x.shape[1] == 0:
            raise ValueError(f"x has shape {tuple(x.shape)}; expected at least one token, T >= 1")
        if mask is not None:
            check_mask(mask, x)
        if state is None:
            return
        if not self.causal or mask is not None:
            raise ValueError(
                "only a causal block without a mask can read on from a state: elsewhere, what "
                "comes later changes what was read before"
            )
        for name, part in zip(("keys", "values"), state, strict=True):
            check_shape(f"the state's {name}", part, (B, N, "S", D // N))


class DecoderBlock(EncoderBlock):
    """A causal block with a second attention between its parts, which looks at a source.

    The state is a pair: what an `EncoderBlock` has, or None at the start; and the keys and values
    that the heads of the second attention made of the source, once, with the source's mask.

    Args:
        model_size: D, features of what goes in and comes out, and of the source.
        num_heads: N, which divides D.
        inner_size: units of the network's first layer.
        dropout: as in `EncoderBlock`.
        norm_first: as in `EncoderBlock`.
        activation: as in `EncoderBlock`.
        bias: as in `EncoderBlock`.
        rotary: as in `EncoderBlock`, for self-attention alone.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.1.
    """

    def __init__(
        self,
        model_size: int,
        num_heads: int,
        inner_size: int,
        *,
        dropout: float = 0.0,
        norm_first: bool = True,
        activation: Activation = "relu",
        bias: bool = True,
        rotary: bool = False,
    ):
        super().__init__(
            model_size,
            num_heads,
            inner_size,
            dropout=dropout,
            norm_first=norm_first,
            activation=activation,
            bias=bias,
            causal=True,
            rotary=rotary,
        )
        self.multihead_attn = MultiHeadAttention(model_size, num_heads, dropout=dropout, bias=bias)
        self.norm3 = nn.LayerNorm(model_size, bias=bias)

    def start(
        self, memory: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"] | None = None
    ) -> tuple[None, Memory]:
        """Return the state before the first token of a target.

        Args:
            memory: what an encoder made of the source.
            mask: true at its real tokens; what stands elsewhere cannot matter, not even NaN.

        Raises:
            ValueError: if a shape does not fit, or the source is empty.
        """
        check_shape("memory", memory, ("B", "S", self.linear1.in_features))
        if memory.shape[1] == 0:
            raise ValueError(f"memory has shape {tuple(memory.shape)}; expected S >= 1")
        if mask is not None:
            check_mask(mask, memory)
            memory = memory.masked_fill(~mask.unsqueeze(2), 0)
        keys, values = (self.multihead_attn.project_one(memory, i) for i in (1, 2))
        return None, (keys, values, mask)

    def forward(
        self, x: Float[Tensor, "B T D"], state: tuple[Past | None, Memory]
    ) -> tuple[Float[Tensor, "B T D"], tuple[Past, Memory]]:
        """Return what the block makes of every token of a target, and the state to read on from.

        Args:
            x: vectors of tokens. Where targets differ in length they are filled up behind their
                end: what comes later matters to nothing before it.
            state: what `start` or an earlier call returned.

        Raises:
            ValueError: if a shape does not fit.
        """
        past, memory = state
        self._check(x, past, None)
        found, past = self.self_attention(self.before(self.norm1, x), past, None)
        x = self.after(self.norm1, x, found)
        found = self.cross_attention(self.before(self.norm2, x), memory)
        x = self.after(self.norm2, x, found)
        found = self.feed_forward(self.before(self.norm3, x))
        return self.after(self.norm3, x, found), (past, memory)

    def cross_attention(self, x: Float[Tensor, "B T D"], memory: Memory) -> Float[Tensor, "B T D"]:
        """Let every token attend to the source."""
        keys, values, mask = memory
        B, T, S = len(x), x.shape[1], keys.shape[2]
        if len(keys) != B:
            raise ValueError(f"x has {B} rows and the source {len(keys)}; expected as many")
        queries = self.multihead_attn.project_one(x, 0)
        found, _ = self.multihead_attn.read(queries, keys, values, visible((B, T, S), mask))
        return found


def _check_options(
    model_size: int,
    num_heads: int,
    inner_size: int,
    dropout: float,
    activation: str,
    rotary: bool,
) -> None:
    check_share("dropout", dropout)
    if inner_size < 1:
        raise ValueError(f"inner_size is {inner_size}; expected at least 1")
    if activation not in ("relu", "gelu"):
        raise ValueError(f"activation is {activation!r}; expected 'relu' or 'gelu'")
    if rotary and num_heads > 0 and model_size % (2 * num_heads):
        raise ValueError(
            f"rotary positions turn pairs of features; {model_size} features in {num_heads} heads "
            "cannot be paired"
        )
