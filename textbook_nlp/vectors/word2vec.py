"""word2vec in PyTorch, to be read: CBOW and skip-gram, full softmax and negative sampling.

`vectors.fast_word2vec` trains the same models hundreds of times faster; its gradients are tested
against the ones that PyTorch finds here.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.vectors.negative_sampling import NegativeSampler

NO_WORD = -1
"""Fills up the contexts of a target near the end of its sentence."""

Sentences = Sequence[Sequence[int] | Int[np.ndarray, " T"]]
# Contexts, targets, negatives.
WordBatch = tuple[Int[Tensor, "B C"], Int[Tensor, " B"], Int[Tensor, "B K"]]


class Word2Vec(nn.Module):
    """Two tables of vectors, and how well a hidden vector fits a word.

    A word has an input vector, used where it is known, and an output vector, used where it is to
    be predicted. CBOW predicts the word in the middle from the words around it, skip-gram each word
    around from the one in the middle; the network is the same, only what it is fed differs.

    Args:
        vocabulary_size: V.
        embedding_size: E, the length of the vectors.

    Raises:
        ValueError: if there is no word, or the vectors have no numbers.

    Taught in: chapter 04.
    """

    def __init__(self, vocabulary_size: int, embedding_size: int) -> None:
        """Draw the input vectors uniformly from ±1/(2E); the output vectors start at zero."""
        super().__init__()
        if vocabulary_size < 1 or embedding_size < 1:
            raise ValueError(
                f"V is {vocabulary_size} and E is {embedding_size}, expected at least one word and "
                "one number"
            )
        self.input = nn.Embedding(vocabulary_size, embedding_size)
        self.output = nn.Embedding(vocabulary_size, embedding_size)
        nn.init.uniform_(self.input.weight, -0.5 / embedding_size, 0.5 / embedding_size)
        nn.init.zeros_(self.output.weight)

    def hidden(self, contexts: Int[Tensor, "B C"]) -> Float[Tensor, "B E"]:
        """Return the mean input vector of each row of words; `NO_WORD` does not count.

        One word a row (C = 1) gives skip-gram, several give CBOW. A row without any word gives
        zeros.
        """
        real = contexts != NO_WORD
        vectors = self.input(contexts.clamp(min=0)) * real.unsqueeze(-1)
        return vectors.sum(dim=1) / real.sum(dim=1, keepdim=True).clamp(min=1)

    def forward(self, contexts: Int[Tensor, "B C"]) -> Float[Tensor, "B V"]:
        """Return the score of every word of the vocabulary: B·V·E multiplications."""
        return self.hidden(contexts) @ self.output.weight.T

    def scores(
        self, hidden: Float[Tensor, "B E"], words: Int[Tensor, "B K"]
    ) -> Float[Tensor, "B K"]:
        """Return the scores of K words a row alone: B·K·E multiplications."""
        return torch.einsum("be,bke->bk", hidden, self.output(words))


def softmax_loss(
    model: Word2Vec, contexts: Int[Tensor, "B C"], targets: Int[Tensor, " B"]
) -> Float[Tensor, ""]:
    """Return the mean -log p(target | contexts) in nats, over the whole vocabulary.

    Source: Mikolov et al. (2013b), equation 2.
    Taught in: chapter 04.
    """
    return F.cross_entropy(model(contexts), targets)


def negative_sampling_loss(
    model: Word2Vec,
    contexts: Int[Tensor, "B C"],
    targets: Int[Tensor, " B"],
    negatives: Int[Tensor, "B K"],
) -> Float[Tensor, ""]:
    """Return the mean over the batch of -log σ(s) - Σ log σ(-s'), in nats.

    s is the score of the target and s' those of the negatives: K + 1 yes-or-no questions in place
    of one choice among V words.

    Source: Mikolov et al. (2013b), equation 4.
    Taught in: chapter 04.
    """
    hidden = model.hidden(contexts)
    right = model.scores(hidden, targets.unsqueeze(1))
    wrong = model.scores(hidden, negatives)
    return (F.softplus(-right).sum(dim=1) + F.softplus(wrong).sum(dim=1)).mean()


def cbow_pairs(
    sentences: Sentences, window: int, whole: bool = False
) -> tuple[Int[np.ndarray, "N C"], Int[np.ndarray, " N"]]:
    """Return the contexts (N, 2 window), in order and filled up with `NO_WORD`, and targets (N,).

    Args:
        sentences: lists of ids; no window reaches from one into the next.
        window: how many words count on each side.
        whole: leave out the targets whose window is not full on both sides.

    Example:
        >>> cbow_pairs([[7, 8, 9]], window=1)
        (array([[-1,  8],
               [ 7,  9],
               [ 8, -1]]), array([7, 8, 9]))

    Raises:
        TypeError: if a sentence is no list of whole numbers.
        ValueError: if the window is below 1, the corpus is empty, no sentence has two words, an id
            is negative, or, with `whole`, no sentence is as long as a full window.
    """
    arrays = _long_enough(sentences, window, whole)
    offsets = np.r_[-window:0, 1 : window + 1]
    contexts, targets = [], []
    for ids in arrays:
        padded = np.pad(ids, window, constant_values=NO_WORD)
        places = np.arange(len(ids))[window:-window] if whole else np.arange(len(ids))
        contexts.append(padded[places[:, None] + window + offsets])
        targets.append(ids[places])
    return np.concatenate(contexts), np.concatenate(targets)


def _long_enough(sentences: Sentences, window: int, whole: bool) -> list[Int[np.ndarray, " T"]]:
    """Return the sentences that have a target in its context, if there is one."""
    if window < 1:
        raise ValueError(f"window is {window}, expected 1 or more words on each side")
    least = 2 * window + 1 if whole else 2
    arrays = [ids for ids in map(_ids, sentences) if len(ids) >= least]
    if not arrays:
        raise ValueError(
            f"no sentence has {least} words"
            + (f", as a full window of {window} on each side needs: make it smaller" * whole)
            + "; a word alone has no context to be predicted from"
        )
    return arrays


def _ids(sentence: Sequence[int] | Int[np.ndarray, " T"]) -> Int[np.ndarray, " T"]:
    """Return a sentence as an array, if it is a list of ids."""
    ids = np.asarray(sentence)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise TypeError(
            f"expected sentences, each a list of ids (whole numbers); one of them is {sentence!r}: "
            "for a single sentence put brackets around it"
        )
    if ids.size and ids.min() < 0:
        raise ValueError(f"an id is {ids.min()}, expected 0 or more: {NO_WORD} fills up contexts")
    return ids.astype(np.int64)


def word2vec_batches(
    contexts: Int[np.ndarray, "N C"],
    targets: Int[np.ndarray, " N"],
    sampler: NegativeSampler,
    *,
    batch_size: int,
    negatives: int,
    rng: np.random.Generator,
    distinct: bool = False,
) -> Iterator[WordBatch]:
    """Yield the pairs of one epoch in random order, `batch_size` at a time, with fresh negatives.

    The last batch may be smaller.

    Raises:
        ValueError: if `batch_size` is below 1. See also `NegativeSampler.negatives`.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1 pair a batch")
    order = rng.permutation(len(targets))
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        wrong = sampler.negatives(targets[rows], negatives, rng, distinct)
        yield tuple(torch.from_numpy(part) for part in (contexts[rows], targets[rows], wrong))


def word2vec_loss(model: Word2Vec, batch: WordBatch) -> tuple[Float[Tensor, ""], int]:
    """Return what `training.fit` asks for: the mean loss and the number of targets."""
    contexts, targets, negatives = batch
    return negative_sampling_loss(model, contexts, targets, negatives), len(targets)
