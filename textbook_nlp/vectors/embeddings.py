"""Words as vectors, however made: a table, its neighbors, analogies, projection, files."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from textbook_nlp.files import DamagedFile, whole

Ranking = Literal["cosine", "dot"]


class UnknownWord(KeyError):
    """A word that has no vector."""

    def __init__(self, words: Sequence[str], size: int) -> None:
        self.words = tuple(words)
        super().__init__(
            f"no vector for {', '.join(map(repr, words))} among {size:,} words: check the "
            "spelling and the case, or ask first with `word in embeddings`"
        )

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """One vector for each word.

    Args:
        words: the words, all different; by falling frequency where that is known.
        matrix: their vectors, one a row (V, E).

    Raises:
        TypeError: if a word is no str, or the matrix is not of floating-point numbers.
        ValueError: if words and rows differ in number, a word occurs twice, there is none, or a
            number is NaN or infinite.

    Taught in: chapters 03, 04 and 05.
    """

    words: Sequence[str]
    matrix: Float[np.ndarray, "V E"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        _check_table(self.words, self.matrix)

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> Float[np.ndarray, "V E"]:
        """The vectors at length 1 (V, E); a vector of zeros stays as it is.

        Numbers of 16 bits become numbers of 32.

        Taught in: chapter 03.
        """
        return _unit(self.matrix)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def __getitem__(self, word: str) -> Float[np.ndarray, "E"]:
        return self.matrix[self.rows([word])[0]]

    def rows(self, words: Iterable[str]) -> Int[np.ndarray, "N"]:
        """Return the row of each word (N,).

        Raises:
            UnknownWord: if any has no vector.
        """
        words = list(words)
        if missing := [word for word in words if word not in self.index]:
            raise UnknownWord(missing, len(self))
        return np.array([self.index[word] for word in words], dtype=np.int64)

    def similarity(self, first: str, second: str) -> float:
        """Return the cosine of two words' vectors, from -1 to 1; 0.0 if one is all zeros.

        Raises:
            UnknownWord: if one has no vector.
        """
        a, b = self.unit[self.rows([first, second])]
        return float(a @ b)

    def nearest(
        self,
        target: str | Sequence[float] | Num[np.ndarray, "E"],
        k: int = 5,
        exclude: Iterable[str] = (),
    ) -> list[tuple[str, float]]:
        """Return the `k` words of the highest cosine with a word, itself left out, or a vector.

        Args:
            target: a word, or a vector (E,), an array or a list of numbers.
            k: how many; fewer come back when there are no more words.
            exclude: words that are no answer.

        Raises:
            UnknownWord: if a word has no vector.
            ValueError: if `k` is below 1, or a vector has another length or is not finite.

        Taught in: chapter 03.
        """
        exclude = list(exclude)
        if isinstance(target, str):
            vector, exclude = self[target], [*exclude, target]
        else:
            vector = _checked_vector(target, self.matrix)
        return self._best(self.unit @ _unit(vector), k, exclude)

    def analogy(
        self, a: str, b: str, c: str, k: int = 5, method: Ranking = "cosine"
    ) -> list[tuple[str, float]]:
        """Answer "`a` is to `b` as `c` is to what?" with the `k` best words and their scores.

        Args:
            a, b, c: words; none of them is an answer.
            k: how many answers.
            method: `"cosine"` adds and subtracts vectors of length 1 and ranks by the cosine with
                the result (3CosAdd); `"dot"` takes the vectors as they are and ranks by the plain
                dot product, so that long vectors win more often.

        Raises:
            UnknownWord: if a word has no vector.
            ValueError: if `k` is below 1 or the method is unknown.

        Source: Mikolov, Yih & Zweig (2013), section 5; Levy & Goldberg (2014), CoNLL, section 3.
        Taught in: chapter 04.
        """
        vectors = self.ranked_by(method)
        first, second, third = vectors[self.rows([a, b, c])]
        query = second - first + third
        if method == "cosine":
            query = _unit(query)
        return self._best(vectors @ query, k, [a, b, c])

    def ranked_by(self, method: Ranking) -> Float[np.ndarray, "V E"]:
        """Return the vectors whose dot products rank words by this method.

        Raises:
            ValueError: if the method is unknown.
        """
        if method not in get_args(Ranking):
            raise ValueError(f"method is {method!r}, expected 'cosine' or 'dot'")
        return self.unit if method == "cosine" else self.matrix

    def project(self, words: Iterable[str] | None = None, k: int = 2) -> Float[np.ndarray, "N k"]:
        """Return the words' coordinates on the `k` principal axes of their vectors (N, k).

        Each axis points to the side on which the largest coordinate lies, so that the picture is
        the same on every machine.

        Args:
            words: the words to project; None for all.
            k: number of axes.

        Raises:
            UnknownWord: if a word has no vector.
            ValueError: if there are fewer words, or shorter vectors, than axes.

        Source: Pearson (1901), principal components.
        Taught in: chapter 05.
        """
        rows = self.matrix if words is None else self.matrix[self.rows(words)]
        if not 1 <= k <= min(rows.shape):
            raise ValueError(
                f"k is {k}, but {rows.shape[0]} vectors of length {rows.shape[1]} span at most "
                f"{min(rows.shape)}"
            )
        centered = rows - rows.mean(axis=0)
        left, values, _ = np.linalg.svd(centered, full_matrices=False)
        points = left[:, :k] * values[:k]
        largest = points[np.abs(points).argmax(axis=0), np.arange(k)]
        return points * np.where(largest < 0, -1, 1).astype(points.dtype)

    def matrix_for(
        self, words: Sequence[str]
    ) -> tuple[Float[np.ndarray, "N E"], Bool[np.ndarray, "N"]]:
        """Return the rows for another vocabulary, and which of its words were found.

        Args:
            words: the vocabulary, such as `Vocabulary.tokens`.

        Returns:
            The matrix (N, E), of the table's own dtype and with zeros for a word that has no
            vector, and for each word whether it has one (N,). The mean of the latter is the
            coverage of the types.

        Taught in: chapter 05.
        """
        found = np.array([word in self.index for word in words], dtype=bool)
        matrix = np.zeros((len(words), self.matrix.shape[1]), dtype=self.matrix.dtype)
        matrix[found] = self.matrix[self.rows(word for word in words if word in self.index)]
        return matrix, found

    def save(self, path: str | os.PathLike) -> None:
        """Write words and matrix to an .npz file; it appears whole or not at all."""
        text = np.frombuffer("\n".join(map(_escaped, self.words)).encode(), dtype=np.uint8)
        with whole(path) as temporary, temporary.open("wb") as file:
            np.savez(file, words=text, matrix=self.matrix)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Embeddings":
        """Read what `save` wrote; nothing in the file is ever executed.

        Raises:
            FileNotFoundError: if there is no such file.
            DamagedFile: if it was cut short, or is of another kind.
        """
        try:
            with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
                words = bytes(file["words"]).decode().split("\n")
                return cls(tuple(map(_unescaped, words)), file["matrix"])
        except (BadZipFile, EOFError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise DamagedFile(
                f"{path} is not a whole file of embeddings ({error}); it may have been cut short: "
                "copy it again, or train anew and save"
            ) from None

    def _best(
        self, scores: Float[np.ndarray, "V"], k: int, exclude: Iterable[str]
    ) -> list[tuple[str, float]]:
        if k < 1:
            raise ValueError(f"k is {k}, expected at least 1")
        scores = scores.copy()
        excluded = [self.index[word] for word in exclude if word in self.index]
        scores[excluded] = -np.inf
        order = np.argsort(-scores, kind="stable")[: min(k, len(self) - len(set(excluded)))]
        return [(self.words[row], float(scores[row])) for row in order]


def _check_table(words: tuple[str, ...], matrix: Float[np.ndarray, "V E"]) -> None:
    """Refuse what is no table of vectors, one for each of different words."""
    if not isinstance(matrix, np.ndarray) or not np.issubdtype(matrix.dtype, np.floating):
        raise TypeError("expected a matrix of floating-point numbers: use astype(np.float32)")
    if matrix.ndim != 2 or len(matrix) != len(words) or 0 in matrix.shape:
        raise ValueError(
            f"{len(words)} words and a matrix of shape {matrix.shape}: expected at least one word, "
            "and one row of at least one number for each"
        )
    if not all(isinstance(word, str) for word in words):
        raise TypeError("expected words (str): decode bytes, and leave out missing values")
    if len(set(words)) != len(words):
        (twice, _), *_ = Counter(words).most_common(1)
        raise ValueError(f"the word {twice!r} occurs twice: give each word one vector")
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise ValueError(f"the vector of {words[row]!r} holds NaN or an infinite number")


def _checked_vector(
    vector: Sequence[float] | Num[np.ndarray, "E"], matrix: Float[np.ndarray, "V E"]
) -> Float[np.ndarray, "E"]:
    """Return a vector as an array, if it is one of the matrix's length and finite."""
    try:
        vector = np.asarray(vector, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected a word, or a vector of numbers: {error}") from None
    if vector.shape != (matrix.shape[1],) or not np.isfinite(vector).all():
        raise ValueError(
            f"a vector of shape {vector.shape}, expected {(matrix.shape[1],)} and finite numbers"
        )
    return vector


def _unit(vectors: Float[np.ndarray, "*shape E"]) -> Float[np.ndarray, "*shape E"]:
    """Return vectors at length 1; one of zeros stays as it is."""
    vectors = vectors.astype(np.result_type(vectors, np.float32), copy=False)
    # The squares of very large or small numbers are infinite or 0, so the largest number of each
    # vector is brought to about 1 first: by a power of two, which rounds nothing.
    _, exponents = np.frexp(np.abs(vectors).max(axis=-1, keepdims=True))
    vectors = np.ldexp(vectors, -exponents)
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms == 0, 1, norms)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(word: str) -> str:
    return "\\".join(part.replace("\\n", "\n") for part in word.split("\\\\"))
