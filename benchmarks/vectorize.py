"""Hashing and tf–idf in Python and NumPy against scikit-learn, whose inner loops are in C.

Both turn the 25,000 training reviews of IMDB into a sparse matrix (generated reviews where those
are missing): by hashing into 2^20 columns, and by a vocabulary with tf–idf weights; first with
scikit-learn's words, then with pairs of words added, then each with its own default words. With
equal words the matrices are checked to be equal before anything is timed. What is compared is CPU
time on one thread, of several runs that take turns: the smallest and the median of each, and the
ratios of both.

    TEXTBOOK_NLP_DATA=/path/to/data python benchmarks/vectorize.py
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import statistics
import time

from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

from textbook_nlp.bags import BagOfWords, TfIdf, hashed_bag
from textbook_nlp.data import corpora
from textbook_nlp.data.corpora.errors import DataUnavailable
from textbook_nlp.data.generators import Reviews
from textbook_nlp.text import PatternTokenizer, WordTokenizer

WIDTH, RUNS = 2**20, 3


def corpus():
    """Return the name of the texts, and the texts."""
    try:
        return "IMDB, training part", corpora.load("imdb").train.texts
    except DataUnavailable:
        return "generated reviews", Reviews().sample(100_000, seed=0).texts


def hashed(texts, tokenize, ngrams):
    """Hash, ours."""
    return hashed_bag(texts, WIDTH, tokenize, ngrams)


def weighed(texts, tokenize, ngrams):
    """Count and weigh, ours."""
    counts = BagOfWords.fit(texts, tokenize, ngrams).counts(texts)
    return TfIdf.fit(counts).weigh(counts)


def their_hashed(texts, ngrams):
    """Hash, theirs."""
    return HashingVectorizer(n_features=WIDTH, ngram_range=ngrams).transform(texts)


def their_weighed(texts, ngrams):
    """Count and weigh, theirs."""
    return TfidfVectorizer(ngram_range=ngrams).fit_transform(texts)


def seconds(*jobs, runs):
    """Return the CPU times of each job, the jobs taking turns."""
    times = [[] for _ in jobs]
    for _ in range(runs):
        for job, spent in zip(jobs, times, strict=True):
            start = time.process_time()
            job()
            spent.append(time.process_time() - start)
    return times


def report(what, ours, theirs):
    """Print a row: the smallest and the median of both, and the ratios."""
    cells = [(min(t), statistics.median(t)) for t in (ours, theirs)]
    cells.append(tuple(a / b for a, b in zip(*cells, strict=True)))
    row = "".join(f"{low:9.2f} / {middle:5.2f}" for low, middle in cells)
    print(f"{what:32s}{row}", flush=True)


def main():
    """Compare results, then time."""
    name, texts = corpus()
    print(f"{name}: {len(texts):,} texts, one thread, CPU seconds (smallest / median of runs)")
    same, own = PatternTokenizer().tokenize, WordTokenizer().tokenize
    jobs = {"hashing": (hashed, their_hashed), "tf-idf": (weighed, their_weighed)}
    for ours, theirs in jobs.values():
        for ngrams in ((1, 1), (1, 2)):
            difference = abs(ours(texts, same, ngrams) - theirs(texts, ngrams))
            assert difference.max() < 1e-12
    print(f"{'':32s}{'ours':>17s}{'scikit-learn':>17s}{'ratio':>17s}")
    for label, tokenize, ngrams, runs in (
        ("same words", same, (1, 1), RUNS),
        ("own words", own, (1, 1), RUNS),
        ("same words and pairs", same, (1, 2), 1),
    ):
        for what, (ours, theirs) in jobs.items():
            times = seconds(
                lambda ours=ours, t=tokenize, n=ngrams: ours(texts, t, n),
                lambda theirs=theirs, n=ngrams: theirs(texts, n),
                runs=runs,
            )
            report(f"{what}, {label}", *times)


if __name__ == "__main__":
    main()
