"""Words as vectors, however they were made: neighbors, analogies, scores, projection, files."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import spearmanr

from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors.glove import read_vectors

Analogy = tuple[str, str, str, str]
Method = Literal["cosine", "dot"]


class UnknownWord(KeyError):
    """A word that has no vector.

    Taught in: 05.
    """

    def __init__(self, words: Sequence[str], size: int) -> None:
        self.words = tuple(words)
        super().__init__(
            f"no vector for {', '.join(map(repr, words))} among {size:,} words: check the "
            "spelling and the case, or ask first with `word in embeddings`"
        )

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class SimilarityScore:
    """How well cosines rank pairs of words as people do.

    Attributes:
        rho: Spearman's rank correlation with the human scores, from -1 to 1.
        used: number of pairs of which both words have a vector.
        total: number of pairs given.

    Taught in: 03.
    """

    rho: float
    used: int
    total: int


@dataclass(frozen=True)
class AnalogyScore:
    """How many analogies are answered right.

    Attributes:
        correct: number of questions whose first answer is the right one.
        used: number of questions of which all four words have a vector.
        total: number of questions given.
        by_section: (correct, used) for each section.

    Taught in: 04.
    """

    correct: int
    used: int
    total: int
    by_section: dict[str, tuple[int, int]]

    @property
    def accuracy(self) -> float:
        """The share of the used questions that are answered right; NaN where none was used."""
        return self.correct / self.used if self.used else float("nan")


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

    Taught in: 03, 04, 05.
    """

    words: Sequence[str]
    matrix: Float[np.ndarray, "V E"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))
        matrix = self.matrix
        if not isinstance(matrix, np.ndarray) or not np.issubdtype(matrix.dtype, np.floating):
            raise TypeError("expected a matrix of floating-point numbers: use astype(np.float32)")
        if matrix.ndim != 2 or len(matrix) != len(self.words) or 0 in matrix.shape:
            raise ValueError(
                f"{len(self.words)} words and a matrix of shape {matrix.shape}: expected at least "
                "one word, and one row of at least one number for each"
            )
        if not all(isinstance(word, str) for word in self.words):
            raise TypeError("expected words (str): decode bytes, and leave out missing values")
        if len(self.index) != len(self.words):
            twice = next(word for i, word in enumerate(self.words) if self.index[word] != i)
            raise ValueError(f"the word {twice!r} occurs twice: give each word one vector")
        if not np.isfinite(matrix).all():
            row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
            raise ValueError(f"the vector of {self.words[row]!r} holds NaN or an infinite number")

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> Float[np.ndarray, "V E"]:
        """The vectors at length 1 (V, E); a vector of zeros stays as it is."""
        norms = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return self.matrix / np.where(norms == 0, 1, norms)

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
        self, target: str | Float[np.ndarray, "E"], k: int = 5, exclude: Iterable[str] = ()
    ) -> list[tuple[str, float]]:
        """Return the `k` words of the highest cosine with a word, itself left out, or a vector.

        Args:
            target: a word, or a vector (E,).
            k: how many; fewer come back when there are no more words.
            exclude: words that are no answer.

        Raises:
            UnknownWord: if a word has no vector.
            ValueError: if `k` is below 1, or a vector has another length or is not finite.

        Taught in: 03.
        """
        exclude = list(exclude)
        if isinstance(target, str):
            vector, exclude = self[target], [*exclude, target]
        else:
            vector = self._checked(target)
        norm = np.linalg.norm(vector)
        return self._best(self.unit @ (vector / norm if norm else vector), k, exclude)

    def analogy(
        self, a: str, b: str, c: str, k: int = 5, method: Method = "cosine"
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
        Taught in: 04.
        """
        vectors = self._space(method)
        first, second, third = vectors[self.rows([a, b, c])]
        query = second - first + third
        if method == "cosine":
            query = query / (np.linalg.norm(query) or 1)
        return self._best(vectors @ query, k, [a, b, c])

    def score_similarity(
        self, pairs: Iterable[tuple[str, str, float]], lower: bool = True
    ) -> SimilarityScore:
        """Compare the cosines of pairs of words with what people say of them.

        Args:
            pairs: two words and a score each, such as WordSim-353. A pair with a word that has no
                vector is left out, and counted.
            lower: look a word up in lower case.

        Raises:
            ValueError: if fewer than two pairs can be used, or all their scores are equal: there
                is nothing to rank.

        Source: Spearman (1904); Finkelstein et al. (2002).
        Taught in: 03.
        """
        pairs = [(a.lower(), b.lower(), s) if lower else (a, b, s) for a, b, s in pairs]
        used = [pair for pair in pairs if pair[0] in self and pair[1] in self]
        people = np.array([score for _, _, score in used], dtype=np.float64)
        ours = np.array([self.similarity(a, b) for a, b, _ in used], dtype=np.float64)
        if len(used) < 2 or np.ptp(people) == 0 or np.ptp(ours) == 0:
            raise ValueError(
                f"{len(used)} of {len(pairs)} pairs have vectors for both words, and their scores "
                "must differ to be ranked: use a larger vocabulary or more pairs"
            )
        return SimilarityScore(float(spearmanr(people, ours).statistic), len(used), len(pairs))

    def score_analogies(
        self,
        questions: Mapping[str, Sequence[Analogy]],
        restrict: int | None = None,
        method: Method = "cosine",
    ) -> AnalogyScore:
        """Answer questions "a is to b as c is to d" and count the first answers that are right.

        Args:
            questions: for each section its questions, such as the Google analogy test. One with
                a word that has no vector is left out, and counted.
            restrict: use the first so many words alone (the most frequent ones).
            method: as in `analogy`.

        Raises:
            ValueError: if `restrict` is below 1 or the method is unknown.

        Source: Mikolov, Chen, Corrado & Dean (2013), section 4.1.
        Taught in: 04.
        """
        if restrict is not None and restrict < 1:
            raise ValueError(f"restrict is {restrict}, expected at least 1 word, or None for all")
        vectors = self._space(method)[:restrict]
        by_section = {}
        for section, items in questions.items():
            ids = [[self.index.get(word, len(vectors)) for word in item] for item in items]
            known = np.array(
                [row for row in ids if max(row) < len(vectors)], dtype=np.int64
            ).reshape(-1, 4)
            by_section[section] = (_count_right(vectors, known), len(known))
        return AnalogyScore(
            sum(right for right, _ in by_section.values()),
            sum(used for _, used in by_section.values()),
            sum(len(items) for items in questions.values()),
            by_section,
        )

    def project(
        self, words: Iterable[str] | None = None, dimensions: int = 2
    ) -> Float[np.ndarray, "N dimensions"]:
        """Return the words' coordinates on the principal axes of their vectors (N, dimensions).

        Each axis points to the side on which the largest coordinate lies, so that the picture is
        the same on every machine.

        Args:
            words: the words to project; None for all.
            dimensions: number of axes.

        Raises:
            UnknownWord: if a word has no vector.
            ValueError: if there are fewer words, or shorter vectors, than dimensions.

        Source: Pearson (1901), principal components.
        Taught in: 04, 05.
        """
        rows = self.matrix if words is None else self.matrix[self.rows(words)]
        if not 1 <= dimensions <= min(rows.shape):
            raise ValueError(
                f"dimensions is {dimensions}, but {rows.shape[0]} vectors of length "
                f"{rows.shape[1]} span at most {min(rows.shape)}"
            )
        centered = rows - rows.mean(axis=0)
        left, values, _ = np.linalg.svd(centered, full_matrices=False)
        points = left[:, :dimensions] * values[:dimensions]
        largest = points[np.abs(points).argmax(axis=0), np.arange(dimensions)]
        return points * np.where(largest < 0, -1, 1).astype(points.dtype)

    def matrix_for(
        self, words: Sequence[str], generator: np.random.Generator | None = None
    ) -> tuple[Float[np.ndarray, "N E"], Bool[np.ndarray, "N"]]:
        """Return the rows for another vocabulary, and which of its words were found.

        Args:
            words: the vocabulary, such as `Vocabulary.tokens`.
            generator: draws the rows of words that have no vector, with the mean and the standard
                deviation of the found ones; None leaves zeros there.

        Returns:
            The matrix (N, E), and for each word whether it has a vector (N,). The mean of the
            latter is the coverage of the types.

        Taught in: 05.
        """
        found = np.array([word in self.index for word in words], dtype=bool)
        matrix = np.zeros((len(words), self.matrix.shape[1]), dtype=self.matrix.dtype)
        matrix[found] = self.matrix[self.rows(word for word in words if word in self.index)]
        if generator is not None and not found.all():
            like = matrix[found] if found.any() else self.matrix
            drawn = generator.normal(like.mean(), like.std(), ((~found).sum(), matrix.shape[1]))
            matrix[~found] = drawn.astype(matrix.dtype)
        return matrix, found

    def save(self, path: str | os.PathLike) -> None:
        """Write words and matrix to an .npz file; it appears whole or not at all.

        Taught in: 04.
        """
        path = Path(path)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        text = np.frombuffer("\n".join(map(_escaped, self.words)).encode(), dtype=np.uint8)
        try:
            with part.open("wb") as file:
                np.savez(file, words=text, matrix=self.matrix)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Embeddings":
        """Read what `save` wrote; nothing in the file is ever executed.

        Raises:
            FileNotFoundError: there is no such file.
            DamagedFile: it was cut short, or is of another kind.

        Taught in: 04.
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

    @classmethod
    def read_glove(
        cls,
        path: str | os.PathLike,
        words: Iterable[str] | None = None,
        member: str | None = None,
        blanks: bool = False,
    ) -> "Embeddings":
        """Read vectors in GloVe's text format: a word and its numbers, separated by blanks.

        A first line of two whole numbers (the format of word2vec) is taken as a heading: how many
        words, and how many numbers each. Without one, a file that was cut at the end of a line, or
        inside its last number, looks whole: compare its checksum or the number of words.

        Args:
            path: the file, plain or compressed with gzip, or a zip archive.
            words: keep these alone; None for all.
            member: the file inside a zip archive, such as `"glove.6B.100d.txt"`.
            blanks: let words hold blanks, as a few of `glove.840B` do: the numbers are then
                counted from the end of a line, and a line with too many is not noticed.

        Raises:
            FileNotFoundError: there is no such file.
            DamagedFile: for a line of another width, a number that is none, NaN or infinite, a
                word that occurs twice, text that is not UTF-8, fewer or more words than the
                heading says, a file without vectors, or an archive that is damaged or has no such
                member. The message names the line.

        Source: Pennington, Socher & Manning (2014); nlp.stanford.edu/projects/glove.
        Taught in: 05.
        """
        found = read_vectors(Path(path), None if words is None else set(words), member, blanks)
        return cls(tuple(found), np.stack(list(found.values())))

    def _space(self, method: Method) -> Float[np.ndarray, "V E"]:
        if method not in ("cosine", "dot"):
            raise ValueError(f"method is {method!r}, expected 'cosine' or 'dot'")
        return self.unit if method == "cosine" else self.matrix

    def _checked(self, vector: Float[np.ndarray, "E"]) -> Float[np.ndarray, "E"]:
        if vector.shape != (self.matrix.shape[1],) or not np.isfinite(vector).all():
            raise ValueError(
                f"a vector of shape {vector.shape}, expected {(self.matrix.shape[1],)} and finite "
                "numbers"
            )
        return vector

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


def _count_right(vectors: Float[np.ndarray, "V E"], ids: Int[np.ndarray, "N 4"]) -> int:
    """Count the questions whose best answer, the three given words aside, is the fourth."""
    right = 0
    block = max(1, 2**24 // len(vectors))  # a block's scores fit into memory
    for start in range(0, len(ids), block):
        a, b, c, d = ids[start : start + block].T
        # The length of the query does not change the order of the cosines.
        scores = (vectors[b] - vectors[a] + vectors[c]) @ vectors.T
        rows = np.arange(len(a))
        for given in (a, b, c):
            scores[rows, given] = -np.inf
        right += int((scores.argmax(axis=1) == d).sum())
    return right


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(word: str) -> str:
    return "\\".join(part.replace("\\n", "\n") for part in word.split("\\\\"))
