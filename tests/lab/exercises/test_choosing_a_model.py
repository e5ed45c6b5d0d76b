"""The exercises of chapter 19: right answers in other forms, and hints that name the mistake."""

import numpy as np
import pytest

from textbook_nlp.lab.exercises import choosing_a_model as check


@pytest.mark.parametrize(
    ("exercise", "answer", "hint"),
    [
        (check.steps_left, (500 - 6) / 5 - 6, "round down"),
        (check.average_right, lambda p, G: 0.5 + (G + 1) / (4 * p), "at most 1"),
        (
            check.best_right,
            lambda T, g, p: (
                0.5 + 0.5 * np.mean(np.arange(T - 3 - g) // p != np.arange(g, T - 3) // p)
            ),
            "one place more",
        ),
        (check.best_right, lambda T, g, p: 1.0, "half of the guesses"),
    ],
)
def test_a_hint_names_the_mistake(exercise, answer, hint):
    assert hint in exercise.result(answer).message


def each_row(ids, change):
    """Change the words of every row in place, in a copy."""
    ids = ids.copy()
    for row in ids:
        row[row != 0] = change(row[row != 0])
    return ids


def by_keys(ids, rng):
    keys = np.where(ids != 0, rng.random(ids.shape), 2)
    return np.take_along_axis(ids, keys.argsort(axis=1), axis=1)


def in_place(ids, rng):
    ids = ids.copy()
    for row in ids:
        rng.shuffle(row[: np.count_nonzero(row)])
    return ids


def by_lists(ids, rng):
    rows = []
    for row in ids.tolist():
        words = [word for word in row if word]
        shuffled = [words.pop(rng.integers(len(words))) for _ in range(len(words))]
        rows.append(shuffled + [0] * (len(row) - len(shuffled)))
    return rows


@pytest.mark.parametrize(
    "function",
    [
        lambda ids, rng: each_row(ids, rng.permutation),
        lambda ids, rng: each_row(ids, rng.permuted),
        lambda ids, rng: each_row(ids, lambda words: rng.choice(words, len(words), replace=False)),
        by_keys,
        in_place,
        by_lists,
        lambda ids, rng: by_keys(ids, rng) + 0j,
    ],
)
def test_words_may_be_shuffled_in_several_ways(function):
    assert check.shuffled_rows.result(function).state == "right"


def first_row_only(ids, rng):
    ids = ids.copy()
    for row in ids:
        row[row != 0] = rng.permutation(row[row != 0])
        return ids
    return ids


def last_row_only(ids, rng):
    ids = ids.copy()
    ids[-1, ids[-1] != 0] = rng.permutation(ids[-1, ids[-1] != 0])
    return ids


def first_words_only(ids, rng, own=True):
    ids, n = ids.copy(), (ids != 0).sum(axis=1).min()
    ids[:, :n] = rng.permuted(ids[:, :n], axis=1) if own else ids[:, rng.permutation(n)]
    return ids


def neighbors_exchanged(words, rng):
    i = rng.integers(len(words) - 1)
    words[[i, i + 1]] = words[[i + 1, i]]
    return words


def of_copies(ids, rng):
    for row in ids:
        rng.shuffle(row[row != 0])
    return ids


def one_order(ids, rng):
    keys = np.where(ids != 0, rng.random(ids.shape[1]), 2)
    return np.take_along_axis(ids, keys.argsort(axis=1), axis=1)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (first_row_only, "row 1 stands in the old order: is the `return` inside the loop?"),
        (of_copies, "every row stands in the old order"),
        (last_row_only, "row 0 stands in the old order: shuffle every row"),
        (first_words_only, "always holds the same word"),
        (lambda ids, rng: first_words_only(ids, rng, own=False), "always holds the same word"),
        (
            lambda ids, rng: each_row(ids, lambda w: [w[0], *rng.permutation(w[1:])]),
            "place 0 of row 0 always holds the same word",
        ),
        (
            lambda ids, rng: each_row(ids, lambda w: neighbors_exchanged(w, rng)),
            "the words move too little",
        ),
        (
            lambda ids, rng: each_row(ids, lambda w: np.roll(w, rng.integers(1, len(w)))),
            "the words follow one another as before",
        ),
        (one_order, "all rows get the same permutation"),
        (lambda ids, rng: rng.permutation(ids), "each row must keep its own words"),
        (lambda ids, rng: each_row(ids, lambda w: w[::-1]), "the chance must come from rng"),
        (lambda ids, rng: ids + 0.5j, "each row must keep its own words"),
    ],
)
def test_what_does_not_shuffle_gets_its_own_hint(function, hint):
    result = check.shuffled_rows.result(function)
    assert hint in result.message
    assert (result.state, result.error) == ("hint", None)
