"""The exercises of chapter 19, convolution, then recurrence."""

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
    expects="a whole number of steps",
    mistakes={
        "that is what the first convolution leaves; the pool and a second one follow": 494,
        "that is after the pool; the second convolution shortens it once more": 98,
        "round down: what does not fill a window is left out here": any_of(93, 92.8),
        "without padding a kernel of 7 taps has 6 places fewer than there are tokens": 100,
        "the pool stands between the two convolutions": 97,
        "without padding a kernel of 7 taps loses 6 places, not 7": any_of(91, 90),
    },
)
def steps_left(steps=92):
    """Exercise 1: how many steps are left for the GRU."""


@check_value(
    expects="two numbers of parameters",
    mistakes={
        "each kernel of the convolution has a bias": (2560, ...),
        "each of the 32 kernels has weights of its own": (5 * 16 + 1, ...),
        "a kernel spans all 16 numbers of a vector": (32 * (5 + 1), ...),
        "the GRU reads the 32 answers of the kernels, not the 16 numbers of a vector": (..., 4800),
        "PyTorch's GRU has two biases": (..., 6240),
        "a GRU has three blocks of weights: reset, update and the new state": any_of(
            (..., 4 * 2112), (..., 2112)
        ),
        "the same weights serve at every step": (..., 8 * 6336),
    },
)
def parameters(of_the_convolution=2592, of_the_gru=6336):
    """Exercise 2: parameters of the two layers."""


@check_value(
    expects="three numbers, the state after each step",
    mistakes={
        "the gate is missing: the step is multiplied by 1 minus the size of the state": (
            0.5,
            -0.5,
            0.5,
        ),
        "that reads from the end": (1.0, 1.0, 1.0),
        "v is subtracted: a mark of the second kind pulls the state down": (0.5, 1.0, 1.0),
        "the gate closes with the state before the step, and after the second step that is 0": (
            0.5,
            0.0,
            0.5,
        ),
    },
)
def states(after_each_step=(0.5, 0.0, 1.0)):
    """Exercise 3: the state of the little recurrence, on paper."""


@check_function(
    expects="a function average_right(pool, G) that returns one share",
    cases=[(16, 96), (4, 20), (64, 80), (1, 10), (8, 8)],
    mistakes={
        "where the marks share a window, half of the guesses are right": {"half": 1.0},
        "that is the share that is lost": {"lost": True},
        "sum over whole numbers: 1 - g/p over g from 1 to p - 1 is (p - 1)/2": {"less": 0},
        "that is the value at the middle gap; average over all of them": {"middle": True},
        "a share is at most 1: where the gap is p or more, nothing is lost": (
            lambda pool, G: 0.5 + (G + 1) / (4 * pool)
        ),
    },
)
def average_right(pool, G, half=0.5, lost=False, less=1, middle=False):
    """Exercise 4: the best share right, averaged over the gaps from 1 to G."""
    if middle:
        return min(1.0, 0.5 + (G + 1) / 2 / (2 * pool))
    missed = half * (pool - less) / 2 / G
    return missed if lost else 1 - missed


@check_function(
    expects="a function best_right(T, gap, pool) that returns one share",
    cases=[(128, 32, 64), (128, 32, 128), (128, 5, 4), (130, 20, 16), (64, 8, 16), (40, 7, 40)],
    mistakes={
        "that is the formula for a long line; count the places where the first mark can begin": {
            "formula": True
        },
        "where the marks share a window, half of the guesses are right": any_of(
            {"guess": 0.0}, {"guess": 1.0}
        ),
        "that is what is lost": {"lost": True},
        "from 0 to T - 3 - gap there is one place more: the last one counts too": {"last": 3},
        "the second mark has three letters too: it must end within the line": {"last": 0},
    },
)
def best_right(T, gap, pool, formula=False, guess=0.5, lost=False, last=2):
    """Exercise 5: the best share right in a short line, by counting."""
    starts = np.arange(T - last - gap)
    apart = np.mean(starts // pool != (starts + gap) // pool)
    if formula:
        apart = min(1.0, gap / pool)
    found = apart + guess * (1 - apart)
    return 1 - found if lost else found


@check_value(
    expects="the half-width as a share, and a number of texts",
    rtol=0.02,
    mistakes={
        "95 percent lie within 1.96 standard errors": (0.0049, ...),
        "the variance p (1 - p) is divided by the number of texts, and then comes the root": any_of(
            (0.68, ...), (4.7e-5, ...), (0.1204, ...)
        ),
        "that is the whole width": (0.01924, ...),
        "give it as a share: 1 percent is 0.01": (0.96, ...),
        "half of the width takes four times as many texts: the number stands under a root": any_of(
            (..., 10_000), (..., 2_500)
        ),
    },
)
def how_sure(half_width=0.00962, texts=20_000):
    """Exercise 6: how sure a share of right answers is."""


def _changed(ids, change, rng):
    """Change the words of each row; padding stays behind them."""
    ids = ids.copy()
    for row in ids:
        row[row != 0] = change(row[row != 0], rng)
    return ids


def _shuffled(ids, rng):
    return _changed(ids, lambda words, rng: rng.permutation(words), rng)


def _neighbors_exchanged(words, rng):
    i = rng.integers(len(words) - 1)
    words[[i, i + 1]] = words[[i + 1, i]]
    return words


@check(
    expects="a function shuffled_rows(ids, rng) that returns an array like ids",
    right=_shuffled,
    mistakes={
        "padding must stay behind the words": lambda ids, rng: np.array(
            [rng.permutation(row) for row in ids]
        ),
        "each row must keep its own words, each as often as before": lambda ids, rng: _shuffled(
            ids[::-1], rng
        ),
        "every row stands in the old order": lambda ids, rng: ids.copy(),
        "row 0 stands in the old order: shuffle every row": (
            lambda ids, rng: np.array([*ids[:-1], *_shuffled(ids[-1:], rng)])
        ),
        "row 1 stands in the old order: is the `return` inside the loop?": (
            lambda ids, rng: np.array([*_shuffled(ids[:1], rng), *ids[1:]])
        ),
        "of row 0 always holds the same word: shuffle all of its words": any_of(
            lambda ids, rng: np.hstack([rng.permuted(ids[:, :12], axis=1), ids[:, 12:]]),
            lambda ids, rng: np.hstack([ids[:, rng.permutation(12)], ids[:, 12:]]),
            lambda ids, rng: np.hstack([ids[:, :1], _shuffled(ids[:, 1:], rng)]),
        ),
        "the words move too little": lambda ids, rng: _changed(ids, _neighbors_exchanged, rng),
        "the words follow one another as before": (
            lambda ids, rng: _changed(ids, lambda w, rng: np.roll(w, rng.integers(1, len(w))), rng)
        ),
        "all rows get the same permutation": lambda ids, rng: np.take_along_axis(
            ids, np.where(ids != 0, rng.random(ids.shape[1]), 2).argsort(axis=1), axis=1
        ),
        "the chance must come from rng alone": lambda ids, rng: _shuffled(
            ids, np.random.default_rng()
        ),
        "return an array of the shape of ids": lambda ids, rng: _shuffled(ids, rng)[0],
        "sorting is no shuffle": lambda ids, rng: np.array(
            [[*sorted(row[row != 0]), *row[row == 0]] for row in ids]
        ),
    },
)
def shuffled_rows(function):
    """Exercise 7: shuffle the words of padded texts."""
    rng, lengths = np.random.default_rng(7), [29, 12, 20, 12]
    ids = np.array(
        [[*(rng.permutation(np.arange(1, 30))[:n]), *np.zeros(30 - n, int)] for n in lengths]
    )

    def shuffled(seed):
        return as_array(call(function, ids, np.random.default_rng(seed)))

    orders = [shuffled(seed) for seed in range(40)]
    for found in orders:
        if found.shape != ids.shape:
            raise Hint("return an array of the shape of ids, padding included")
        if (np.sort(found, axis=1) != np.sort(ids, axis=1)).any():
            raise Hint("each row must keep its own words, each as often as before")
        if (found[ids != 0] == 0).any():
            raise Hint("padding must stay behind the words: shuffle the real tokens alone")
    orders = np.array(orders)
    still = (orders == ids).all(axis=(0, 2))
    if still.all():
        raise Hint("every row stands in the old order: row[mask] is a copy, so assign to it")
    if still.any():
        first_alone = not still[0] and still[1:].all()
        cause = "is the `return` inside the loop?" if first_alone else "shuffle every row"
        raise Hint(f"row {still.argmax()} stands in the old order: {cause}")
    if all((np.diff(row[row != 0]) > 0).all() for row in orders[0]):
        raise Hint("sorting is no shuffle: the order must come from rng")
    if not np.array_equal(shuffled(0), orders[0]) or (orders == orders[0]).all():
        raise Hint("the chance must come from rng alone")
    # What follows no shuffle of 12 words or more does by chance: less than once in 10^10 trials.
    for i, n in enumerate(lengths):
        words = orders[:, i, :n].tolist()
        seen = [len(set(place)) for place in zip(*words, strict=True)]
        if 1 in seen:
            raise Hint(
                f"place {seen.index(1)} of row {i} always holds the same word: shuffle all of its "
                "words"
            )
        if min(seen) < 6:
            raise Hint("the words move too little: every order must be possible")
        if len({row[(row.index(ids[i, 0]) + 1) % n] for row in words}) == 1:
            raise Hint(
                "the words follow one another as before: to move a row in a circle is no shuffle"
            )
    one, other = (orders[:, i, :12, None] == ids[i, :12] for i in (1, 3))  # who stands where
    if (one == other).all():
        raise Hint("all rows get the same permutation: draw one for each")


@check_function(
    expects="a function report(validation, test) that returns one share for each model",
    cases=[
        (
            np.array([[0.80, 0.84, 0.79], [0.70, 0.71, 0.75]]),
            np.array([[0.83, 0.81, 0.78], [0.76, 0.70, 0.72]]),
        ),
        (
            np.array([[0.5, 0.6], [0.9, 0.8], [0.7, 0.75]]),
            np.array([[0.66, 0.55], [0.81, 0.82], [0.7, 0.72]]),
        ),
    ],
    mistakes={
        "that chooses the trial by the test part": {"choose": lambda v, t: t.argmax(axis=1)},
        "that reports the validation part, which has chosen; the test part has not": {
            "of_test": False
        },
        "that is the average of all trials; report the chosen one": {"average": True},
        "each model has a best trial of its own": {
            "choose": lambda v, t: np.full(len(v), v.max(axis=0).argmax())
        },
        "that is the worst trial": {"choose": lambda v, t: v.argmin(axis=1)},
    },
)
def report(validation, test, choose=lambda v, t: v.argmax(axis=1), of_test=True, average=False):
    """Exercise 8: what a fair table reports."""
    if average:
        return test.mean(axis=1)
    picked = choose(validation, test)
    return (test if of_test else validation)[np.arange(len(test)), picked]
