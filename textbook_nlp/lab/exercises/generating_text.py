"""The exercises of chapter 10, generating text."""

import numpy as np

from textbook_nlp.lab.checks import (
    Hint,
    any_of,
    as_array,
    call,
    check,
    check_function,
    check_value,
)


@check_value(
    expects="three probabilities",
    rtol=0.0,
    atol=0.0055,  # two decimals
    mistakes={
        "those are the squares; divide them by their sum": (0.25, 0.09, 0.04),
        "that is temperature 2; at 0.5 the power is 1 / 0.5 = 2": (0.4155, 0.3218, 0.2628),
        "dividing probabilities by T and by their sum changes nothing: T is a matter of powers": (
            (0.5, 0.3, 0.2)
        ),
        "that is a softmax of p / T; the logits are the logarithms of p": (0.4514, 0.3026, 0.2477),
    },
)
def reshaped(probabilities=(0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38)):
    """Exercise 1: three probabilities at temperature 0.5."""


@check_value(
    expects="a number of words and a probability",
    rtol=0.0,
    atol=0.0055,  # two decimals
    mistakes={
        "two words reach 0.6 only; the word that gets to 0.7 stays": (2, ...),
        "three words make 0.75, which is enough": (4, ...),
        "what is kept is scaled up to a sum of 1": (..., 0.35),
        "divide by what the kept words have, not by the share that was asked for": (..., 0.5),
        "that divides by two words; the third is kept too": (..., 0.35 / 0.6),
        "that divides by four words; three are kept": (..., 0.35 / 0.85),
    },
)
def kept_words(number=3, probability_of_the_first=0.35 / 0.75):
    """Exercise 2: the nucleus of 0.7, by hand."""


@check_function(
    expects="a function slope(y, T) that returns an array like y",
    cases=[
        (np.array([2.0, 1.0, 0.0, -1.0]), 0.5),
        (np.array([0.3, -0.4, 1.1]), 2.0),
        (np.array([5.0, 5.0]), 1.3),
        (np.array([0.0, -2.0, 0.7, 0.1, 0.2]), 0.8),
    ],
    mistakes={
        "the sign is the other way round: as T rises, the likely tokens lose": {"sign": -1},
        "the derivative of y / T by T is -y / T squared": any_of({"power": 1}, {"power": 0}),
        "the mean of the logits is weighted by the probabilities": {"weighted": False},
        "the probabilities are those at T, not those at 1": {"hot": False},
        "the sum below the fraction depends on T as well: its part is missing": {"mean": False},
        "the factor p_j is missing": {"factor": False},
        "p (1 - p) is the slope by the token's own logit; T moves all of them": any_of(
            {"own": 0}, {"own": 1}, {"own": 2}
        ),
    },
)
def slope(y, T, sign=1, power=2, weighted=True, hot=True, mean=True, factor=True, own=None):
    """Exercise 3: how each probability changes with the temperature."""
    scaled = y / (T if hot else 1.0)
    p = np.exp(scaled - scaled.max())
    p = p / p.sum()
    if own is not None:
        return p * (1 - p) / T**own
    center = (p @ y if weighted else y.mean()) if mean else 0.0
    return sign * (p if factor else 1.0) * (center - y) / T**power


@check_function(
    expects="a function min_p(p, share) that returns an array like p",
    cases=[
        (np.array([0.40, 0.30, 0.15, 0.10, 0.05]), 0.25),
        (np.array([0.05, 0.10, 0.15, 0.30, 0.40]), 0.3),
        (np.array([0.9, 0.04, 0.06]), 0.1),
        (np.array([0.2, 0.2, 0.2, 0.2, 0.2]), 0.2),
    ],
    mistakes={
        "compare with a share of the largest probability, not with the share itself": {
            "limit": lambda p, share: share
        },
        "that is the nucleus; here every word is compared with the likeliest": {
            "limit": lambda p, share: np.sort(p)[::-1][(np.sort(p)[::-1].cumsum() < share).sum()]
        },
        "what is kept is scaled up to a sum of 1": {"scaled": False},
        "those are the words that should go": {"turned": True},
        "the likeliest need not stand first: take the largest of p": {
            "limit": lambda p, share: share * p[0]
        },
        "a token that is exactly that share as likely is kept": {"strict": True},
    },
)
def min_p(
    p, share, limit=lambda p, share: share * p.max(), scaled=True, turned=False, strict=False
):
    """Exercise 4: keep what is at least a share as likely as the likeliest."""
    passes = p > limit(p, share) if strict else p >= limit(p, share)
    kept = np.where(passes != turned, p, 0.0)
    return kept / max(kept.sum(), 1e-12) if scaled else kept


def _rows(p, rng):
    """One draw for each row of p."""
    return (p.cumsum(axis=1) < rng.random((len(p), 1))).sum(axis=1)


@check(
    expects="a function draw_rows(p, rng) that returns one id for each row",
    right=_rows,
    mistakes={
        "all rows still share one random number": any_of(
            lambda p, rng: (p.cumsum(axis=1) < rng.random()).sum(axis=1),
            lambda p, rng: np.repeat(_rows(p, rng)[0], len(p)),
        ),
        "that takes the likeliest": lambda p, rng: p.argmax(axis=1),
        "the chance must come from rng alone": any_of(
            lambda p, rng: _rows(p, np.random.default_rng()),
            lambda p, rng: _rows(p, np.random.default_rng(0)),
        ),
        "return one id for each row": any_of(
            lambda p, rng: int(_rows(p, rng)[0]), lambda p, rng: p.cumsum(axis=1)
        ),
        "the tokens are not drawn with the probabilities of their row": any_of(
            lambda p, rng: rng.integers(p.shape[1], size=len(p)),
            lambda p, rng: _rows(np.repeat(p[:1], len(p), axis=0), rng),
            lambda p, rng: _rows(p[:, ::-1], rng),
            lambda p, rng: np.minimum(_rows(p, rng) + 1, p.shape[1] - 1),
        ),
    },
)
def draw_rows(function):
    """Exercise 5: one random number for each row of a batch."""
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]).repeat(2000, axis=0)
    found = as_array(call(function, p, np.random.default_rng(1)))
    if found.shape != (len(p),):
        raise Hint(f"return one id for each row: an array of shape ({len(p)},)")
    first, second = found[:2000], found[2000:]
    if len(set(first)) == 1:
        if np.array_equal(found, p.argmax(axis=1)):
            raise Hint("that takes the likeliest token of each row; draw one")
        raise Hint("all rows still share one random number: equal rows get equal tokens")
    again, other = (as_array(call(function, p, np.random.default_rng(seed))) for seed in (1, 2))
    if not np.array_equal(again, found) or np.array_equal(other, found):
        raise Hint("the chance must come from rng alone: equal seeds, equal draws, other seeds not")
    for part, row in ((first, p[0]), (second, p[-1])):
        shares = np.array([(part == i).mean() for i in range(3)])
        if np.abs(shares - row).max() > 0.05:
            raise Hint(
                "the tokens are not drawn with the probabilities of their row: "
                f"{shares.round(2).tolist()}, expected about {row.tolist()}"
            )


@check_value(
    expects="a width and a probability",
    mistakes={
        "a width of 1 is greedy: it begins with A": (1, ...),
        "two beams begin with A and B; the best begins with C": (2, ...),
        "that is wider than needed: there are three first tokens": any_of(
            (4, ...), (9, ...), when=lambda width, probability: width > 3
        ),
        "that is the best that begins with A": (..., 0.17),
        "multiply by the probability of the first token": (..., 0.95),
        "that is the best that begins with B": (..., 0.12),
    },
)
def beam_width(width=3, probability=0.19):
    """Exercise 6: the narrowest beam that finds the best."""


_T1 = float(np.exp(-(0.8 * np.log(0.8) + 0.2 * np.log(0.2))))
_Q = 0.64 / 0.68  # of the first token at temperature 0.5
_T05 = float(np.exp(-(_Q * np.log(0.8) + (1 - _Q) * np.log(0.2))))
_ITSELF = float(np.exp(-(_Q * np.log(_Q) + (1 - _Q) * np.log(1 - _Q))))


@check_value(
    expects="three perplexities",
    atol=0.006,
    mistakes={
        "greedy writes the first token only, but the model gives it 0.8, not 1": (1.0, ..., ...),
        "those are nats; the perplexity is e to that power": any_of(
            (-float(np.log(0.8)), ..., ...),
            (..., float(np.log(_T1)), ...),
            (..., ..., float(np.log(_T05))),
        ),
        "the cross-entropy weighs by how often each token is drawn, not one half each": (
            (..., 2.5, ...)
        ),
        "the text is drawn at 0.5, but judged by the model as it is, at 1": (..., ..., _ITSELF),
        "at temperature 0.5 the first token is drawn more often than 0.8": (..., ..., _T1),
    },
)
def own_perplexities(greedy=1.25, drawn=_T1, drawn_at_half=_T05):
    """Exercise 7: the perplexity of a model on its own words."""


@check_function(
    expects="a function blocked(ids, n) that returns a sorted list of ids",
    cases=[
        ([5, 2, 7, 5, 2], 3),
        ([5, 2, 7, 5, 2, 9, 5, 2], 3),
        ([1, 2, 3, 4], 3),
        ([4, 1, 4, 2, 4], 2),
        ([3, 3, 3], 3),
        ([7], 3),
        ([1, 2, 3, 8, 1, 2, 3], 4),
    ],
    mistakes={
        "compare the last n - 1 ids: the token to come is the n-th": {"context": 0},
        "that blocks every token that came before, whatever stood before it": {"context": None},
        "a run may have come more than once; block what followed each time": {"first": True},
        "the run just before the end counts as well": {"short": 1},
        "only what follows the run is blocked, not the run itself": {"whole": True},
    },
)
def blocked(ids, n, context=1, first=False, short=0, whole=False):
    """Exercise 8: the tokens that would repeat a run of n."""
    if context is None:
        return sorted(set(ids))
    k = n - context
    if len(ids) < k:
        return []
    last, found = list(ids[len(ids) - k :]), []
    for i in range(len(ids) - k - short):
        if list(ids[i : i + k]) == last:
            found += [*ids[i : i + k + 1]] if whole else [ids[i + k]]
            if first:
                break
    return sorted(set(found))
