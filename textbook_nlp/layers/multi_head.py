"""Multi-head attention: several attentions side by side, each over features of its own."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.attention import (
    causal_mask,
    check_attention,
    fused_attention,
    masked_softmax,
    visible,
)
from textbook_nlp.layers.shapes import check_shape, check_share

Heads = Float[Tensor, "B N T _"]  # D / N features a head


class MultiHeadAttention(nn.Module):
    """Let N heads attend, each to D / N features, and mix what they found by an affine layer.

    A head makes its queries, keys and values by affine layers of its own and takes the scaled dot
    product as the score. The parameters are named, shaped and drawn as those of
    `torch.nn.MultiheadAttention`, so that one's state dict fits the other. Other than there, true
    in a mask means that a key is real, and a query that may look at nothing gets zeros, not NaN.

    Args:
        model_size: D, features of the queries and of the result.
        num_heads: N, which divides D.
        dropout: share of the weights dropped in training, in [0, 1).
        bias: whether the affine layers have a bias.
        key_size: features of the keys; None means D.
        value_size: features of the values; None means D.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.
    """

    def __init__(
        self,
        model_size: int,
        num_heads: int,
        *,
        dropout: float = 0.0,
        bias: bool = True,
        key_size: int | None = None,
        value_size: int | None = None,
    ):
        super().__init__()
        check_share("dropout", dropout)
        D = model_size
        sizes = D, D if key_size is None else key_size, D if value_size is None else value_size
        if min(*sizes, num_heads) < 1 or D % num_heads:
            raise ValueError(
                f"model_size is {D}, num_heads {num_heads}, key and value sizes are {sizes[1:]}; "
                "expected at least 1, and a number of heads that divides model_size"
            )
        self.num_heads, self.dropout, self.sizes = num_heads, dropout, sizes
        # One matrix for all three where their inputs are of one size, as in torch.
        self.packed = sizes == (D, D, D)
        packed = nn.Parameter(torch.empty(3 * D, D)) if self.packed else None
        self.register_parameter("in_proj_weight", packed)
        for name, size in zip("qkv", sizes, strict=True):
            own = None if self.packed else nn.Parameter(torch.empty(D, size))
            self.register_parameter(f"{name}_proj_weight", own)
        self.register_parameter("in_proj_bias", nn.Parameter(torch.zeros(3 * D)) if bias else None)
        self.out_proj = nn.Linear(D, D, bias=bias)
        self.record: list[Tensor] | None = None  # see `recorded_weights`
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw what leads into the heads by Xavier's rule, and set the biases to 0."""
        for name, parameter in self.named_parameters():
            if name.endswith("proj_weight"):
                nn.init.xavier_uniform_(parameter)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(
        self,
        queries: Float[Tensor, "B T D"],
        keys: Float[Tensor, "B S K"] | None = None,
        values: Float[Tensor, "B S E"] | None = None,
        mask: Bool[Tensor, "B S"] | None = None,
        *,
        allowed: Bool[Tensor, "T S"] | Bool[Tensor, "B T S"] | None = None,
        causal: bool = False,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B N T S"] | None]:
        """Return what the heads found for every query, and on request their weights.

        Args:
            queries: what asks.
            keys: what is compared with the queries; None: the queries (self-attention).
            values: what is averaged; None: the keys.
            mask: true at real keys. What stands elsewhere, if it is a number, cannot matter.
            allowed: true where a query may look at a key.
            causal: whether each of T = S steps may look only at itself and those before it.
            need_weights: whether to return the weights of every head, which the fused kernel, the
                fast path, does not keep.

        Raises:
            ValueError: if a shape does not fit; nothing is broadcast.
        """
        keys = queries if keys is None else keys
        values = keys if values is None else values
        B, T, S = check_attention(queries, keys, values)
        given = {"queries": queries, "keys": keys, "values": values}
        for (name, x), size in zip(given.items(), self.sizes, strict=True):
            check_shape(name, x, ("B", "T", size))
        if causal and T != S:
            raise ValueError(f"there are {T} queries and {S} keys; causal needs as many")
        seen = visible((B, T, S), mask, allowed)
        if queries is keys is values:
            q, k, v = self.project(queries)
        else:
            q, k, v = (self.project_one(x, i) for i, x in enumerate(given.values()))
        return self.read(q, k, v, seen, causal=causal, need_weights=need_weights)

    def project(self, x: Float[Tensor, "B T D"]) -> tuple[Heads, Heads, Heads]:
        """Return the queries, keys and values that all heads make of x, in one product."""
        if not self.packed:
            return tuple(self.project_one(x, i) for i in range(3))
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        return tuple(self._split(part) for part in projected.chunk(3, dim=2))

    def project_one(self, x: Float[Tensor, "B T _"], which: int) -> Heads:
        """Return what all heads make of x: their queries (0), keys (1) or values (2)."""
        if self.packed:
            weight = self.in_proj_weight.chunk(3)[which]
        else:
            weight = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)[which]
        bias = None if self.in_proj_bias is None else self.in_proj_bias.chunk(3)[which]
        return self._split(F.linear(x, weight, bias))

    def read(
        self,
        q: Heads,
        k: Float[Tensor, "B N S _"],
        v: Float[Tensor, "B N S _"],
        seen: Bool[Tensor, "#B #T S"] | None = None,
        *,
        causal: bool = False,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T ND"], Float[Tensor, "B N T S"] | None]:
        """Attend in every head, and mix what the heads found.

        Args:
            q: the heads' queries, as `project` returns them.
            k: their keys, those kept from earlier steps included.
            v: their values.
            seen: what `visible` returned.
            causal: whether each of the T steps, which are the last of the S, sees only itself and
                those before it.
            need_weights: as for `forward`.
        """
        T, S = q.shape[2], k.shape[2]
        share, weights = self.dropout if self.training else 0.0, None
        explicit = need_weights or self.record is not None
        if causal and T > 1 and (explicit or T < S or seen is not None):
            steps = causal_mask(T, S, device=q.device)
            seen = steps.unsqueeze(0) if seen is None else seen & steps
        if explicit:
            scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
            allowed = None if seen is None else seen.unsqueeze(1).expand_as(scores)
            weights = masked_softmax(scores, allowed)
            context = F.dropout(weights, share) @ v
        else:
            context = fused_attention(
                q, k, v, seen, causal=causal and T > 1 and seen is None, dropout=share
            )
        if self.record is not None:
            self.record.append(weights.detach())
        result = self.out_proj(context.transpose(1, 2).flatten(2))
        if seen is not None:  # where nothing is seen, not even the bias of the last layer is added
            result = result.masked_fill(~seen.any(dim=2).unsqueeze(2), 0)
        return result, weights if need_weights else None

    def _split(self, x: Float[Tensor, "B T ND"]) -> Heads:
        return x.unflatten(2, (self.num_heads, -1)).transpose(1, 2)

    def extra_repr(self) -> str:
        """Show the sizes in `print(layer)`."""
        return f"{self.sizes[0]}, num_heads={self.num_heads}, dropout={self.dropout}"


@contextmanager
def recorded_weights(model: nn.Module) -> Iterator[dict[str, list[Float[Tensor, "B N T S"]]]]:
    """Keep the weights of every head of a model while it reads, in a block.

    A block within a block keeps its own, and the outer one has them too when it ends.

    Args:
        model: any module that holds `MultiHeadAttention`.

    Yields:
        For the name of each such layer, as in `model.named_modules()`, its weights, one tensor a
        call.

    Example:
        >>> with recorded_weights(model) as weights:  # doctest: +SKIP
        ...     model(ids)
    """
    layers = {n: m for n, m in model.named_modules() if isinstance(m, MultiHeadAttention)}
    outer = {name: layer.record for name, layer in layers.items()}
    for layer in layers.values():
        layer.record = []
    try:
        yield {name: layer.record for name, layer in layers.items()}
    finally:
        for name, layer in layers.items():
            if outer[name] is not None:
                outer[name].extend(layer.record)
            layer.record = outer[name]
