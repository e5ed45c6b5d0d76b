"""The n-gram model: count which token follows which run of tokens."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from textbook_nlp.models.smoothing import AddK, Level, Smoothing


@dataclass(frozen=True)
class Table:
    """What an n-gram model keeps of the runs of one length.

    Attributes:
        keys: (G,), sorted: context * V + token, as in `Level`.
        shares: of each run.
        rests: of each context.
    """

    keys: Int[np.ndarray, " G"]
    shares: Float[np.ndarray, " G"]
    rests: Float[np.ndarray, " C"]

    def find(self, keys: Int[np.ndarray, "*shape"]) -> Int[np.ndarray, "*shape"]:
        """Return the number of each run, -1 where the text does not have it."""
        places = np.searchsorted(self.keys, keys)
        places[places == len(self.keys)] = 0
        return np.where(self.keys[places] == keys, places, -1)


@dataclass(frozen=True)
class NGram:
    """Predict a token from the last `order` - 1, by what followed them in a text.

    All counting and looking up goes over whole arrays: a run of n tokens has a number, which is its
    place in a sorted table, and the key of a longer run is that number and one more token.

    It can be asked in three ways: for the probability of a text as it stands (`cross_entropy`), for
    the distribution after some contexts (`probabilities`), and, called like the neural models with
    ids and a state, for logits: `training.generate` lets it write.

    Attributes:
        order: n; an order of 1 looks at no context, one of 2 at one token.
        vocabulary_size: V.
        tables: one for each length from 1 to `order`.
        boundary: no context reaches back beyond this token; None: a context is whatever stands
            before.

    Source: Jurafsky and Martin, "Speech and Language Processing", chapter 3.
    """

    order: int
    vocabulary_size: int
    tables: tuple[Table, ...]
    boundary: int | None = None

    @classmethod
    def fit(
        cls,
        ids: Int[np.ndarray, " N"],
        vocabulary_size: int,
        order: int = 2,
        smoothing: Smoothing | None = None,
        boundary: int | None = None,
    ) -> "NGram":
        """Count the runs of a text.

        Args:
            ids: the text as one stream, N tokens.
            vocabulary_size: V.
            order: n.
            smoothing: `AddK(0.01)` where it is None; else `AddK`, `Interpolation`, `WittenBell` or
                `KneserNey` with its options.
            boundary: the id that ends each sentence, if sentences are to be read one by one; None
                reads on across their ends.

        Raises:
            ValueError: if `order` is below 1 or above the length of the text (of its longest
                sentence, with a boundary), an id or `boundary` is outside 0 to V - 1, or the text
                is too small for what `smoothing` estimates.
            TypeError: if the ids are no integers in one dimension.
        """
        if order < 1:
            raise ValueError(f"order is {order}; expected at least 1")
        ids = _checked(ids, vocabulary_size, order)
        if boundary is not None and not 0 <= boundary < vocabulary_size:
            raise ValueError(f"boundary is {boundary}; expected an id below {vocabulary_size}")
        smoothing = smoothing or AddK()
        tables = tuple(
            Table(level.keys, *smoothing.share(level))
            for level in _count(ids, vocabulary_size, order, boundary)
        )
        return cls(order, vocabulary_size, tables, boundary)

    def log_probabilities(self, ids: Int[np.ndarray, " N"]) -> Float[np.ndarray, " M"]:
        """Return the log-probability (nats) of each token after those before it.

        The first token of the text is not predicted, so there are M = N - 1 of them.

        Raises:
            ValueError: if the text has fewer than two tokens, or an id is out of range.
            TypeError: if the ids are no integers in one dimension.
        """
        ids = _checked(ids, self.vocabulary_size, 2)
        p = np.full(len(ids), 1 / self.vocabulary_size)
        run = np.zeros(len(ids) + 1, np.int64)  # the empty run, before every token
        for n, table in enumerate(self.tables[: len(ids)], start=1):
            run = np.where(_within(ids, n, self.boundary), run[: len(ids) - n + 1], -1)
            longer = table.find(run * self.vocabulary_size + ids[n - 1 :])
            share = np.where(longer >= 0, table.shares[longer], 0.0)
            mixed = share + table.rests[run] * p[n - 1 :]
            p[n - 1 :] = np.where(run >= 0, mixed, p[n - 1 :])
            run = longer
        with np.errstate(divide="ignore"):  # what is impossible has the logarithm -inf
            return np.log(p[1:])

    def cross_entropy(self, ids: Int[np.ndarray, " N"]) -> float:
        """Return the cross-entropy on another text, in nats a token, the first token left out.

        Infinite where the text holds what the model thinks impossible.

        Raises:
            ValueError: if the text has fewer than two tokens, or an id is out of range.
            TypeError: if the ids are no integers in one dimension.
        """
        return float(-self.log_probabilities(ids).mean())

    def probabilities(self, contexts: Int[np.ndarray, "B K"]) -> Float[np.ndarray, "B V"]:
        """Return the distribution of the token after each of B contexts.

        Args:
            contexts: K tokens each; of these the last `order` - 1 count. An id of -1 stands for no
                token, where a text begins.

        Raises:
            ValueError: if an id is outside -1 to V - 1.
            TypeError: if the contexts are no integers in two dimensions.
        """
        contexts = _checked_contexts(contexts, self.vocabulary_size)
        B, K = contexts.shape
        p = np.full((B, self.vocabulary_size), 1 / self.vocabulary_size)
        for n, table in enumerate(self.tables[: K + 1], start=1):
            for row, run in enumerate(self._numbers(contexts[:, K - n + 1 :])):
                if run >= 0:
                    first, end = np.searchsorted(
                        table.keys, [run * self.vocabulary_size, (run + 1) * self.vocabulary_size]
                    )
                    p[row] *= table.rests[run]
                    p[row, table.keys[first:end] % self.vocabulary_size] += table.shares[first:end]
        return p

    def __call__(
        self, ids: Int[Tensor, "B T"], state: tuple | None = None
    ) -> tuple[Float[Tensor, "B T V"], tuple]:
        """Return log-probabilities of the next token at every position, and the state.

        Args:
            ids: from 0 to V - 1.
            state: what an earlier call returned, to read on from there; None begins a text.

        Raises:
            ValueError: if the ids are not of shape (B, T), T at least 1, one is out of range, or
                the state does not fit them.
            TypeError: if they are no integers.
        """
        K = self.order - 1
        if ids.ndim != 2 or ids.shape[1] == 0:
            raise ValueError(f"ids have shape {tuple(ids.shape)}; expected (B, T), T at least 1")
        before = ids.new_full((len(ids), K), -1) if state is None else state[0]
        if before.shape != (len(ids), K):
            raise ValueError(
                f"the state has shape {tuple(before.shape)}; expected {(len(ids), K)}: what an "
                "earlier call returned"
            )
        whole = torch.cat([before, ids], dim=1)
        T = ids.shape[1]
        contexts = [whole[:, t + 1 : t + 1 + K] for t in range(T)]
        p = self.probabilities(torch.stack(contexts, dim=1).flatten(0, 1).cpu().numpy())
        logits = torch.from_numpy(p).log().view(len(ids), T, self.vocabulary_size)
        return logits.to(ids.device), (whole[:, whole.shape[1] - K :],)

    def _numbers(self, contexts: Int[np.ndarray, "B K"]) -> Int[np.ndarray, " B"]:
        """Return the number of each run of K tokens, -1 where the text does not have it."""
        run = np.zeros(len(contexts), np.int64)
        for t, token in enumerate(contexts.T):
            run = np.where((run < 0) | (token < 0), -1, run)
            if t and self.boundary is not None:
                run = np.where(token == self.boundary, -1, run)
            run = self.tables[t].find(run * self.vocabulary_size + token)
        return run


def _count(ids: np.ndarray, V: int, order: int, boundary: int | None) -> list[Level]:
    """Number and count the runs of each length from 1 to `order`."""
    found, shorter, sizes = [], [], [1]
    run = np.zeros(len(ids) + 1, np.int64)  # the empty run, before every token
    for n in range(1, order + 1):
        starts = np.flatnonzero(_within(ids, n, boundary))
        if not len(starts):
            raise ValueError(
                f"no sentence has a run of {n} tokens: lower the order, or read on across the ends "
                "of sentences with boundary=None"
            )
        keys, first, numbers, counts = np.unique(
            run[starts] * V + ids[starts + n - 1],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        found.append((keys, counts))
        shorter.append(run[starts[first] + 1])  # what each run is without its first token
        sizes.append(len(keys))
        run = np.full(len(ids) - n + 1, -1)
        run[starts] = numbers
    shorter.append(np.zeros(0, np.int64))
    return [
        Level(
            n=n,
            highest=n == order,
            vocabulary_size=V,
            keys=keys,
            counts=counts,
            preceded=np.bincount(longer, minlength=here),
            num_contexts=below,
        )
        for n, ((keys, counts), longer, (below, here)) in enumerate(
            zip(found, shorter[1:], pairwise(sizes), strict=True), start=1
        )
    ]


def _within(ids: np.ndarray, n: int, boundary: int | None) -> np.ndarray:
    """Say of each run of n tokens, by its start, whether it has no boundary inside."""
    within = np.ones(len(ids) - n + 1, bool)
    if boundary is not None:
        for i in range(1, n - 1):
            within &= ids[i : i + len(within)] != boundary
    return within


def _checked(ids: np.ndarray, V: int, shortest: int) -> Int[np.ndarray, " N"]:
    ids = np.asarray(ids)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise TypeError(
            f"ids are {ids.dtype} of shape {ids.shape}; expected integers in one dimension"
        )
    if len(ids) < shortest:
        raise ValueError(
            f"the text has {len(ids)} tokens; a run of {shortest} needs as many: lower the order, "
            "or give a longer text"
        )
    if ids.min() < 0 or ids.max() >= V:
        raise ValueError(f"ids run from {ids.min()} to {ids.max()}; expected 0 to {V - 1}")
    return ids.astype(np.int64)


def _checked_contexts(contexts: np.ndarray, V: int) -> Int[np.ndarray, "B K"]:
    contexts = np.asarray(contexts)
    if contexts.ndim != 2 or contexts.dtype.kind not in "iu":
        raise TypeError(
            f"contexts are {contexts.dtype} of shape {contexts.shape}; expected integers, a row "
            "for each context"
        )
    if contexts.size and (contexts.min() < -1 or contexts.max() >= V):
        raise ValueError(
            f"ids run from {contexts.min()} to {contexts.max()}; expected 0 to {V - 1}, or -1 for "
            "no token"
        )
    return contexts.astype(np.int64)
