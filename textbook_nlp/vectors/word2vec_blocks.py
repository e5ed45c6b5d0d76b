"""The gradients of word2vec for a block of consecutive tokens at once, in a few matrix products.

The idea: within a block, who stands in whose window is one sparse matrix of zeros and ones. Its
product with the input vectors is the sum over every window, and since windows are symmetric, its
product with the gradients hands each of them back to the neighbors that it came from. The negatives
are shared by the whole block, so all their scores are one dense product. `vectors.fast_word2vec`
trains with it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

TILE = 50
"""How many centers of skip-gram go into one matrix product; more would waste more."""


class Block(NamedTuple):
    """Whole sentences in a row, T tokens, with all about them that stays from epoch to epoch.

    Attributes:
        ids: of the tokens.
        first: the first token of each window.
        last: the first token after each window.
        words: the different ones of the ids, U of them.
        place: where in `words` each token stands.
        groups: (U, T); its product with one row a token adds up the rows of each word.
        neighbors: (T, T), 1 where a token stands in another's window, itself excepted.
    """

    ids: Int[np.ndarray, " T"]
    first: Int[np.ndarray, " T"]
    last: Int[np.ndarray, " T"]
    words: Int[np.ndarray, " U"]
    place: Int[np.ndarray, " T"]
    groups: sparse.csr_array
    neighbors: sparse.csr_array

    @property
    def degrees(self) -> Int[np.ndarray, " T"]:
        """How many neighbors each token has."""
        return self.last - self.first - 1


def cut_blocks(
    ids: Int[np.ndarray, " N"], lengths: Int[np.ndarray, " S"], window: int, least: int, dtype: type
) -> Iterator[Block]:
    """Cut a corpus into blocks of whole sentences with at least `least` tokens each.

    Args:
        ids: of all tokens.
        lengths: of the sentences; they add up to N.
        window: how many words count on each side; never across the end of a sentence.
        least: tokens; the last block may be smaller.
        dtype: of the sparse matrices.

    Taught in: chapter 04.
    """
    ends = np.cumsum(lengths)
    starts = np.repeat(ends - lengths, lengths)
    stops = np.repeat(ends, lengths)
    begin = 0
    for end in ends:
        if end - begin >= least or end == len(ids):
            part = slice(begin, end)
            place = np.arange(begin, end)
            first = np.maximum(place - window, starts[part]) - begin
            last = np.minimum(place + window + 1, stops[part]) - begin
            if end > begin:
                yield _block(ids[part], first, last, window, dtype)
            begin = end


def _block(ids: np.ndarray, first: np.ndarray, last: np.ndarray, window: int, dtype: type) -> Block:
    T = len(ids)
    words, place = np.unique(ids, return_inverse=True)
    groups = sparse.csr_array((np.ones(T, dtype), (place, np.arange(T))), shape=(len(words), T))
    near = np.arange(T)[:, None] + np.r_[-window:0, 1 : window + 1]
    columns = near[(near >= first[:, None]) & (near < last[:, None])]
    pointers = np.r_[0, np.cumsum(last - first - 1)]
    neighbors = sparse.csr_array(
        (np.ones(len(columns), dtype), columns.astype(np.int32), pointers.astype(np.int32)),
        shape=(T, T),
    )
    return Block(ids, first, last, words, place, groups, neighbors)


class Gradients(NamedTuple):
    """What the loss of a block changes by: each token's two vectors, and those of the noise."""

    inputs: Float[np.ndarray, "T E"]
    outputs: Float[np.ndarray, "T E"]
    noise: Float[np.ndarray, "K E"]


def sigmoid(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return 1 / (1 + exp(-x)), in place: by tanh, which cannot overflow and is fast in NumPy."""
    x *= 0.5
    np.tanh(x, out=x)
    x += 1.0
    x *= 0.5
    return x


def cbow_gradients(
    block: Block,
    inputs: Float[np.ndarray, "T E"],
    outputs: Float[np.ndarray, "T E"],
    noise: Float[np.ndarray, "K E"],
    weights: Float[np.ndarray, "T K"],
) -> Gradients:
    """Differentiate the CBOW loss of a block, with negatives that all its targets share.

    With h the mean input vector of a target's neighbors, o its output vector and n the noise
    vectors, the loss is the sum over the targets of -log σ(h·o) - Σ_k w_k log σ(-h·n_k).

    Args:
        block: T tokens.
        inputs: the input vector of each token.
        outputs: the output vector of each token.
        noise: the output vectors of the negatives.
        weights: how much each negative counts for each target.

    Source: Mikolov et al. (2013b), equation 4; sharing the negatives: Ji et al. (2016),
        "Parallelizing word2vec in shared and distributed memory", section 3.
    Taught in: chapter 04.
    """
    share = np.divide(1.0, np.maximum(block.degrees, 1), dtype=inputs.dtype)[:, None]
    hidden = block.neighbors @ inputs
    hidden *= share
    right = sigmoid(np.einsum("te,te->t", hidden, outputs))
    right -= block.degrees > 0  # a word alone in its sentence is no target
    right *= block.degrees > 0
    wrong = sigmoid(hidden @ noise.T)
    wrong *= weights
    d_hidden = wrong @ noise
    d_hidden += right[:, None] * outputs
    d_hidden *= share
    # The window is symmetric: what a target takes from its neighbors, it gives back to them.
    return Gradients(block.neighbors @ d_hidden, right[:, None] * hidden, wrong.T @ hidden)


def skip_gram_gradients(
    block: Block,
    inputs: Float[np.ndarray, "T E"],
    outputs: Float[np.ndarray, "T E"],
    noise: Float[np.ndarray, "K E"],
    weights: Float[np.ndarray, "T K"],
) -> Gradients:
    """Differentiate the skip-gram loss of a block, with negatives that all its pairs share.

    With x the input vector of a token and o_c the output vectors of its neighbors, the loss is the
    sum over the tokens of -Σ_c log σ(x·o_c) - Σ_k w_k log σ(-x·n_k). The scores of all pairs
    are one matrix product for `TILE` tokens at a time, of which those outside the windows are
    multiplied by 0.

    Args:
        block: T tokens.
        inputs: the input vector of each token.
        outputs: the output vector of each token.
        noise: the output vectors of the negatives.
        weights: how much each negative counts for each token, all its neighbors together.

    Source: as `cbow_gradients`.
    """
    T = len(inputs)
    d_inputs, d_outputs = np.empty_like(inputs), np.zeros_like(outputs)
    for a in range(0, T, TILE):
        b = min(T, a + TILE)
        left, right = block.first[a], block.last[b - 1]
        columns, centers = np.arange(left, right), np.arange(a, b)[:, None]
        inside = (columns >= block.first[a:b, None]) & (columns < block.last[a:b, None])
        inside &= columns != centers
        near = outputs[left:right]
        errors = sigmoid(inputs[a:b] @ near.T)
        errors -= 1.0
        errors *= inside
        d_inputs[a:b] = errors @ near
        d_outputs[left:right] += errors.T @ inputs[a:b]
    wrong = sigmoid(inputs @ noise.T)
    wrong *= weights
    d_inputs += wrong @ noise
    return Gradients(d_inputs, d_outputs, wrong.T @ inputs)


def cbow_weights(
    block: Block,
    noise: Int[np.ndarray, " K"],
    times: Int[np.ndarray, " K"],
    scale: Float[np.ndarray, " V"],
) -> Float[np.ndarray, "T K"]:
    """Return how much each negative counts for each target; a target is no negative of itself.

    Args:
        block: T tokens.
        noise: the different negatives.
        times: how often each of them was drawn.
        scale: for each word what one draw counts for it as the target; see `draw_scale`.

    Taught in: chapter 04.
    """
    weights = np.multiply.outer(scale[block.ids], times).astype(scale.dtype, copy=False)
    return weights * _differs(block, noise)


def skip_gram_weights(
    block: Block,
    noise: Int[np.ndarray, " K"],
    times: Int[np.ndarray, " K"],
    scale: Float[np.ndarray, " V"],
) -> Float[np.ndarray, "T K"]:
    """Return the same for each token and all its neighbors, each of which is a target."""
    own = scale[block.ids]
    weights = np.multiply.outer(block.neighbors @ own, times).astype(scale.dtype, copy=False)
    same = ~_differs(block, noise)
    hit = np.flatnonzero(same.any(axis=0))
    if hit.size:
        weights[:, hit] -= (block.neighbors @ (own[:, None] * same[:, hit])) * times[hit]
    return weights


def _differs(block: Block, noise: np.ndarray) -> Bool[np.ndarray, "T K"]:
    return block.ids[:, None] != noise


def draw_scale(
    probabilities: Float[np.ndarray, " V"], negatives: int, drawn: int, dtype: type
) -> Float[np.ndarray, " V"]:
    """Return what one shared draw counts for a target, so that the loss is right on average.

    Of `drawn` words from the noise distribution p, those equal to the target w are left out, a
    share p(w). Counting each of the rest `negatives` / (`drawn` (1 - p(w))) times gives the
    expectation of a loss with `negatives` words from p without w.

    Taught in: chapter 04.
    """
    return (negatives / (drawn * (1.0 - probabilities))).astype(dtype)
