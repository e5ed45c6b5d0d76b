"""The exercises of chapter 14, asking questions."""

import numpy as np

from textbook_nlp.lab.checks import any_of, check_function, check_value


@check_value(
    expects="two rows of five numbers",
    mistakes={
        "a row has one 1, at its own token; here both tokens share a row": any_of(
            ((0, 0, 1, 1, 0), (0, 0, 0, 0, 0)), ((0, 0, 1, 1, 0), (0, 0, 1, 1, 0))
        ),
        "the first token of the answer comes first": ((0, 0, 0, 1, 0), (0, 0, 1, 0, 0)),
        "tokens are counted from the left, and the third and the fourth are marked": any_of(
            ((0, 1, 0, 0, 0), (0, 0, 1, 0, 0)), ((0, 0, 0, 1, 0), (0, 0, 0, 0, 1))
        ),
        "that is all but the marked tokens": ((1, 1, 0, 0, 1), (1, 1, 0, 0, 1)),
    },
)
def picked(matrix=((0, 0, 1, 0, 0), (0, 0, 0, 1, 0))):
    """Exercise 1: the picking matrix of an answer."""


@check_value(
    expects="three numbers",
    rtol=0.0,
    atol=0.0055,  # two decimals
    mistakes={
        "precision and recall are exchanged: precision is a share of what was marked": (
            (0.8, 0.5, ...)
        ),
        "that is an accuracy; the tokens that nobody marks or wants do not count": (0.75, ..., ...),
        "F1 is not the mean of the two": (0.5, 0.8, 0.65),
        "F1 is not their product": (0.5, 0.8, 0.4),
        "the factor 2 is missing in F1": (0.5, 0.8, 0.4 / 1.3),
    },
)
def scores(precision=0.5, recall=0.8, f1=0.8 / 1.3):
    """Exercise 2: precision, recall and F1 by hand."""


@check_function(
    expects="a function weighted(p, weight) that returns an array like p",
    cases=[
        (np.array([0.1, 0.5, 0.9]), 3.0),
        (np.array([0.05, 0.3]), 9.0),
        (np.array([0.2, 0.4, 0.6, 0.8]), 1.0),
        (np.array([0.25]), 0.5),
    ],
    mistakes={
        "a probability cannot be above 1: what is minimized has two terms": lambda p, w: w * p,
        "without the weight on it, the other term is 1 - p": lambda p, w: w * p / (w * p + w),
        "the weight stands at the answers, not at the others": lambda p, w: p / (p + w * (1 - p)),
        "both terms have the weight now, which changes nothing": lambda p, w: p + 0 * w,
        "the logit moves by the logarithm of the weight": lambda p, w: (
            1 / (1 + np.exp(-(np.log(p / (1 - p)) + w)))
        ),
    },
)
def weighted(p, weight):
    """Exercise 3: where the minimum of a weighted loss is."""
    return weight * p / (weight * p + 1 - p)


@check_value(
    expects="a share and a number in nats",
    rtol=0.0,
    atol=0.0055,  # two decimals
    mistakes={
        "the weights must be divided by their sum, which is 11": (3.0, ...),
        "that takes all pieces for equally likely": any_of((0.2, ...), (..., float(np.log(5)))),
        "only one of the two with weight 3 can be asked for": (6 / 11, ...),
        "that is the surprise at the likeliest piece alone": (..., float(-np.log(3 / 11))),
        "that is in bits": (..., 2.231270),
        "the mean is weighted by the probabilities": (..., 1.681191),
    },
)
def without_a_mark(share=3 / 11, nats=1.546599):
    """Exercise 4: the best that can be had without a mark."""


def _last(states, counts):
    return states[np.arange(len(states)), np.asarray(counts) - 1]


_STATES = np.arange(24.0).reshape(2, 3, 4)


@check_function(
    expects="a function last_states(states, counts) that returns an array (B, C)",
    cases=[
        (_STATES, np.array([1, 3])),
        (_STATES[::-1] ** 2, np.array([2, 1])),
        (np.sin(np.arange(30.0)).reshape(5, 2, 3), np.array([2, 1, 1, 2, 1])),
    ],
    mistakes={
        "that still takes the state behind the padding": lambda s, n: s[:, -1],
        "that takes the first state; the last real one is at counts - 1": lambda s, n: s[:, 0],
        "one too far: a row with one token has its last state at 0": lambda s, n: s[
            np.arange(len(s)), np.minimum(n, s.shape[1] - 1)
        ],
        "take one state for each row, not all of them for each": lambda s, n: s[:, n - 1],
        "a mean mixes the states; only the last real one has read all": lambda s, n: np.stack(
            [row[:k].mean(axis=0) for row, k in zip(s, n, strict=True)]
        ),
    },
)
def last_states(states, counts):
    """Exercise 5: the state behind the last real token."""
    return _last(states, counts)


_BLEU = 100 * float((8 / 9 * 6 / 8 * 4 / 7 * 2 / 6) ** 0.25)


@check_value(
    expects="four shares, and a score from 0 to 100",
    rtol=0.0,
    atol=0.0055,  # two decimals
    mistakes={
        "a word counts as often as in the reference, and *the* stands there twice": (
            (1.0, ..., ..., ..., ...)
        ),
        "nine tokens have eight pairs, seven threes and six fours": any_of(
            (..., 6 / 9, ..., ..., ...), (..., ..., 4 / 9, ..., ...), (..., ..., ..., 2 / 9, ...)
        ),
        "the score is 100 times that": (..., ..., ..., ..., _BLEU / 100),
        "the mean is geometric, the fourth root of the product": any_of(
            (..., ..., ..., ..., 63.591), (..., ..., ..., ..., 12.698)
        ),
    },
)
def bleu_of(p1=8 / 9, p2=6 / 8, p3=4 / 7, p4=2 / 6, score=_BLEU):
    """Exercise 6: BLEU of one question by hand."""


def _kept(p, share):
    runs, start = [], None
    for t, each in enumerate([*p, -1.0]):
        if each >= share and start is None:
            start = t
        if each < share and start is not None:
            runs.append((start, t))
            start = None
    return runs


@check_function(
    expects="a function pieces(p, limit) that returns a list of pairs (start, end)",
    cases=[
        ([0.1, 0.6, 0.7, 0.1, 0.9], 0.5),
        ([0.6, 0.1, 0.2, 0.5], 0.5),
        ([0.1, 0.2], 0.5),
        ([0.9, 0.9, 0.9], 0.3),
    ],
    mistakes={
        "the end is the position behind the last token": lambda p, limit: [
            (a, b - 1) for a, b in _kept(p, limit)
        ],
        "a piece that goes up to the end of the text is missing": lambda p, limit: [
            (a, b) for a, b in _kept(p, limit) if b < len(p)
        ],
        "neighbors belong to one piece": lambda p, limit: [
            (t, t + 1) for t in range(len(p)) if p[t] >= limit
        ],
        "a token exactly at the limit belongs to a piece": lambda p, limit: _kept(
            p, np.nextafter(limit, 1)
        ),
        "return all pieces, not the likeliest alone": lambda p, limit: _kept(p, limit)[:1],
    },
)
def pieces(p, limit):
    """Exercise 7: all pieces above a threshold."""
    return _kept(p, limit)
