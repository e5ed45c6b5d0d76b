"""Word vectors by counting: row 11's pipeline, and each of its steps against another way to do it.

Everything is CPU time on one thread, the smallest of several runs that take turns, on the training
part of the Penn Treebank (on generated headlines where that is missing):

- the whole pipeline, from words to vectors of 100 numbers, faithful and ours;
- counting against the loop over windows;
- PPMI against the loop over all cells, on the most frequent words alone, since that loop takes
  minutes on all, and against a dense NumPy computation, on more of them;
- the truncated SVD against scikit-learn's `randomized_svd` (five rounds each: neither has converged
  then) and SciPy's `svds`, on everything.

Results are compared before they are timed.

    TEXTBOOK_NLP_DATA=/path/to/data python benchmarks/counts.py
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import time
from collections import Counter

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import svds
from sklearn.utils.extmath import randomized_svd

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora.errors import DataUnavailable
from textbook_nlp.data.generators import Headlines
from textbook_nlp.lab.experiments.ptb_counts import FAITHFUL, OURS
from textbook_nlp.lab.tasks.counted_vectors import embed
from textbook_nlp.vectors import cooccurrence, ppmi, truncated_svd

LOOPED, DENSE, RUNS = 400, 4_000, 3


def corpus():
    """Return the name of the text and its sentences."""
    try:
        return "Penn Treebank", corpora.load("ptb").train
    except DataUnavailable:
        texts = Headlines().sample(40_000, seed=0).texts
        return "generated headlines", [text.lower().split() for text in texts]


def count_loop(sentences, window):
    """Count pairs one by one."""
    counts = Counter()
    for sentence in sentences:
        for t, word in enumerate(sentence):
            context = sentence[max(t - window, 0) : t] + sentence[t + 1 : t + 1 + window]
            counts.update((word, other) for other in context)
    return counts


def ppmi_loop(counts, eps=1e-8):
    """The source's form: a logarithm for each cell, in Python."""
    result = np.zeros_like(counts)
    total, sums = counts.sum(), counts.sum(axis=0)
    for i in range(len(counts)):
        for j in range(len(counts)):
            ratio = counts[i, j] * total / (sums[i] * sums[j])
            result[i, j] = max(0, np.log2(ratio + eps))
    return result


def ppmi_dense(counts, eps=1e-8):
    """The same in one line of NumPy."""
    sums = counts.sum(axis=0)
    return np.maximum(0, np.log2(counts * counts.sum() / np.outer(sums, sums) + eps))


def seconds(*jobs):
    """Return the smallest CPU time of several runs of each job, the jobs taking turns."""
    best = [float("inf")] * len(jobs)
    for _ in range(RUNS):
        for i, job in enumerate(jobs):
            start = time.process_time()
            job()
            best[i] = min(best[i], time.process_time() - start)
    return best


def report(what, ours, other, theirs):
    """Print both times and the ratio."""
    print(f"{what:10s} ours {ours:8.4f}   {other:24s} {theirs:8.4f}   x {theirs / ours:8.1f}")


def whole(sentences):
    """Time the pipeline."""
    for name, configuration in (("faithful", FAITHFUL), ("ours", OURS)):
        runs = [embed(sentences, configuration, 0, {})[1] for _ in range(RUNS)]
        best = min(runs, key=lambda metrics: metrics["cpu_seconds"])
        steps = ", ".join(
            f"{step} {best[f'{step}_cpu_seconds']:.2f}"
            for step in ("encode", "count", "ppmi", "svd")
        )
        print(f"{name:10s} {best['cpu_seconds']:.2f} CPU s from words to vectors ({steps})")


def main():
    """Compare results, then time."""
    name, sentences = corpus()
    index = {word: i for i, word in enumerate(dict.fromkeys(w for s in sentences for w in s))}
    ids = [[index[word] for word in sentence] for sentence in sentences]
    V = len(index)
    print(f"{name}: {sum(map(len, ids)):,} words, V = {V:,}; CPU seconds, one thread")
    whole(sentences)
    counts = cooccurrence(ids, V, 2)
    looped = count_loop(ids, 2)
    assert counts.nnz == len(looped)
    assert all(counts[pair] == number for pair, number in list(looped.items())[:1000])
    report("counting", *_pair(lambda: cooccurrence(ids, V, 2), "loop", lambda: count_loop(ids, 2)))
    order = np.argsort(-counts.sum(axis=1))
    for size, other, job in ((LOOPED, "loop", ppmi_loop), (DENSE, "dense NumPy", ppmi_dense)):
        part = counts[order[:size]][:, order[:size]]
        dense = part.toarray()
        np.testing.assert_allclose(ppmi(part).toarray(), job(dense))
        times = _pair(lambda part=part: ppmi(part), other, lambda job=job, dense=dense: job(dense))
        report("PPMI", *times)
        print(f"{'':10s} of the {part.shape[0]:,} most frequent words, {part.nnz:,} entries")
    matrix = ppmi(counts)
    k = min(100, V // 2)
    print(f"PPMI of all {V:,} words, {matrix.nnz:,} entries, and {k} directions:")
    exact = truncated_svd(matrix, k)
    theirs = svds(scipy.sparse.csr_array(matrix), k, v0=np.ones(V))
    np.testing.assert_allclose(exact.S, theirs[1][::-1], rtol=1e-6)

    def randomized():
        return truncated_svd(matrix, k, method="randomized", oversampling=10, iterations=5)

    def scikit():
        return randomized_svd(matrix, n_components=k, n_iter=5, random_state=0)

    for who, S in (("ours", randomized().S), ("randomized_svd", scikit()[1])):
        print(f"{'':10s} largest error of a singular value, {who}: {np.max(1 - S / exact.S):.3f}")
    report("SVD", *_pair(randomized, "randomized_svd", scikit))
    report("SVD exact", *_pair(lambda: truncated_svd(matrix, k), "svds", lambda: svds(matrix, k)))


def _pair(ours, other, theirs):
    """Time two jobs in turns."""
    mine, yours = seconds(ours, theirs)
    return mine, other, yours


if __name__ == "__main__":
    main()
