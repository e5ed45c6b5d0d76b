"""word2vec in NumPy, as fast as compiled code: a block of sentences in a few matrix products.

The gradients are those of `vectors.word2vec_blocks`. Four things make it fast: the negatives are
shared by all targets of a block; the updates of a word are added up, and each row is touched once
a block; windows are sums over a sparse band, or a narrow matrix product; what does not change from
epoch to epoch is computed once.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Int

from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.negative_sampling import NegativeSampler, keep_probability
from textbook_nlp.vectors.word2vec_blocks import (
    Block,
    cbow_gradients,
    cbow_weights,
    cut_blocks,
    draw_scale,
    skip_gram_gradients,
    skip_gram_weights,
)

Architecture = Literal["cbow", "skip_gram"]


LONGEST = 0.3
"""How far a block may move a vector. A frequent word gets hundreds of gradients at once, all
of them computed before anything has moved; unlimited, their sum would overshoot."""


class Preset(NamedTuple):
    """What a model is trained with unless told.

    CBOW's was chosen by SimLex-999 on the Penn Treebank among several rates, sizes of a block and
    numbers of shared negatives. Skip-gram's is one setting, not compared with others.
    """

    learning_rate: float
    block: int
    shared: int


PRESETS: dict[str, Preset] = {
    "cbow": Preset(learning_rate=0.05, block=100, shared=20),
    "skip_gram": Preset(learning_rate=0.05, block=100, shared=64),
}


@dataclass(frozen=True, eq=False)
class WordVectors:
    """What training gives: two vectors for each word, by falling frequency.

    Attributes:
        input: those that stand for a word among the contexts (CBOW) or in the middle (skip-gram);
            "the" word vectors.
        output: those that a hidden vector is compared with.
        counts: how often each word occurs in the corpus.
    """

    input: Embeddings
    output: Embeddings
    counts: Int[np.ndarray, " V"]


def fit_word2vec(
    sentences: Sequence[Sequence[str]],
    *,
    model: Architecture = "cbow",
    embedding_size: int = 100,
    window: int = 5,
    negatives: int = 5,
    epochs: int = 10,
    learning_rate: float | None = None,
    min_count: int = 1,
    subsample: float = 0.0,
    block: int | None = None,
    shared: int | None = None,
    seed: int = 0,
    watch: Callable[[int, WordVectors], None] | None = None,
) -> WordVectors:
    """Learn word vectors by negative sampling.

    Args:
        sentences: lists of words; no window reaches from one into the next.
        model: "cbow" or "skip_gram".
        embedding_size: E, the length of the vectors.
        window: how many words count on each side.
        negatives: how many wrong words a target is shown, on average.
        epochs: passes over the corpus; the learning rate falls linearly to 0.
        learning_rate: of gradient descent, at the start; None takes the model's preset.
        min_count: words that occur less often are left out, before windows are made.
        subsample: threshold of `keep_probability`, such as 1e-3; 0.0 keeps all tokens.
        block: how many tokens are updated together, at least; None takes the preset.
        shared: how many negatives a block draws; None takes the preset.
        seed: of chance; equal seeds give equal vectors on one machine.
        watch: called with 0 before the first epoch and with its number after every one.

    Raises:
        TypeError: if a sentence is a str or a generator, not a list of tokens, the sentences are a
            generator, or a parameter that counts is no whole number.
        ValueError: if the corpus is empty, the vocabulary has one word, no sentence has two words,
            a parameter is out of its range, or the vectors are no longer finite.

    Source: Mikolov et al. (2013a), (2013b). In CBOW the rate of the input vectors is 2 `window`
        times higher: the original program does not divide their gradient by the number of
        neighbors (Irsoy et al., 2021).
    Taught in: chapter 04.
    """
    _check(
        model,
        learning_rate,
        embedding_size=embedding_size,
        window=window,
        negatives=negatives,
        epochs=epochs,
        min_count=min_count,
        block=block,
        shared=shared,
    )
    preset = PRESETS[model]
    words, counts, ids, lengths = _read(sentences, min_count)
    sampler = NegativeSampler(counts)
    keep = keep_probability(counts, subsample)
    rng = np.random.default_rng(seed)
    shared = shared or preset.shared
    learner = _Learner(model, embedding_size, sampler, negatives, shared, rng)
    faster = 2 * window if model == "cbow" else 1
    rate = preset.learning_rate if learning_rate is None else learning_rate
    least = block or preset.block

    def vectors() -> WordVectors:
        return WordVectors(
            Embeddings(words, learner.input.rows.copy()),
            Embeddings(words, learner.output.rows.copy()),
            counts,
        )

    blocks: list[Block] = []
    if watch is not None:
        watch(0, vectors())
    for epoch in range(epochs):
        if subsample > 0.0 or not blocks:
            chosen = _thin_out(ids, lengths, keep, rng)
            blocks = list(cut_blocks(*chosen, window, least, np.float32))
        for step, number in enumerate(rng.permutation(len(blocks))):
            left = 1.0 - (epoch + step / len(blocks)) / epochs  # stays above 0
            learner.step(blocks[number], rate * left * faster, rate * left)
        if not np.isfinite(learner.input.rows).all():
            raise ValueError(
                f"the vectors are no longer finite after epoch {epoch + 1}: lower the learning "
                f"rate, which is {rate}"
            )
        if watch is not None:
            watch(epoch + 1, vectors())
    return vectors()


class _Rows:
    """A table of vectors, of which each step changes a few rows."""

    def __init__(self, rows: Float[np.ndarray, "V E"]) -> None:
        self.rows = rows

    def descend(
        self, ids: Int[np.ndarray, " U"], gradient: Float[np.ndarray, "U E"], rate: float
    ) -> None:
        """Take the gradient's step in different rows, none of them longer than `LONGEST`."""
        lengths = np.sqrt(np.einsum("ue,ue->u", gradient, gradient))
        factors = LONGEST / np.maximum(LONGEST / rate, lengths)
        gradient *= factors.astype(gradient.dtype)[:, None]
        self.rows[ids] -= gradient


class _Learner:
    """Both tables, and one step of learning from a block."""

    def __init__(
        self,
        model: Architecture,
        embedding_size: int,
        sampler: NegativeSampler,
        negatives: int,
        shared: int,
        rng: np.random.Generator,
    ) -> None:
        V, E = len(sampler.counts), embedding_size
        start = (rng.random((V, E), dtype=np.float32) - np.float32(0.5)) / np.float32(E)
        self.input, self.output = _Rows(start), _Rows(np.zeros((V, E), np.float32))
        self.sampler, self.shared, self.rng = sampler, shared, rng
        self.scale = draw_scale(sampler.probabilities, negatives, shared, np.float32)
        self.gradients = {"cbow": cbow_gradients, "skip_gram": skip_gram_gradients}[model]
        self.weights = {"cbow": cbow_weights, "skip_gram": skip_gram_weights}[model]

    def step(self, block: Block, input_rate: float, rate: float) -> None:
        """Learn from one block."""
        noise, times = np.unique(self.sampler.draw(self.shared, self.rng), return_counts=True)
        weights = self.weights(block, noise, times, self.scale)
        inputs = self.input.rows[block.words][block.place]
        outputs = self.output.rows[block.words][block.place]
        found = self.gradients(block, inputs, outputs, self.output.rows[noise], weights)
        self.input.descend(block.words, block.groups @ found.inputs, input_rate)
        self.output.descend(block.words, block.groups @ found.outputs, rate)
        self.output.descend(noise, found.noise, rate)


def _read(
    sentences: Sequence[Sequence[str]], min_count: int
) -> tuple[list[str], Int[np.ndarray, " V"], Int[np.ndarray, " N"], Int[np.ndarray, " S"]]:
    """Return the words by falling count, their counts, all ids, and the sentences' lengths."""
    if isinstance(sentences, Iterator):
        raise TypeError("the sentences are a generator; give a list, they are read more than once")
    for sentence in sentences:
        if isinstance(sentence, Iterator):
            raise TypeError("a sentence is a generator; give a list, it is read more than once")
        if isinstance(sentence, str):
            raise TypeError(
                f"a sentence is a list of words, got the text {sentence[:20]!r}: cut it first, as "
                "in text.split()"
            )
    found = Counter(word for sentence in sentences for word in sentence)
    if not found:
        raise ValueError("the corpus holds no words: give at least one sentence of two words")
    ranked = [(word, count) for word, count in found.most_common() if count >= min_count]
    if not ranked:
        raise ValueError(f"no word occurs {min_count} times: lower min_count")
    index = {word: i for i, (word, _) in enumerate(ranked)}
    rows = [[index[word] for word in sentence if word in index] for sentence in sentences]
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    if lengths.max() < 2:
        raise ValueError(
            "no sentence has two words: there is no context to learn from; join short sentences, "
            "or lower min_count"
        )
    ids = np.fromiter((i for row in rows for i in row), np.int32, int(lengths.sum()))
    return list(index), np.array([count for _, count in ranked]), ids, lengths


def _thin_out(
    ids: Int[np.ndarray, " N"],
    lengths: Int[np.ndarray, " S"],
    keep: Float[np.ndarray, " V"],
    rng: np.random.Generator,
) -> tuple[Int[np.ndarray, " M"], Int[np.ndarray, " S"]]:
    """Drop occurrences of frequent words by chance, before windows are made."""
    if keep.min() == 1.0:
        return ids, lengths
    stays = rng.random(len(ids)) < keep[ids]
    running = np.r_[0, np.cumsum(stays)]
    ends = np.cumsum(lengths)
    return ids[stays], running[ends] - running[ends - lengths]


def _check(model: str, learning_rate: float | None, **numbers: int | None) -> None:
    """Refuse a parameter out of its range."""
    if model not in get_args(Architecture):
        raise ValueError(f"model is {model!r}, expected one of {', '.join(get_args(Architecture))}")
    if learning_rate is not None and not 0.0 < learning_rate < np.inf:
        raise ValueError(f"learning_rate is {learning_rate}, expected a finite number above 0")
    for name, value in numbers.items():
        if value is None and name in ("block", "shared"):
            continue
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{name} is {value!r}, expected a whole number")
        if value < 1:
            raise ValueError(f"{name} is {value}, expected at least 1")
