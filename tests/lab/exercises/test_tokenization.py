"""The exercises of chapter 01: references against the package, and the facts of its cells."""

import os

import numpy as np
import pytest

from textbook_nlp.lab.exercises import tokenization as check
from textbook_nlp.text import Vocabulary, learn_merges, pad


def test_the_ids_of_exercise_1_are_the_packages():
    corpus = [
        "the",
        "goose",
        "chased",
        "the",
        "mayor",
        "and",
        "the",
        "mayor",
        "sued",
        "the",
        "goose",
    ]
    vocabulary = Vocabulary.fit([corpus], vocabulary_size=6)
    ids = vocabulary.encode(["the", "mayor", "and", "a", "goose"])
    assert check.ids(ids).state == "right"


def test_the_merges_of_exercise_5_are_the_packages():
    merges = learn_merges({"banana": 2, "bandana": 1, "ban": 3}, 3)
    assert check.merges(merges).state == "right"


def test_the_size_of_exercise_3_is_the_smallest_that_covers_the_share():
    counts = {"a": 5, "b": 40, "c": 5, "d": 30, "e": 20}
    corpus = [[word] * n for word, n in counts.items()]
    for share in (0.4, 0.69, 0.9, 1.0):
        size = check.smallest_size.function(counts, share)
        for V, enough in ((size, True), (size - 1, False)):
            known = Vocabulary.fit(corpus, vocabulary_size=V).tokens[2:]
            assert (sum(counts[word] for word in known) >= 100 * share) is enough


def test_keras_pads_as_the_chapter_says():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    rows = [[5, 6], [7, 8, 9, 10, 11]]
    stated = [[0, 0, 5, 6], [8, 9, 10, 11]]
    np.testing.assert_array_equal(keras.utils.pad_sequences(rows, maxlen=4), stated)
    np.testing.assert_array_equal(pad(rows, 4, "pre", "pre"), stated)
