"""The exercises of chapter 17, captions."""

import numpy as np

from textbook_nlp.lab.checks import any_of, check_function, check_value

LN2 = np.log(2)


@check_value(
    expects="three numbers",
    mistakes={
        "the signs are the other way round: ink below counts as minus": (2, -2, -1),
        "that counts rows and columns from 1; the first is number 0": (-2, 0, 0),
        "with ones everywhere it would count the ink; the lower row has minus ones": (2, 2, 1),
        "the kernel has two columns, and the window two pixels side by side": (-1, 1, 1),
        "at the last place the square fills one pixel of the window only": (-2, 2, 2),
        "at the last place the window holds the square's lower right corner": (-2, 2, 0),
    },
)
def three_products(products=(-2, 2, 1)):
    """Exercise 1: a kernel laid over three patches."""


@check_value(
    expects="a number of places, of weights and biases, and of pixels",
    mistakes={
        "that is a side of the grid; it has as many rows as columns": (9, ..., ...),
        "that is the grid between the two layers": (17**2, ..., ...),
        "33 is odd: with a border of 1 the side becomes 17 and then 9": (8**2, ..., ...),
        "each channel that is put out has a bias": (..., 8 * 27 + 20 * 72, ...),
        "a kernel spans all channels below it": (..., 8 * (9 + 1) + 20 * (9 + 1), ...),
        "the second layer has a kernel for each of the 8 channels below": any_of(
            (..., 8 * (27 + 1) + 20 * (27 + 1), ...), (..., 8 * (27 + 1) + 20 * (9 + 1), ...)
        ),
        "that is what one place of the first layer sees": (..., ..., 3),
        "without a stride it would be 5; the places below start 2 pixels apart": (..., ..., 5),
        "the three windows overlap: they start 2 pixels apart and are 3 wide": (..., ..., 9),
    },
)
def sizes(places=81, parameters=1684, pixels_wide=7):
    """Exercise 2: what two convolutions make of a picture of 33 × 33."""


@check_function(
    expects="a function floor(n) that returns one number, in nats",
    cases=[3, 2, 5, 40],
    mistakes={
        "that is right for n = 3; the share of cells that differ in both depends on n": {
            "share": lambda n: 0.5
        },
        "the second shape cannot stand in the first one's cell: divide by n² - 1": {
            "share": lambda n: (n - 1) ** 2 / n**2
        },
        "that is the share of the cells which have the row or the column in common": {
            "share": lambda n: 2 / (n + 1)
        },
        "that is in bits; the chapter counts in nats": {"unit": 1.0},
        "the choice of the shape that comes first is missing": {"first": 0},
        "that is the limit for large n": {"share": lambda n: 1.0},
        "that is the choice of the first shape; at times the relation is a choice too": {
            "share": lambda n: 0.0
        },
    },
)
def floor(n, share=lambda n: (n - 1) / (n + 1), unit=LN2, first=1):
    """Exercise 3: the lowest cross-entropy of captions on a grid of n × n cells."""
    return (first + share(n)) * unit


@check_value(
    expects="one number, a share",
    rtol=0.0,
    atol=0.012,  # a count over some thousand captions is as near as that
    mistakes={
        "that would be so if two sentences were true of every picture": 0.5,
        "that would be so if four sentences were true of every picture": 0.25,
        "every caption is true, but the generator's is mostly another one": 1.0,
        "average the two shares of matches, not the two numbers of sentences": 1 / 3,
        "a habit does not make it less: the generator's choice does not know of it": 0.0,
    },
)
def habit(exact=0.375):
    """Exercise 4: exact matches of a perfect speaker with a habit."""


def _pictures(*shape):
    return np.random.default_rng(len(shape)).integers(0, 9, shape)


@check_function(
    expects="a function channels_first(pictures) that returns an array (B, 3, S, S)",
    cases=[_pictures(2, 4, 4, 3), _pictures(1, 5, 5, 3), _pictures(3, 2, 2, 3)],
    mistakes={
        "that is the function with the fault: reshape moves no axis": {
            "move": lambda p: p.reshape(p.shape[0], p.shape[3], *p.shape[1:3])
        },
        "now rows and columns are exchanged": {"move": lambda p: p.transpose(0, 3, 2, 1)},
        "the batch must stay in front": {"move": lambda p: p.transpose(3, 0, 1, 2)},
        "red comes first; the colors are turned around": {
            "move": lambda p: p.transpose(0, 3, 1, 2)[:, ::-1]
        },
    },
)
def channels_first(pictures, move=lambda p: p.transpose(0, 3, 1, 2)):
    """Exercise 5: move the colors to the front."""
    return move(pictures)


@check_function(
    expects="a function convolve_one(picture, kernel, s, P) that returns a square array",
    cases=[
        (np.arange(25.0).reshape(5, 5) % 7, np.array([[-1.0, 1.0], [-2.0, 1.0]]), 1, 0),
        (np.arange(36.0).reshape(6, 6) % 5, np.arange(9.0).reshape(3, 3), 2, 1),
        (np.arange(49.0).reshape(7, 7) % 4, np.array([[1.0, 2.0], [3.0, 5.0]]), 3, 1),
        (np.arange(64.0).reshape(8, 8) % 3, np.arange(9.0).reshape(3, 3) - 4, 1, 2),
    ],
    mistakes={
        "the stride is missing": {"jump": lambda s: 1},
        "the border of zeros is missing": {"border": lambda P: 0},
        "the kernel is turned around: the formula does not flip it": {"flip": True},
        "the last windows that fit are missing: add 1 to the number of steps": {"more": 0},
        "rows and columns of the result are exchanged": {"then": np.transpose},
        "the border is filled with copies of the edge; here it is zeros": {"mode": "edge"},
    },
)
def convolve_one(picture, kernel, s, P, jump=int, border=int, flip=False, more=1, mode="constant"):
    """Exercise 6: one channel, with a stride and a border."""
    kernel = kernel[::-1, ::-1] if flip else kernel
    padded, K, s = np.pad(picture, border(P), mode=mode), len(kernel), jump(s)
    n = (len(padded) - K) // s + more
    return np.array(
        [
            [(padded[s * i : s * i + K, s * j : s * j + K] * kernel).sum() for j in range(n)]
            for i in range(n)
        ]
    )
