"""Small pictures of two shapes, and a sentence that says what stands where."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from textbook_nlp.data.generators.optimum import Optimum, require_count, require_probability
from textbook_nlp.data.generators.pcfg import uniform_draws

COLORS = {
    "red": (0.85, 0.15, 0.15),
    "green": (0.15, 0.65, 0.25),
    "blue": (0.2, 0.35, 0.9),
    "yellow": (0.95, 0.85, 0.2),
}
SHAPES = ("circle", "square", "triangle")
SIZES = {"small": 0.25, "large": 0.42}  # half the width, as a share of a cell's side
CELLS = 3  # in a row and in a column
BACKGROUND = 0.95


class Shape(NamedTuple):
    """What stands in a cell: its words, and the cell's row and column, from above and left."""

    size: str
    color: str
    name: str
    row: int
    column: int


class Scenes(NamedTuple):
    """Pictures and what is said of them.

    Attributes:
        images: (n, 3, S, S), red, green and blue from 0 to 1; row 0 is the top.
        captions: words of each.
        shapes: the two of each picture, in the order in which its caption names them.
    """

    images: Float[np.ndarray, "n 3 S S"]
    captions: list[list[str]]
    shapes: list[tuple[Shape, Shape]]


@dataclass(frozen=True)
class CaptionedScenes:
    """Pictures of two shapes, each with one of the sentences that are true of it.

    A shape is small or large, has one of four colors, and stands in a cell of its own among nine.
    *a small red circle left of a large blue square* could as well begin with the square, and where
    the two differ in row and column it could as well say *above*: which of these true sentences a
    picture comes with is left to chance, and no model can know it.

    Attributes:
        side: S, the pixels of a side of the picture; at least 12.
        noise: the standard deviation of what is added to each pixel.

    Raises:
        TypeError, ValueError: if `side` is no integer or below 12, or `noise` is outside [0, 1].

    Taught in: chapter 17.
    """

    side: int = 24
    noise: float = 0.05

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_count("side", self.side, 12)
        require_probability("noise", self.noise)

    def sample(self, n: int, seed: int) -> Scenes:
        """Draw `n` pictures with a caption each.

        Args:
            n: how many.
            seed: equal seeds give equal pictures; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.
        """
        require_count("n", n)
        require_count("seed", seed)
        rng, pixels = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        draws, scenes, captions = uniform_draws(rng), [], []
        for _ in range(n):
            pair = _two_shapes(draws)
            scenes.append(pair)
            captions.append(_pick(true_captions(*pair), draws))
        images = np.array([self.picture(pair) for pair in scenes]).reshape(n, 3, *[self.side] * 2)
        noisy = images + self.noise * pixels.standard_normal(images.shape)
        return Scenes(noisy.clip(0, 1).astype(np.float32), captions, scenes)

    def picture(self, shapes: tuple[Shape, ...]) -> Float[np.ndarray, "3 S S"]:
        """Paint shapes without noise."""
        image = np.full((3, self.side, self.side), BACKGROUND)
        at = (np.arange(self.side) + 0.5) * CELLS / self.side  # pixels' centers, in cells
        for size, color, name, row, column in shapes:
            down, right = at[:, None] - (row + 0.5), at[None, :] - (column + 0.5)
            image[:, _inside(name, down, right, SIZES[size])] = np.array(COLORS[color])[:, None]
        return image

    def optimum(self, metric: Literal["cross_entropy"] = "cross_entropy") -> Optimum:
        """Return the lowest cross-entropy of a caption that any model can reach, exactly.

        Raises:
            ValueError: if the metric is another.
        """
        if metric != "cross_entropy":
            raise ValueError(f"metric is {metric!r}, expected 'cross_entropy'")
        # Of the other eight cells four differ from a shape's in row and column.
        because = "either shape may come first, and half of the pairs differ in row and column"
        return Optimum(metric, 1.5 * log(2), 0.0, "exact", "nats per caption", because)


def true_captions(first: Shape, second: Shape) -> list[list[str]]:
    """Return the captions that begin with the first shape: one or two, each as likely.

    Taught in: chapter 17.
    """
    relations = []
    if first.column != second.column:
        relations.append(["left", "of"] if first.column < second.column else ["right", "of"])
    if first.row != second.row:
        relations.append(["above"] if first.row < second.row else ["below"])
    return [["a", *first[:3], *relation, "a", *second[:3]] for relation in relations]


def is_true(words: list[str], shapes: tuple[Shape, Shape]) -> bool:
    """Whether a caption is one of the sentences that are true of a picture of these two shapes.

    Taught in: chapter 17.
    """
    first, second = shapes
    return words in true_captions(first, second) + true_captions(second, first)


def _two_shapes(draws: Iterator[float]) -> tuple[Shape, Shape]:
    one = int(next(draws) * CELLS**2)
    other = (one + 1 + int(next(draws) * (CELLS**2 - 1))) % CELLS**2
    first, second = (
        Shape(
            _pick(list(SIZES), draws),
            _pick(list(COLORS), draws),
            _pick(SHAPES, draws),
            *divmod(cell, CELLS),
        )
        for cell in (one, other)
    )
    return first, second


def _inside(name: str, down: np.ndarray, right: np.ndarray, half: float) -> np.ndarray:
    """Whether each pixel belongs to a shape around 0."""
    if name == "circle":
        return down**2 + right**2 <= half**2
    if name == "square":
        return (abs(down) <= half) & (abs(right) <= half)
    return (abs(down) <= half) & (abs(right) <= (down + half) / 2)


def _pick(choices, draws: Iterator[float]):
    return choices[int(next(draws) * len(choices))]
