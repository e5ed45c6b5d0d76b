"""The exercises of chapter 16, Memory outside the network."""

import math

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
    expects="two weights and two numbers",
    rtol=1e-2,
    atol=1e-3,
    mistakes={
        "those are the weights at strength 1: multiply the cosines by ln 9 first": (
            (math.e / (math.e + 1), 1 / (math.e + 1)),
            ...,
        ),
        "those are e to the scores: divide by their sum": ((9.0, 1.0), ...),
        "the cosine divides by both lengths; that is the softmax of ln 9 times the dot products": (
            (9.0**4 / (9.0**4 + 1), 1 / (9.0**4 + 1)),
            ...,
        ),
        "the weights belong to the rows in their order": ((0.1, 0.9), ...),
        "that is the row with the largest weight; take both, each times its weight": (
            ...,
            (4.0, 0.0),
        ),
        "that is the sum of the rows times e to the score: divide by 10": (..., (36.0, 4.0)),
        "the two numbers that are found are exchanged": (..., (0.4, 3.6)),
        "that is the plain mean of the rows: weigh them": (..., (2.0, 2.0)),
    },
)
def on_paper(two_weights=(0.9, 0.1), found=(3.6, 0.4)):
    """Exercise 1: an address by content, and what is read there."""


@check_value(
    expects="two integers",
    mistakes={
        "the affine layer has a bias too, one number for each of its outputs": (2600, ...),
        "there are three moves, and each has a number of its own": (2424, ...),
        "that is the key alone; strength, gate, moves and power come too": (2020, ...),
        "the read head neither erases nor adds": any_of((6666, ...), (66 * 100, ...)),
        "those are the numbers kept in the new rows; a row has no parameter": (..., 896 * 20),
        "a head has the same parameters for all rows: it looks at each in the same way": any_of(
            (..., 7 * 2626), (..., 8 * 2626), (..., 896 * 2626), (..., 896)
        ),
    },
)
def head_parameters(in_a_head=26 * 101, more_of_them=0):
    """Exercise 2: the parameters of a read head, and what more rows add."""


@check_function(
    expects="a function moves_until(q, share) that returns a whole number",
    cases=[(0.9, 0.5), (0.95, 0.5), (0.99, 0.1), (0.8, 0.9), (0.999, 0.37)],
    mistakes={
        "after that many moves less than the share is left: round down": {"whole": math.ceil},
        "moves are whole numbers: which is the last that leaves enough?": {"whole": float},
        "each move multiplies what is left: powers, not a sum": {
            "moves": lambda q, share: (1 - share) / (1 - q)
        },
        "q is what goes on at each move; 1 - q is what is left behind": {
            "moves": lambda q, share: math.log(share) / math.log(1 - q)
        },
        "the quotient is the other way round": {
            "moves": lambda q, share: math.log(q) / math.log(share)
        },
    },
)
def moves_until(q, share, moves=lambda q, share: math.log(share) / math.log(q), whole=math.floor):
    """Exercise 3: how many moves an address survives without sharpening."""
    return whole(moves(q, share))


@check_value(
    expects="a whole number of rows",
    mistakes={
        "row 0 is used as well: after the last row the write head comes to the first": 7,
        "the write head moves on while the machine reads, and adds nothing there: no harm": any_of(
            3, 4
        ),
        "what is in a row that is written again? Nothing is erased": any_of(
            9, when=lambda rows: rows > 8
        ),
    },
)
def longest(rows=8):
    """Exercise 4: the longest sequence that fits into eight rows."""


def _after_erasing(memory, w, erase):
    return memory * (1 - np.outer(w, erase))


def _write_case(seed, N, M):
    rng = np.random.default_rng(seed)
    w = rng.random(N)
    return rng.standard_normal((N, M)), w / w.sum(), rng.random(M), rng.standard_normal(M)


@check_function(
    expects="a function like write_with_a_bug, mended",
    cases=[_write_case(0, 4, 3), _write_case(1, 1, 2), _write_case(2, 5, 1)],
    reveal=False,
    mistakes={
        "the fault is still there: is what was just added erased as well?": {
            "new": lambda memory, w, erase, add: _after_erasing(memory + np.outer(w, add), w, erase)
        },
        "nothing is erased any more": {
            "new": lambda memory, w, erase, add: memory + np.outer(w, add)
        },
        "nothing is added any more": {
            "new": lambda memory, w, erase, add: _after_erasing(memory, w, erase)
        },
        "that adds to all rows alike: the weights say how much": {
            "new": lambda memory, w, erase, add: _after_erasing(memory, w, erase) + add
        },
        "that erases all rows alike: the weights say how much": {
            "new": lambda memory, w, erase, add: memory * (1 - erase) + np.outer(w, add)
        },
        "that keeps what it should erase: 1 minus the product": {
            "new": lambda memory, w, erase, add: memory * np.outer(w, erase) + np.outer(w, add)
        },
    },
)
def write_mended(
    memory,
    w,
    erase,
    add,
    new=lambda memory, w, erase, add: _after_erasing(memory, w, erase) + np.outer(w, add),
):
    """Exercise 5: erase first, then add."""
    return new(memory, w, erase, add)


def _by_zeros(w, s):
    k = len(s) // 2
    return np.convolve(w, s)[k : k + len(w)]


@check_function(
    expects="a function move(w, s) that returns as many weights as w has",
    cases=[
        (np.array([0.0, 1.0, 0.0, 0.0, 0.0]), np.array([0.1, 0.2, 0.7])),
        (np.array([0.5, 0.1, 0.0, 0.0, 0.0, 0.4]), np.array([0.1, 0.2, 0.4, 0.05, 0.25])),
        (np.array([0.2, 0.5, 0.3]), np.array([1.0])),
        (np.array([0.0, 0.1, 0.2, 0.3, 0.4]), np.array([0.0, 0.0, 0.0, 0.0, 1.0])),
    ],
    mistakes={
        "the moves go the wrong way: the last number of s goes on, the first back": {"sign": -1},
        "the middle number of s is for staying": {"first": lambda s: 0},
        "only three moves are made; s may have any odd number": {
            "first": lambda s: -1,
            "cut": 3,
        },
        "after the last row comes the first: nothing falls out at the ends": {"all": _by_zeros},
    },
)
def move(w, s, sign=1, first=lambda s: -(len(s) // 2), cut=None, all=None):
    """Exercise 6: an address moved by any odd number of moves."""
    if all is not None:
        return all(w, s)
    return sum(share * np.roll(w, sign * (first(s) + i)) for i, share in enumerate(s[:cut]))


def _backwards(L):
    return [1] * (L + 1) + [-1] * L


@check(
    expects="a function backwards(L) that returns a list of 2 L + 1 moves",
    right=_backwards,
    mistakes={
        "return 2 L + 1 moves": any_of(lambda L: [1] * L + [-1] * L, lambda L: []),
        "a move is -1, 0 or 1": lambda L: [0] * L + [L + 1] + [-1] * L,
        "that writes the sequence down as it was shown": lambda L: [0] * (L + 1) + [1] * L,
        "the read head is one row too far back": lambda L: [1] * L + [0] + [-1] * L,
        "the read head is one row too far on": lambda L: [1] * (L + 1) + [0] + [-1] * (L - 1),
        "it reads rows that were never written": lambda L: [0] * (L + 1) + [-1] * L,
    },
)
def backwards(function):
    """Exercise 7: the moves of a read head that writes a sequence down from its end."""
    for L in (3, 2, 6):
        moves = as_array(call(function, L))
        given = f"(for L = {L})"
        if moves.shape != (2 * L + 1,):
            raise Hint(f"return 2 L + 1 moves {given}; you gave shape {moves.shape}")
        if not np.isin(moves, (-1, 0, 1)).all():
            raise Hint(f"a move is -1, 0 or 1 {given}")
        found = np.cumsum(moves)[-L:].astype(int).tolist()  # the rows that it reads
        wanted = list(range(L, 0, -1))
        if found == wanted:
            continue
        rows = f": it reads the rows {found}, and should read {wanted} {given}"
        if found == wanted[::-1] and L > 1:
            raise Hint(f"that writes the sequence down as it was shown{rows}")
        if found == [row - 1 for row in wanted]:
            raise Hint(f"the read head is one row too far back{rows}")
        if found == [row + 1 for row in wanted]:
            raise Hint(f"the read head is one row too far on{rows}")
        if min(found) < 0:
            raise Hint(f"it reads rows that were never written{rows}")
        raise Hint(f"the rows are not the ones wanted{rows}")
