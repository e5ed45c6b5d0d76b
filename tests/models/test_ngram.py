"""The n-gram models against a direct computation with dictionaries, and what must hold of any."""

from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from textbook_nlp.models.ngram import NGram
from textbook_nlp.models.smoothing import AddK, Interpolation, KneserNey, WittenBell
from textbook_nlp.training import (
    bptt_batches,
    generate,
    greedy,
    perplexity,
    sample,
)

V = 5
TEXTS = st.lists(st.integers(0, V - 1), min_size=5, max_size=60)
ORDERS = st.integers(1, 5)
BOUNDARIES = st.sampled_from([None, 0])
SMOOTHINGS = st.one_of(
    st.builds(AddK, st.floats(0.001, 2.0)),
    st.builds(Interpolation, st.floats(0.01, 0.99)),
    st.just(WittenBell()),
    st.builds(lambda d: KneserNey(discount=d), st.floats(0.01, 0.99)),
)


def whole(run, boundary):
    """Whether a run of tokens has no boundary but at its ends."""
    return boundary not in run[1:-1]


def fitted(text, V, order, smoothing, boundary=None):
    """The model of a text that has a run of that order."""
    runs = [text[i : i + order] for i in range(len(text) - order + 1)]
    assume(any(whole(run, boundary) for run in runs))
    return NGram.fit(np.array(text), V, order, smoothing, boundary)


class Direct:
    """An n-gram model as its formulas stand: dictionaries, a run and a token at a time."""

    def __init__(self, text, V, order, smoothing, boundary=None):
        self.V, self.order, self.smoothing, self.boundary = V, order, smoothing, boundary
        runs = [
            tuple(text[i : i + n])
            for n in range(1, order + 1)
            for i in range(len(text) - n + 1)
            if whole(text[i : i + n], boundary)
        ]
        self.counts = Counter(runs)
        self.before = defaultdict(set)
        for run in runs:
            self.before[run[1:]].add(run[0])

    def count(self, run):
        if (
            isinstance(self.smoothing, KneserNey)
            and len(run) < self.order
            and self.before[run] != set()
        ):
            return len(self.before[run])
        return self.counts[run]

    def probability(self, context, token):
        n = len(context) + 1
        after = {t: self.count((*context, t)) for t in range(self.V) if self.count((*context, t))}
        total, types = sum(after.values()), len(after)
        here = after.get(token, 0)
        kind = type(self.smoothing)
        if kind is AddK:
            if n < self.order or not total:
                return 1 / self.V
            return (here + self.smoothing.k) / (total + self.smoothing.k * self.V)
        lower = self.probability(context[1:], token) if context else 1 / self.V
        if not total:
            return lower
        if kind is Interpolation:
            return self.smoothing.weight * here / total + (1 - self.smoothing.weight) * lower
        if kind is WittenBell:
            return (here + types * lower) / (total + types)
        off = self.smoothing.discounts(np.array(list(self.level(n))), n)
        taken = sum(off[min(c, 3)] for c in after.values())
        return (here - off[min(here, 3)] + taken * lower) / total

    def level(self, n):
        return (self.count(run) for run in list(self.counts) if len(run) == n)

    def after(self, text):
        """The context of the token that comes after a text."""
        context = tuple(text[max(0, len(text) - self.order + 1) :])
        for i in reversed(range(len(context))):
            if context[i] == self.boundary:
                return context[i:]
        return context


@settings(max_examples=200)
@given(TEXTS, TEXTS, ORDERS, SMOOTHINGS, BOUNDARIES)
def test_every_probability_equals_the_direct_computation(text, other, order, smoothing, boundary):
    model = fitted(text, V, order, smoothing, boundary)
    direct = Direct(text, V, order, smoothing, boundary)
    expected = [direct.probability(direct.after(other[:i]), other[i]) for i in range(1, len(other))]
    np.testing.assert_allclose(np.exp(model.log_probabilities(np.array(other))), expected)
    contexts = [other[:3], other[1:4]]
    np.testing.assert_allclose(
        model.probabilities(np.array(contexts)),
        [[direct.probability(direct.after(c), t) for t in range(V)] for c in contexts],
    )


def rare(seed, N=3000):
    """A text of many rare tokens, as in language."""
    return np.random.default_rng(seed).zipf(1.6, N) % 97


@pytest.mark.parametrize("boundary", [None, 0])
@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_estimated_discounts_give_what_the_formulas_give(modified, order, boundary):
    text, other = rare(order), rare(9, 30)
    model = NGram.fit(text, 97, order, KneserNey(modified), boundary)
    direct = Direct(text.tolist(), 97, order, KneserNey(modified), boundary)
    other = other.tolist()
    expected = [direct.probability(direct.after(other[:i]), other[i]) for i in range(1, 30)]
    np.testing.assert_allclose(np.exp(model.log_probabilities(np.array(other))), expected)


def test_the_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([1, 2, 3, 4, 9], [40, 15, 8, 5, 3])
    Y = 40 / (40 + 2 * 15)
    np.testing.assert_allclose(KneserNey().discounts(counts, 2), [0, Y, Y, Y])
    three = [1 - 2 * Y * 15 / 40, 2 - 3 * Y * 8 / 15, 3 - 4 * Y * 5 / 8]
    np.testing.assert_allclose(KneserNey(modified=True).discounts(counts, 2), [0, *three])


def test_an_example_on_paper():
    text = np.array([0, 1, 0, 2, 0, 1])  # a b a c a b
    after_a = NGram.fit(text, 3, 2, AddK(0)).probabilities(np.array([[0]]))
    np.testing.assert_allclose(after_a, [[0, 2 / 3, 1 / 3]])
    after_a = NGram.fit(text, 3, 2, AddK(1)).probabilities(np.array([[0]]))
    np.testing.assert_allclose(after_a, [[1 / 6, 3 / 6, 2 / 6]])
    # Runs of one, by what precedes them: a after b and c, b after a, c after a.
    model = NGram.fit(text, 3, 2, KneserNey(discount=0.6))
    ones = np.array([2 - 0.6, 1 - 0.6, 1 - 0.6]) / 4 + 1.8 / 4 / 3
    after_a = np.array([0, 2 - 0.6, 1 - 0.6]) / 3 + 1.2 / 3 * ones
    np.testing.assert_allclose(model.probabilities(np.array([[0]])), [after_a])


@settings(max_examples=50)
@given(TEXTS, ORDERS, SMOOTHINGS, BOUNDARIES, st.data())
def test_distributions_sum_to_one(text, order, smoothing, boundary, data):
    model = fitted(text, V, order, smoothing, boundary)
    tokens = st.integers(-1, V - 1)
    K = data.draw(st.integers(0, 6))
    row = st.lists(tokens, min_size=K, max_size=K)
    contexts = np.array(data.draw(st.lists(row, min_size=1, max_size=4)), int)
    p = model.probabilities(contexts)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (p >= 0).all()


@settings(max_examples=50)
@given(TEXTS, TEXTS, ORDERS, SMOOTHINGS, BOUNDARIES, st.integers(1, 7))
def test_reading_in_blocks_is_one_continuous_pass(text, other, order, smoothing, boundary, T):
    model = fitted(text, V, order, smoothing, boundary)
    state, read = None, []
    for ids, targets in bptt_batches(np.array(other), 1, T):
        logits, state = model(ids, state)
        read += logits[0].gather(1, targets.T)[:, 0].tolist()
    np.testing.assert_allclose(read, model.log_probabilities(np.array(other)))


@given(ORDERS, TEXTS)
def test_a_uniform_model_has_the_perplexity_v(order, text):
    model = NGram.fit(np.arange(V), V, 1, KneserNey(discount=0.5))  # each token once
    np.testing.assert_allclose(perplexity(model.cross_entropy(np.array(text))), V)
    knows_nothing = NGram.fit(np.array(text), V, order, AddK(1e12))
    np.testing.assert_allclose(perplexity(knows_nothing.cross_entropy(np.array(text))), V)


def test_nobody_predicts_a_text_better_than_its_own_shares():
    text = rare(0)
    plain = NGram.fit(text, 97, 2, AddK(0))
    others = [AddK(0.1), Interpolation(), WittenBell(), KneserNey(discount=0.5)]
    assert all(
        plain.cross_entropy(text) < NGram.fit(text, 97, 2, smoothing).cross_entropy(text)
        for smoothing in others
    )


def test_what_the_text_does_not_hold_is_impossible_without_smoothing():
    model = NGram.fit(np.array([0, 1, 0, 1]), 3, 2, AddK(0))
    assert model.cross_entropy(np.array([0, 2])) == np.inf
    assert perplexity(model.cross_entropy(np.array([0, 2]))) == np.inf


def test_no_context_reaches_over_a_boundary():
    text = rare(3)
    model = NGram.fit(text, 97, 4, WittenBell(), boundary=7)
    contexts = np.array([[1, 2, 7], [5, 4, 7], [-1, -1, 7]])
    rows = model.probabilities(contexts)
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])
    across = NGram.fit(text, 97, 4, WittenBell()).probabilities(np.array([text[:3], text[3:6]]))
    assert (across[0] != across[1]).any()


def test_it_writes_what_it_has_read():
    text = np.array([0, 1, 2, 3] * 10)
    model = NGram.fit(text, 4, 3, KneserNey(discount=0.5))
    written = generate(model, torch.tensor([[0, 1], [2, 3]]), steps=5)
    assert written.tolist() == [[2, 3, 0, 1, 2], [0, 1, 2, 3, 0]]
    drawn = generate(
        model,
        torch.zeros(1, 1, dtype=torch.long),
        steps=400,
        choose=sample(1.0, torch.Generator().manual_seed(0)),
    )
    shares = np.bincount(drawn[0].numpy(), minlength=4) / 400
    np.testing.assert_allclose(shares, 0.25, atol=0.1)
    assert greedy(model(torch.tensor([[1]]))[0][:, -1]).item() == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0], 2), ValueError, "1 tokens; a run of 2"),
        (([0, 1, 0], 2, 4), ValueError, "lower the order"),
        (([1, 0, 0, 1], 2, 3, AddK(), 0), ValueError, "no sentence has a run of 3"),
        (([], 2, 1), TypeError, "expected integers"),
        (([0, 1], 2, 0), ValueError, "order is 0"),
        (([0, 2], 2), ValueError, "0 to 1"),
        (([-1, 0], 2), ValueError, "0 to 1"),
        (([0.0, 1.0], 2), TypeError, "float64"),
        (([[0, 1]], 2), TypeError, r"\(1, 2\)"),
        (([0, 1], 2, 2, AddK(), 2), ValueError, "boundary is 2"),
        (([0, 1, 0], 2, 2, KneserNey()), ValueError, r"KneserNey\(discount=0.75\)"),
    ],
)
def test_bad_texts_are_refused(shapes_unchecked, arguments, error, message):
    ids, *rest = arguments
    with pytest.raises(error, match=message):
        NGram.fit(np.array(ids), *rest)


def test_bad_questions_are_refused(shapes_unchecked):
    model = NGram.fit(np.array([0, 1, 0]), 2)
    with pytest.raises(ValueError, match="1 tokens"):
        model.cross_entropy(np.array([0]))
    with pytest.raises(ValueError, match="0 to 1"):
        model.cross_entropy(np.array([0, 2]))
    with pytest.raises(ValueError, match="or -1"):
        model.probabilities(np.array([[-2]]))
    with pytest.raises(TypeError, match="a row for each context"):
        model.probabilities(np.array([0]))
    ids = torch.zeros(2, 3, dtype=torch.int64)
    for wrong in (ids[:, :0], ids[0]):
        with pytest.raises(ValueError, match=r"expected \(B, T\), T at least 1"):
            model(wrong)
    for state in (ids[:1, :1], ids):
        with pytest.raises(ValueError, match="what an earlier call returned"):
            model(ids, (state,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AddK(-1), "at least 0"),
        (lambda: AddK(float("nan")), "at least 0"),
        (lambda: Interpolation(1.0), r"\(0, 1\)"),
        (lambda: KneserNey(discount=0), r"\(0, 1\)"),
        (lambda: KneserNey(modified=True, discount=0.5), "three discounts"),
        (
            lambda: KneserNey(modified=True).discounts(np.repeat([1, 2, 3, 4], [2, 3, 9, 20]), 2),
            "one",
        ),
    ],
)
def test_bad_smoothings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
