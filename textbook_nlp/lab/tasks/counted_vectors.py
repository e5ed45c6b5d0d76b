"""Make word vectors by counting, measure what each step costs, and ask the vectors."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from textbook_nlp.lab.runs.checked import Checked, Number, Positive, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.word_questions import (
    Pairs,
    QuestionedText,
    WordData,
    known_pairs,
    read_words,
)
from textbook_nlp.text import Vocabulary
from textbook_nlp.vectors.counts import Weighting, cooccurrence
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.pmi import ppmi
from textbook_nlp.vectors.scores import rank_correlation, score_analogies, score_similarity
from textbook_nlp.vectors.svd import Solver, svd_embeddings

END = "<eos>"
QUERIES = ("you", "year", "car", "toyota")  # of which the source prints the neighbors


@dataclass(frozen=True)
class Counting(Checked):
    """What is counted, and what becomes of the counts.

    Attributes:
        data: the sentences.
        window: as for `cooccurrence`.
        weighting: as for `cooccurrence`.
        cross: whether windows reach across the ends of sentences.
        skip: tokens that are taken out before counting; `<eos>` stands at the end of each sentence.
        alpha: as for `ppmi`.
        shift: as for `ppmi`.
        embedding_size: E.
        exponent: as for `svd_embeddings`.
        method: as for `svd_embeddings`.
    """

    data: WordData
    window: Size
    embedding_size: Size
    weighting: Weighting = "flat"
    cross: bool = True
    skip: tuple[str, ...] = ()
    alpha: Positive = 1.0
    shift: Positive = 1.0
    exponent: Number = 0.0
    method: Solver = "exact"


def run(configuration: Counting, setting: Setting) -> Measurement:
    """Count, weigh, and ask; the seed starts the SVD and draws generated sentences."""
    questioned = read_words(configuration.data, setting.seed)
    vectors, metrics = embed(questioned.sentences, configuration, setting.seed, questioned.pairs)
    return Measurement({**metrics, **score(vectors, questioned)}, {}, questioned.dataset)


def embed(
    sentences: Sequence[Sequence[str]],
    configuration: Counting,
    seed: int,
    pairs: Mapping[str, Pairs],
) -> tuple[Embeddings, dict[str, float | int]]:
    """Make a vector of each word, and measure what each step costs.

    Returns:
        The vectors, and the metrics `cpu_seconds` (of everything, from words to vectors),
        `..._cpu_seconds` of each step, the numbers of entries that are not zero, and how well the
        rows rank pairs of words before the SVD.
    """
    clock = [time.process_time()]
    kept = [[word for word in (*line, END) if word not in configuration.skip] for line in sentences]
    # Words by first appearance, as in the source: a vocabulary without specials.
    vocabulary = Vocabulary(dict.fromkeys(word for line in kept for word in line), ())
    ids = [vocabulary.encode(line) for line in kept]
    clock.append(time.process_time())
    counts = cooccurrence(
        ids,
        len(vocabulary),
        configuration.window,
        weighting=configuration.weighting,
        cross=configuration.cross,
    )
    clock.append(time.process_time())
    matrix = ppmi(counts, alpha=configuration.alpha, shift=configuration.shift)
    clock.append(time.process_time())
    vectors = svd_embeddings(
        matrix,
        vocabulary.tokens,
        configuration.embedding_size,
        exponent=configuration.exponent,
        method=configuration.method,
        seed=seed,
    )
    clock.append(time.process_time())
    rows = {
        f"{name}_rho_of_{what}": rho_of_rows(whole, vocabulary.index, scored)
        for name, scored in pairs.items()
        for what, whole in (("counts", counts), ("ppmi", matrix))
    }
    steps = zip(("encode", "count", "ppmi", "svd"), np.diff(clock).tolist(), strict=True)
    return vectors, {
        **rows,
        "cpu_seconds": clock[-1] - clock[0],
        **{f"{step}_cpu_seconds": seconds for step, seconds in steps},
        "vocabulary": len(vocabulary),
        "counts_nonzero": counts.nnz,
        "ppmi_nonzero": matrix.nnz,
    }


def rho_of_rows(matrix: scipy.sparse.csr_array, index: Mapping[str, int], pairs: Pairs) -> float:
    """Rank pairs by the cosines of whole rows, as long as the vocabulary, before any SVD."""
    known = known_pairs(pairs, index)
    first = matrix[[index[a] for a, _, _ in known]]
    second = matrix[[index[b] for _, b, _ in known]]
    lengths = np.sqrt(first.power(2).sum(axis=1) * second.power(2).sum(axis=1))
    cosines = first.multiply(second).sum(axis=1) / np.where(lengths == 0, 1, lengths)
    return rank_correlation([score for _, _, score in known], cosines)


def score(vectors: Embeddings, questioned: QuestionedText) -> dict[str, float | int]:
    """Ask the vectors: rank correlations, analogies, and the neighbors of the source's four words.

    A neighbor becomes a metric `cosine_WORD_NEIGHBOR`.
    """
    metrics: dict[str, float | int] = {}
    for name, pairs in questioned.pairs.items():
        result = score_similarity(vectors, pairs)
        metrics[f"{name}_rho"] = result.rho
        metrics[f"{name}_used"] = result.used
        metrics[f"{name}_total"] = result.total
    answers = score_analogies(vectors, questioned.analogies)
    metrics["analogy_accuracy"] = answers.accuracy
    metrics["analogies_used"] = answers.used
    metrics["analogies_total"] = answers.total
    for query in QUERIES:
        if query in vectors:
            for word, cosine in vectors.nearest(query, 5):
                metrics[f"cosine_{query}_{word}"] = cosine
    return metrics


TASK = Task(run, on_cpu=True)
