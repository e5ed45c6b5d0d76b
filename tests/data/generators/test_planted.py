"""The planted meanings: exact counts, exact sums, and optima that a computation reaches."""

import time
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators import Planted
from textbook_nlp.data.generators.planted import COUPLES, NATIONS, NUMBERS


def pmi_rows(planted, window=5):
    """The rows of pointwise mutual information by word, minus infinity where nothing occurs."""
    counts = planted.cooccurrence(window)
    with np.errstate(divide="ignore"):
        rows = np.log(counts * counts.sum() / np.outer(counts.sum(1), counts.sum(0)))
    return dict(zip(planted.words, rows, strict=True))


def test_expected_counts_equal_counts_in_a_sample():
    planted, n = Planted(), 20_000
    index = {word: i for i, word in enumerate(planted.words)}
    for window in (1, 2, 5):
        expected = planted.cooccurrence(window)
        found = np.zeros_like(expected)
        for sentence in planted.sample(n, 0):
            ids = [index[word] for word in sentence]
            for a, b in combinations(range(len(ids)), 2):
                if b - a <= window:
                    found[ids[a], ids[b]] += 1
                    found[ids[b], ids[a]] += 1
        assert (found[expected == 0] == 0).all()
        # A pair occurs at most once in a sentence ("the … the" aside), so its count is binomial.
        p = expected[expected > 0]
        z = (found[expected > 0] - n * p) / np.sqrt(n * p * (1 - np.minimum(p, 0.99)) + 1)
        assert abs(z).max() < 6
        assert 0.8 < z.std() < 1.2


@pytest.mark.parametrize("window", [2, 3, 5])
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.6])
def test_offsets_are_parallel_exactly(window, noise):
    rows = pmi_rows(Planted(noise), window)
    for grid in (NATIONS, COUPLES, NUMBERS):
        ((a, b), *_), *others = grid
        for (c, d), *_ in others:
            left, right = rows[b] + rows[c], rows[a] + rows[d]
            np.testing.assert_allclose(left, right, atol=1e-9)


def test_synonyms_have_equal_contexts_exactly_and_others_do_not():
    planted = Planted()
    rows = pmi_rows(planted)
    for one, other in combinations(planted.groups, 2):
        for word in one[1:]:
            np.testing.assert_allclose(rows[word], rows[one[0]], atol=1e-9)
        assert abs(np.exp(rows[one[0]]) - np.exp(rows[other[0]])).max() > 0.1


def test_similarities_are_overlaps_of_context_distributions():
    planted = Planted()
    for window in (1, 5):
        counts = dict(zip(planted.words, planted.cooccurrence(window), strict=True))
        scores = planted.similarities(window)
        assert len(scores) == 24 * 23 / 2
        for first, second, score in scores[::17]:
            p, q = (counts[word] / counts[word].sum() for word in (first, second))
            np.testing.assert_allclose(score, np.sqrt(p * q).sum(), rtol=1e-9)
    table = {(first, second): score for first, second, score in planted.similarities()}
    np.testing.assert_allclose(table["big", "huge"], 1.0)
    assert table["big", "small"] > table["happy", "sad"] > table["big", "sad"] > 0.0
    # What is planted equally alike ties to the last digit, or noise would rank it.
    levels = Counter(table.values())
    assert (len(levels), levels[0.7], levels[1.0]) == (8, 144, 24)


def test_the_analogies_are_a_grid():
    analogies = Planted().analogies()
    assert {name: len(questions) for name, questions in analogies.items()} == {
        "capitals": 56,
        "couples": 56,
        "plurals": 56,
    }
    assert ("france", "paris", "japan", "tokyo") in analogies["capitals"]
    assert ("child", "children", "mouse", "mice") in analogies["plurals"]
    words = set(Planted().words)
    for questions in analogies.values():
        assert len(set(questions)) == len(questions)
        assert all(len(set(question)) == 4 and words.issuperset(question) for question in questions)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_every_analogy_can_be_answered(noise):
    optimum = Planted(noise).optimum()
    assert optimum.value == 1.0
    assert (optimum.metric, optimum.kind, optimum.standard_error) == (
        "analogy_accuracy",
        "exact",
        0.0,
    )


def test_shuffled_columns_lose_the_analogies(monkeypatch):
    """The optimum is computed: without the planted sum it is not 1."""
    planted = Planted()
    wrong = {
        "couples": [("king", "queen", "bones", "sushi"), ("king", "queen", "actor", "actress")]
    }
    monkeypatch.setattr(Planted, "analogies", lambda self: wrong)
    assert planted.optimum().value == 0.5


def test_entropy_equals_monte_carlo_and_a_sum_over_frames():
    planted = Planted()
    sentences = planted.sample(5_000, 1)
    nats = np.array([-planted.pcfg.log_probability(s) for s in sentences])
    tokens = np.array([len(s) + 1 for s in sentences])
    value = planted.optimum("cross_entropy").value
    ratio = nats.sum() / tokens.sum()
    error = (nats - ratio * tokens).std() / len(nats) ** 0.5 / tokens.mean()
    assert abs(ratio - value) < 4 * error

    def entropy(p):
        p = np.array(list(p))
        return -(p * np.log(p)).sum()

    bits = entropy(frame.probability for frame in planted.frames)
    length = 0.0
    for probability, slots in planted.frames:
        bits += probability * sum(entropy(slot.values()) for slot in slots)
        length += probability * (len(slots) + 1)
    np.testing.assert_allclose(value, bits / length)
    np.testing.assert_allclose(planted.optimum("perplexity").value, np.exp(value))


def test_every_sentence_comes_from_one_frame():
    """Two derivations of a sentence would spoil the entropy."""
    planted = Planted()
    for sentence in planted.sample(1_000, 2):
        fits = [
            frame
            for frame in planted.frames
            if len(frame.slots) == len(sentence)
            and all(word in slot for word, slot in zip(sentence, frame.slots, strict=True))
        ]
        assert len(fits) == 1
    np.testing.assert_allclose(sum(frame.probability for frame in planted.frames), 1.0)


def test_a_word_keeps_to_its_place():
    places = {}
    for frame in Planted(0.3).frames:
        for place, slot in enumerate(frame.slots):
            np.testing.assert_allclose(sum(slot.values()), 1.0)
            for word in slot:
                places.setdefault(word, set()).add((len(frame.slots), place))
    assert {word for word, found in places.items() if len(found) > 1} == {"the"}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 12), st.floats(0.0, 0.99))
def test_any_parameters_give_sentences(seed, n, noise):
    planted = Planted(noise)
    sentences = planted.sample(n, seed)
    assert sentences == planted.sample(12, seed)[:n]
    assert {len(sentence) for sentence in sentences} <= {5, 6}
    assert {word for sentence in sentences for word in sentence} <= set(planted.words)


def test_the_sample_is_the_one_recorded():
    assert [" ".join(sentence) for sentence in Planted().sample(3, 0)] == [
        "we followed the quick tractor once",
        "you noticed the tiny room yesterday",
        "you met the sad crowd there",
    ]


def test_it_is_fast():
    start = time.process_time()
    sentences = Planted().sample(10_000, 0)
    assert time.process_time() - start < 1.0
    counts = Counter(word for sentence in sentences for word in sentence)
    assert set(counts) == set(Planted().words)
    assert counts.most_common(1)[0][0] == "the"


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"noise is 1\.5, expected a probability"):
        Planted(1.5)
    with pytest.raises(ValueError, match=r"noise is 1\.0: then no context tells"):
        Planted(1.0)
    with pytest.raises(ValueError, match="n is -1"):
        Planted().sample(-1, 0)
    with pytest.raises(ValueError, match="window is 0, expected an integer of at least 1"):
        Planted().cooccurrence(0)


@pytest.mark.usefixtures("shapes_unchecked")
def test_an_unknown_metric():
    with pytest.raises(ValueError, match="metric is 'bits', expected 'analogy_accuracy'"):
        Planted().optimum("bits")
