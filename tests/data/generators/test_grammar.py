"""The agreement grammar: its optimum, its samples and its minimal pairs."""

import time
from collections import Counter
from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators import Grammar
from textbook_nlp.data.generators.grammar import NOUNS, VERB_PAIRS

SINGULAR = {a for a, _ in NOUNS}
PLURAL = {b for _, b in NOUNS}
VERBS = {form: i for pair in VERB_PAIRS for i, form in enumerate(pair)}

probability = st.floats(0.0, 1.0)
grammars = st.builds(
    Grammar,
    max_distractors=st.integers(0, 4),
    p_distractor=probability,
    p_adjective=probability,
    p_plural=probability,
    p_adverb=probability,
)


def number_of_derivations(rules, sentence):
    """Count derivations from right to left over suffixes: how often a stack can write them."""

    def count(stack, i):
        if not stack:
            return int(i == len(sentence))
        if i == len(sentence):
            return 0
        top, below = stack[0], stack[1:]
        if top not in rules:
            return count(below, i + 1) if sentence[i] == top else 0
        return sum(count((*right, *below), i) for p, right in rules[top] if p > 0.0)

    return count(("S",), 0)


def test_vocabulary_size_and_words():
    words = Grammar().words
    assert 60 <= len(words) <= 100
    assert words == sorted(set(words))
    assert set(words) == {w for s in Grammar().sample(5_000, 0) for w in s}


def test_optimum_equals_monte_carlo_within_its_standard_error():
    grammar = Grammar()
    sentences = grammar.sample(20_000, 1)
    nats = np.array([-grammar.log_probability(s) for s in sentences])
    tokens = np.array([len(s) + 1 for s in sentences])
    optimum = grammar.optimum()
    ratio = nats.sum() / tokens.sum()
    # standard error of a ratio of means (delta method)
    error = (nats - ratio * tokens).std(ddof=1) / len(nats) ** 0.5 / tokens.mean()
    assert error < 0.003
    assert abs(ratio - optimum.value) < 4 * error
    assert optimum.kind == "exact"
    assert optimum.unit == "nats per token"


def test_optimum_equals_enumeration():
    """Every order of word classes is walked; a class adds the entropy of its own words."""
    grammar = Grammar(max_distractors=2, p_adverb=0.4)
    rules = grammar.pcfg.rules
    sums = np.zeros(3)

    def walk(stack, probability, tokens, nats):
        if not stack:
            sums[:] += probability * np.array([1.0, nats - log(probability), tokens + 1])
        elif all(right[0] not in rules for _, right in rules[stack[0]]):
            choices = np.array([p for p, _ in rules[stack[0]]])
            own = -(choices * np.log(choices)).sum()
            walk(stack[1:], probability, tokens + 1, nats + own)
        else:
            for p, right in rules[stack[0]]:
                walk((*right, *stack[1:]), probability * p, tokens, nats)

    walk(("S",), 1.0, 0, 0.0)
    np.testing.assert_allclose(sums[0], 1.0)
    np.testing.assert_allclose(grammar.optimum().value, sums[1] / sums[2], rtol=1e-12)


def test_every_sentence_has_one_derivation():
    grammar = Grammar()
    rules = grammar.pcfg.rules
    assert {number_of_derivations(rules, s) for s in grammar.sample(300, 2)} == {1}


def test_perplexity_is_the_exponential_of_the_cross_entropy():
    grammar = Grammar()
    np.testing.assert_allclose(
        grammar.optimum("perplexity").value, exp(grammar.optimum("cross_entropy").value)
    )


def test_no_predictor_from_counts_beats_the_optimum():
    grammar = Grammar()
    train, test = grammar.sample(20_000, 3), grammar.sample(2_000, 4)
    pairs = Counter(p for s in train for p in pairwise(["<eos>", *s, "<eos>"]))
    left = Counter(w for s in train for w in ["<eos>", *s])
    size = len(grammar.words) + 1
    nats = [
        -log((pairs[a, b] + 0.01) / (left[a] + 0.01 * size))
        for s in test
        for a, b in pairwise(["<eos>", *s, "<eos>"])
    ]
    assert np.mean(nats) > grammar.optimum().value + 0.1


@settings(max_examples=30, deadline=None)
@given(grammars, st.integers(0, 2**32))
def test_samples_are_possible_and_agree(grammar, seed):
    for sentence in grammar.sample(20, seed):
        assert grammar.log_probability(sentence) > -np.inf
        np.testing.assert_allclose(
            sum(grammar.token_log_probabilities(sentence)), grammar.log_probability(sentence)
        )
        nouns = [w for w in sentence if w in SINGULAR | PLURAL]
        verb = next(w for w in sentence if w in VERBS)
        assert VERBS[verb] == (nouns[0] in PLURAL)
    value = grammar.optimum().value
    assert 0.0 < value < log(len(grammar.words) + 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 30))
def test_a_larger_sample_continues_a_smaller_one(seed, n):
    assert Grammar().sample(n, seed) == Grammar().sample(30, seed)[:n]


def test_seeds_differ():
    assert Grammar().sample(20, 0) != Grammar().sample(20, 1)


def test_the_sample_is_the_one_recorded():
    # A change of the stream of random numbers would change every figure of the book.
    assert [" ".join(s) for s in Grammar().sample(3, 0)] == [
        "these cabinets are lost",
        "some shelves near those books under some keys behind the box were new",
        "the cabinets hide the key",
    ]


def test_ten_thousand_sentences_take_less_than_a_second_of_cpu_time():
    grammar = Grammar()
    start = time.process_time()
    assert len(grammar.sample(10_000, 0)) == 10_000
    assert time.process_time() - start < 1.0


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 3),
    st.integers(0, 2**32),
    st.sampled_from(["opposite", "all_opposite", "same", "any"]),
)
def test_agreement_pairs(distance, seed, attractors):
    grammar = Grammar()
    for prefix, right, wrong in grammar.agreement(10, seed, distance, attractors=attractors):
        nouns = [w for w in prefix if w in SINGULAR | PLURAL]
        assert len(nouns) == distance + 1
        plural = [noun in PLURAL for noun in nouns]
        assert VERBS[right] == plural[0]
        assert VERBS[wrong] != plural[0]
        following = grammar.next_word(prefix)
        assert following[right] > 0.0
        assert wrong not in following
        if attractors == "opposite" and distance:
            assert plural[-1] != plural[0]
        if attractors == "all_opposite":
            assert all(p != plural[0] for p in plural[1:])
        if attractors == "same":
            assert len(set(plural)) == 1


def test_the_last_noun_misleads_in_the_hard_case_and_numbers_balance():
    pairs = Grammar().agreement(2_000, 0, 2)
    plural = np.mean([VERBS[pair.right] for pair in pairs])
    assert abs(plural - 0.5) < 5 * 0.5 / 2_000**0.5
    middle = [[w in PLURAL for w in p.prefix if w in SINGULAR | PLURAL] for p in pairs]
    assert {tuple(m) for m in middle} == {
        (False, False, True),
        (False, True, True),
        (True, False, False),
        (True, True, False),
    }


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_distractors": -1}, "max_distractors is -1, expected an integer of at least 0"),
        ({"p_distractor": 1.5}, "p_distractor is 1.5, expected a probability"),
        ({"p_adjective": -0.1}, "p_adjective is -0.1"),
        ({"p_plural": float("nan")}, "p_plural is nan"),
        ({"p_adverb": float("inf")}, "p_adverb is inf"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        Grammar(**parameters)


@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_arguments():
    grammar = Grammar()
    with pytest.raises(TypeError, match="max_distractors is True"):
        Grammar(max_distractors=True)
    with pytest.raises(ValueError, match="n is -1"):
        grammar.sample(-1, 0)
    with pytest.raises(ValueError, match="seed is -3"):
        grammar.sample(1, -3)
    with pytest.raises(TypeError, match=r"n is 2\.5, expected an integer"):
        grammar.sample(2.5, 0)
    with pytest.raises(ValueError, match=r"at most 3 distractors; use Grammar\(max_distractors=4"):
        grammar.agreement(1, 0, 4)
    with pytest.raises(ValueError, match="attractors is 'hard', expected 'opposite'"):
        grammar.agreement(1, 0, 1, attractors="hard")
    with pytest.raises(ValueError, match=r"p_plural is 0\.0: all nouns have one number"):
        Grammar(p_plural=0.0).agreement(1, 0, 1)
    with pytest.raises(ValueError, match="expected 'cross_entropy' or 'perplexity'"):
        grammar.optimum("bits")
