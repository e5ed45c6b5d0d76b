"""The grammar machinery against enumeration and against an independent inside algorithm."""

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators.pcfg import END, Pcfg

SMALL = {
    "S": [(0.7, ("N", "V")), (0.3, ("N", "V", "N"))],
    "N": [(0.6, ("cats",)), (0.4, ("old", "cats"))],
    "V": [(0.25, ("see",)), (0.75, ("hear",))],
}
NESTED = {  # a^n b^n, which no finite memory can do
    "S": [(0.35, ("a", "S", "b")), (0.65, ("a", "b"))],
}


def enumerate_sentences(rules, symbols=("S",), probability=1.0, floor=1e-12):
    """All sentences with their probabilities, by rewriting the leftmost symbol."""
    for i, symbol in enumerate(symbols):
        if symbol in rules:
            for p, right in rules[symbol]:
                if probability * p > floor:
                    new = symbols[:i] + right + symbols[i + 1 :]
                    yield from enumerate_sentences(rules, new, probability * p, floor)
            return
    yield symbols, probability


def inside(rules, sentence, symbols=("S",)):
    """Probability that a list of symbols derives a sentence, by trying every split."""
    table = {}

    def derive(symbols, i, j):
        key = symbols, i, j
        if key not in table:
            if not symbols:
                table[key] = float(i == j)
            elif len(symbols) == 1 and symbols[0] not in rules:
                table[key] = float(j == i + 1 and sentence[i] == symbols[0])
            elif len(symbols) == 1:
                table[key] = sum(p * derive(right, i, j) for p, right in rules[symbols[0]])
            else:
                table[key] = sum(
                    derive(symbols[:1], i, k) * derive(symbols[1:], k, j)
                    for k in range(i + 1, j - len(symbols) + 2)
                )
        return table[key]

    return derive(symbols, 0, len(sentence))


@pytest.mark.parametrize("rules", [SMALL, NESTED])
def test_moments_equal_brute_force(rules):
    sentences = list(enumerate_sentences(rules))
    probabilities = np.array([p for _, p in sentences])
    np.testing.assert_allclose(probabilities.sum(), 1.0, atol=1e-10)
    entropy, length = Pcfg(rules).moments()
    np.testing.assert_allclose(entropy, -(probabilities * np.log(probabilities)).sum(), atol=1e-8)
    np.testing.assert_allclose(length, sum(p * len(s) for s, p in sentences), atol=1e-8)
    np.testing.assert_allclose(Pcfg(rules).optimum().value, entropy / (length + 1))


@pytest.mark.parametrize("rules", [SMALL, NESTED])
def test_log_probability_equals_enumeration_and_inside(rules):
    for sentence, probability in list(enumerate_sentences(rules))[:12]:
        ours = Pcfg(rules).log_probability(sentence)
        np.testing.assert_allclose(ours, log(probability), rtol=1e-12)
        np.testing.assert_allclose(exp(ours), inside(rules, sentence), rtol=1e-12)


def test_ambiguous_sentences_add_their_derivations():
    rules = {"S": [(0.5, ("A", "x")), (0.5, ("x", "A"))], "A": [(1.0, ("x",))]}
    np.testing.assert_allclose(Pcfg(rules).log_probability(["x", "x"]), 0.0)


@pytest.mark.parametrize("rules", [SMALL, NESTED])
@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_next_word_equals_enumeration(rules, steps):
    sentences = list(enumerate_sentences(rules))
    for prefix in {s[:steps] for s, _ in sentences if len(s) >= steps}:
        expected: dict[str, float] = {}
        for sentence, probability in sentences:
            if sentence[:steps] == prefix:
                word = (*sentence, END)[steps]
                expected[word] = expected.get(word, 0.0) + probability
        total = sum(expected.values())
        ours = Pcfg(rules).next_word(prefix)
        assert ours.keys() == expected.keys()
        for word, value in expected.items():
            np.testing.assert_allclose(ours[word], value / total, rtol=1e-5)


def test_impossible_sentences():
    grammar = Pcfg(SMALL)
    assert grammar.log_probability(["cats"]) == -inf
    assert grammar.log_probability(["cats", "see", "cats", "see"]) == -inf
    assert grammar.token_log_probabilities(["dogs", "see"]) == [-inf, -inf, -inf]
    with pytest.raises(ValueError, match=r"begins with 'cats cats'.*word 1"):
        grammar.next_word(["cats", "cats", "see"])
    with pytest.raises(ValueError, match="word 1"):
        Pcfg(NESTED).next_word(["a", "c"])


def test_token_log_probabilities_follow_next_word():
    sentence = ["old", "cats", "hear", "cats"]
    values = Pcfg(SMALL).token_log_probabilities(sentence)
    expected = [
        log(Pcfg(SMALL).next_word(sentence[:t])[word]) for t, word in enumerate([*sentence, END])
    ]
    np.testing.assert_allclose(values, expected, atol=1e-12)


def test_samples_have_the_probabilities_of_the_grammar():
    n = 20_000
    samples = [tuple(s) for s in Pcfg(SMALL).sample(n, np.random.default_rng(0))]
    for sentence, probability in enumerate_sentences(SMALL):
        error = (probability * (1 - probability) / n) ** 0.5
        assert abs(samples.count(sentence) / n - probability) < 5 * error, sentence


def test_words_leave_out_what_cannot_be_reached():
    rules = {**SMALL, "S": [(1.0, ("V",)), (0.0, ("N", "V"))], "X": [(1.0, ("never",))]}
    assert Pcfg(rules).words == ["hear", "see"]
    assert set(Pcfg(rules).next_word([])) == {"hear", "see"}


def test_a_word_in_a_rule_is_sampled_and_expected():
    rules = {"S": [(1.0, ("N", "and", "N"))], "N": [(1.0, ("cats",))]}
    assert Pcfg(rules).sample(1, np.random.default_rng(0)) == [["cats", "and", "cats"]]
    assert Pcfg(rules).next_word(["cats"]) == {"and": 1.0}


@settings(deadline=None)
@given(st.floats(0.01, 0.49), st.lists(st.floats(0.1, 10.0), min_size=1, max_size=5))
def test_next_word_always_sums_to_one(p, weights):
    total = sum(weights)
    rules = {
        "S": [(p, ("S1", "and", "S1")), (1 - p, ("S1",))],
        "S1": [(w / total, (f"w{i}",)) for i, w in enumerate(weights)],
    }
    grammar = Pcfg(rules)
    np.testing.assert_allclose(sum(grammar.next_word([]).values()), 1.0)
    np.testing.assert_allclose(grammar.next_word(["w0"])["and"], p)
    np.testing.assert_allclose(
        sum(exp(grammar.log_probability([f"w{i}"])) for i in range(5)), 1 - p
    )


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"A": [(1.0, ("x",))]}, "start symbol 'S' has no rules"),
        ({"S": [(0.5, ("x",))]}, "sum to 0.5"),
        ({"S": [(1.5, ("x",)), (-0.5, ("y",))]}, "non-negative"),
        ({"S": [(float("nan"), ("x",))]}, "sum to nan"),
        ({"S": [(1.0, ())]}, "'S' has an empty rule"),
        ({"S": [(0.5, ("S", "x")), (0.5, ("x",))]}, r"'S' can stand first .*\(left recursion"),
        ({"S": [(1.0, ("A",))], "A": [(0.5, ("S",)), (0.5, ("x",))]}, "left recursion"),
    ],
)
def test_faulty_grammars_are_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        Pcfg(rules)


def test_a_grammar_of_infinite_length_has_no_entropy():
    grammar = Pcfg({"S": [(0.5, ("a", "S", "S")), (0.5, ("a",))]})
    with pytest.raises(ValueError, match="expected length of a sentence is infinite"):
        grammar.moments()


def test_an_unknown_symbol_is_named():
    with pytest.raises(ValueError, match="no symbol 'Q'"):
        Pcfg(SMALL).expand("Q", iter([0.5]))
