"""Attention: every query takes the mean of values, weighted by how well their keys answer it.

Three steps, each a function: a score for every pair of a query and a key, weights from the scores
by a softmax that knows of a mask, and the weighted sum of the values. `attend` is the three in a
row. Of the four scores two have parameters and are modules; all are called alike.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_shape, check_sizes

Score = Callable[[Float[Tensor, "B T Q"], Float[Tensor, "B S K"]], Float[Tensor, "B T S"]]


def dot_score(
    queries: Float[Tensor, "B T D"], keys: Float[Tensor, "B S D"]
) -> Float[Tensor, "B T S"]:
    """Score every key by its dot product with the query.

    Raises:
        ValueError: if the shapes do not fit; nothing is broadcast.

    Source: Luong et al., "Effective Approaches to Attention-based Neural Machine Translation"
    (2015), section 3.1.
    Taught in: chapter 13.
    """
    _check_pair(queries, keys, keys.shape[-1], keys.shape[-1])
    return queries @ keys.transpose(1, 2)


def scaled_dot_score(
    queries: Float[Tensor, "B T D"], keys: Float[Tensor, "B S D"]
) -> Float[Tensor, "B T S"]:
    """Score every key by its dot product with the query, divided by sqrt(D).

    The product of two vectors of D independent numbers of variance 1 has the variance D; divided,
    it has 1, however many features there are, and the softmax is not driven to its flat ends.

    Raises:
        ValueError: if the shapes do not fit; nothing is broadcast.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.1.
    """
    return dot_score(queries / math.sqrt(queries.shape[-1]), keys)


class GeneralScore(nn.Module):
    """Score every key by `q W kᵀ`: a dot product after the query was turned towards the keys.

    Args:
        query_size: Q, features of a query.
        key_size: K, features of a key.

    Attributes:
        weight: (Q, K), drawn from U(-1/sqrt(Q), 1/sqrt(Q)).

    Raises:
        ValueError: if a size is below 1.

    Source: Luong et al., "Effective Approaches to Attention-based Neural Machine Translation"
    (2015), section 3.1.
    Taught in: chapter 13.
    """

    def __init__(self, query_size: int, key_size: int):
        super().__init__()
        check_sizes(query_size=query_size, key_size=key_size)
        bound = 1 / math.sqrt(query_size)
        self.weight = nn.Parameter(torch.empty(query_size, key_size).uniform_(-bound, bound))

    def forward(
        self, queries: Float[Tensor, "B T Q"], keys: Float[Tensor, "B S K"]
    ) -> Float[Tensor, "B T S"]:
        """Return the score of every key for every query.

        Raises:
            ValueError: if the shapes do not fit; nothing is broadcast.
        """
        _check_pair(queries, keys, *self.weight.shape)
        return queries @ self.weight @ keys.transpose(1, 2)


class AdditiveScore(nn.Module):
    """Score every key by a small network: `v · tanh(q W_q + k W_k + b)`.

    Args:
        query_size: Q, features of a query.
        key_size: K, features of a key.
        hidden_size: H, units of the network.

    Attributes:
        query: the affine layer with W_q, without a bias.
        key: the affine layer with W_k and b.
        v: (H,), drawn from U(-1/sqrt(H), 1/sqrt(H)).

    Raises:
        ValueError: if a size is below 1.

    Source: Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and Translate"
    (2015), appendix A.1.2.
    Taught in: chapter 13.
    """

    def __init__(self, query_size: int, key_size: int, hidden_size: int):
        super().__init__()
        check_sizes(query_size=query_size, key_size=key_size, hidden_size=hidden_size)
        self.query = nn.Linear(query_size, hidden_size, bias=False)
        self.key = nn.Linear(key_size, hidden_size)
        bound = 1 / math.sqrt(hidden_size)
        self.v = nn.Parameter(torch.empty(hidden_size).uniform_(-bound, bound))

    def forward(
        self, queries: Float[Tensor, "B T Q"], keys: Float[Tensor, "B S K"]
    ) -> Float[Tensor, "B T S"]:
        """Return the score of every key for every query.

        Raises:
            ValueError: if the shapes do not fit; nothing is broadcast.
        """
        _check_pair(queries, keys, self.query.in_features, self.key.in_features)
        pairs = self.query(queries).unsqueeze(2) + self.key(keys).unsqueeze(1)  # (B, T, S, H)
        return pairs.tanh() @ self.v


def masked_softmax(
    scores: Float[Tensor, "*batch T S"], allowed: Bool[Tensor, "*batch T S"] | None = None
) -> Float[Tensor, "*batch T S"]:
    """Turn scores into weights that sum to 1 over the S keys; what is not allowed weighs 0.

    Where a query may look at nothing, all its weights are 0: a softmax over minus infinities alone
    would be NaN. What stands in a score that is not allowed matters neither to a weight nor to a
    gradient, not even NaN.

    Args:
        scores: of every key for every query.
        allowed: true where a query may look at a key; None allows all.

    Raises:
        ValueError: if `allowed` is not bool of the shape of the scores.

    Taught in: chapter 13.
    """
    if allowed is None:
        return scores.softmax(dim=-1)
    if allowed.shape != scores.shape or allowed.dtype != torch.bool:
        raise ValueError(
            f"allowed is {allowed.dtype} of shape {tuple(allowed.shape)}; expected torch.bool of "
            f"shape {tuple(scores.shape)}"
        )
    least = torch.finfo(scores.dtype).min  # finite, so that no row is without a number
    return scores.masked_fill(~allowed, least).softmax(dim=-1).masked_fill(~allowed, 0)


def attend(
    queries: Float[Tensor, "B T Q"],
    keys: Float[Tensor, "B S K"],
    values: Float[Tensor, "B S E"],
    mask: Bool[Tensor, "B S"] | None = None,
    *,
    allowed: Bool[Tensor, "T S"] | Bool[Tensor, "B T S"] | None = None,
    score: Score = dot_score,
) -> tuple[Float[Tensor, "B T E"], Float[Tensor, "B T S"]]:
    """Give every query the mean of the values, weighted by the scores of their keys.

    Args:
        queries: what asks, such as the states of a decoder.
        keys: what is compared with the queries, such as the states of an encoder.
        values: what is averaged; often the keys again.
        mask: true at real keys. What stands elsewhere, in keys and in values, matters neither to a
            result nor to a gradient, not even NaN.
        allowed: true where a query may look at a key, the same for all rows of the batch or for
            each row its own; `causal_mask` makes one.
        score: `dot_score`, `scaled_dot_score`, a `GeneralScore` or an `AdditiveScore`.

    Returns:
        The means, and the weights. Where a query may look at nothing both are zero.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.

    Taught in: chapter 13.
    """
    B, T, S = check_attention(queries, keys, values)
    seen = visible((B, T, S), mask, allowed)
    if mask is not None:
        padding = ~mask.unsqueeze(2)
        keys, values = keys.masked_fill(padding, 0), values.masked_fill(padding, 0)
    weights = masked_softmax(score(queries, keys), None if seen is None else seen.expand(B, T, S))
    return weights @ values, weights


def causal_mask(
    T: int, S: int | None = None, *, device: torch.device | str | None = None
) -> Bool[Tensor, "T S"]:
    """Return what each of T steps may look at: itself and all before it.

    Args:
        T: how many steps ask.
        S: how many there are to look at, of which the T are the last; None means T.
        device: where the mask is.

    Raises:
        ValueError: if there is no step, or fewer to look at than ask.
    """
    S = T if S is None else S
    if not 1 <= T <= S:
        raise ValueError(f"T is {T} and S {S}; expected at least one step, and S at least T")
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def visible(
    shape: tuple[int, int, int],
    mask: Bool[Tensor, "B S"] | None = None,
    allowed: Bool[Tensor, "T S"] | Bool[Tensor, "B T S"] | None = None,
) -> Bool[Tensor, "#B #T S"] | None:
    """Join a mask of real keys and one of what each query may look at; None where neither is given.

    Args:
        shape: B, T and S of the scores.
        mask: true at real keys.
        allowed: true where a query may look at a key, for all rows of the batch or for each.

    Raises:
        ValueError: if one of them is not bool, or does not fit the scores.
    """
    B, T, S = shape
    if mask is not None and (mask.shape != (B, S) or mask.dtype != torch.bool):
        raise ValueError(
            f"mask is {mask.dtype} of shape {tuple(mask.shape)}; expected torch.bool of shape "
            f"{(B, S)}, true at real keys"
        )
    if allowed is None:
        return None if mask is None else mask.unsqueeze(1)
    if allowed.shape not in ((T, S), (B, T, S)) or allowed.dtype != torch.bool:
        raise ValueError(
            f"allowed is {allowed.dtype} of shape {tuple(allowed.shape)}; expected torch.bool of "
            f"shape {(T, S)} or {(B, T, S)}, true where a query may look"
        )
    allowed = allowed if allowed.ndim == 3 else allowed.unsqueeze(0)
    return allowed if mask is None else allowed & mask.unsqueeze(1)


def fused_attention(
    queries: Float[Tensor, "B N T D"],
    keys: Float[Tensor, "B N S D"],
    values: Float[Tensor, "B N S E"],
    seen: Bool[Tensor, "#B #T S"] | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> Float[Tensor, "B N T E"]:
    """Give what scaled dot products, masked softmax and weighted sum give, in one kernel.

    The weights, T times S numbers a head, are never kept: the kernel goes through the keys block by
    block. That saves memory, and time. What is computed is the same but for rounding.

    Args:
        queries: of N heads.
        keys: of N heads.
        values: of N heads.
        seen: what `visible` returned; where a query may look at nothing the result is zero.
        causal: whether each of T = S steps sees only itself and those before it.
        dropout: share of the weights dropped.

    Source: Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with
    IO-Awareness" (2022).
    """
    blind = None
    if seen is not None:
        if causal:
            seen = seen & causal_mask(queries.shape[2], device=seen.device)
        blind = ~seen.any(dim=-1, keepdim=True).unsqueeze(1)  # (B, 1, T, 1)
        seen = seen.unsqueeze(1) | blind  # older kernels give NaN where nothing is seen
    result = F.scaled_dot_product_attention(
        queries, keys, values, seen, dropout, is_causal=causal and seen is None
    )
    return result if blind is None else result.masked_fill(blind, 0)


def check_attention(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[int, int, int]:
    """Return B, T and S of what attention is to read, or refuse it.

    Raises:
        ValueError: if the three are not (B, T, Q), (B, S, K) and (B, S, E), with S at least 1.
    """
    check_shape("queries", queries, ("B", "T", "Q"))
    B, T, _ = queries.shape
    check_shape("keys", keys, (B, "S", "K"))
    S = keys.shape[1]
    check_shape("values", values, (B, S, "E"))
    if S == 0:
        raise ValueError(f"keys have shape {tuple(keys.shape)}; expected at least one, S >= 1")
    return B, T, S


def _check_pair(queries: Tensor, keys: Tensor, query_size: int, key_size: int) -> None:
    """Refuse queries and keys that a score cannot compare.

    Raises:
        ValueError: if they are not (B, T, Q) and (B, S, K).
    """
    check_shape("queries", queries, ("B", "T", query_size))
    check_shape("keys", keys, (len(queries), "S", key_size))
