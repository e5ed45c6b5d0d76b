"""What word vectors are asked: whether they rank pairs of words as people do, and analogies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Num
from scipy.stats import spearmanr

from textbook_nlp.vectors.embeddings import Embeddings, Ranking

Analogy = tuple[str, str, str, str]
Numbers = Sequence[float | int] | Num[np.ndarray, " N"]


@dataclass(frozen=True)
class SimilarityScore:
    """How well cosines rank pairs of words as people do.

    Attributes:
        rho: Spearman's rank correlation with the human scores, from -1 to 1.
        used: number of pairs of which both words have a vector.
        total: number of pairs given.
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
    """

    correct: int
    used: int
    total: int
    by_section: dict[str, tuple[int, int]]

    @property
    def accuracy(self) -> float:
        """The share of the used questions that are answered right; NaN where none was used."""
        return self.correct / self.used if self.used else float("nan")


def rank_correlation(first: Numbers, second: Numbers) -> float:
    """Return Spearman's rank correlation of two lists of numbers, from -1 to 1.

    Equal numbers share the mean of their ranks.

    Raises:
        ValueError: if the lists differ in length, have fewer than two numbers, or the numbers of
            one are all equal: there is nothing to rank.

    Source: Spearman (1904).
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"shapes {first.shape} and {second.shape}: expected two lists of N")
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        raise ValueError(
            f"{len(first)} numbers in each list: to be ranked, two or more are needed, and they "
            "must differ"
        )
    return float(spearmanr(first, second).statistic)


def score_similarity(
    vectors: Embeddings, pairs: Iterable[tuple[str, str, float]], lower: bool = True
) -> SimilarityScore:
    """Compare the cosines of pairs of words with what people say of them.

    Args:
        vectors: of the words.
        pairs: two words and a score each, such as WordSim-353. A pair with a word that has no
            vector is left out, and counted.
        lower: look a word up in lower case.

    Raises:
        ValueError: if fewer than two pairs can be used, or all their scores are equal: there is
            nothing to rank.

    Source: Finkelstein et al. (2002).
    Taught in: chapter 04.
    """
    pairs = [(a.lower(), b.lower(), s) if lower else (a, b, s) for a, b, s in pairs]
    used = [pair for pair in pairs if pair[0] in vectors and pair[1] in vectors]
    people = [score for _, _, score in used]
    ours = [vectors.similarity(a, b) for a, b, _ in used]
    try:
        return SimilarityScore(rank_correlation(people, ours), len(used), len(pairs))
    except ValueError as error:
        raise ValueError(
            f"{len(used)} of {len(pairs)} pairs have vectors for both words ({error}): use a "
            "larger vocabulary or more pairs"
        ) from None


def score_analogies(
    vectors: Embeddings,
    questions: Mapping[str, Sequence[Analogy]],
    restrict: int | None = None,
    method: Ranking = "cosine",
) -> AnalogyScore:
    """Answer questions "a is to b as c is to d" and count the first answers that are right.

    Args:
        vectors: of the words.
        questions: for each section its questions, such as the Google analogy test. One with a word
            that has no vector is left out, and counted.
        restrict: use the first so many words alone (the most frequent ones).
        method: as in `Embeddings.analogy`.

    Raises:
        ValueError: if `restrict` is below 1 or the method is unknown.

    Source: Mikolov, Chen, Corrado & Dean (2013), section 4.1.
    Taught in: chapter 04.
    """
    if restrict is not None and restrict < 1:
        raise ValueError(f"restrict is {restrict}, expected at least 1 word, or None for all")
    matrix = vectors.ranked_by(method)[:restrict]
    by_section = {}
    for section, items in questions.items():
        ids = [[vectors.index.get(word, len(matrix)) for word in item] for item in items]
        known = [row for row in ids if max(row) < len(matrix)]
        right = _count_right(matrix, np.array(known, dtype=np.int64).reshape(-1, 4))
        by_section[section] = (right, len(known))
    return AnalogyScore(
        sum(right for right, _ in by_section.values()),
        sum(used for _, used in by_section.values()),
        sum(len(items) for items in questions.values()),
        by_section,
    )


def _count_right(matrix: Float[np.ndarray, "V E"], ids: Int[np.ndarray, "N 4"]) -> int:
    """Count the questions whose best answer, the three given words aside, is the fourth."""
    right = 0
    block = max(1, 2**24 // len(matrix))  # a block's scores fit into memory
    for start in range(0, len(ids), block):
        a, b, c, d = ids[start : start + block].T
        # The length of the query does not change the order of the cosines.
        scores = (matrix[b] - matrix[a] + matrix[c]) @ matrix.T
        rows = np.arange(len(a))
        for given in (a, b, c):
            scores[rows, given] = -np.inf
        right += int((scores.argmax(axis=1) == d).sum())
    return right
