"""The reviews: exact Bayes accuracy with and without order, one reading each, what is hard."""

import re
from collections import Counter
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators import GENERATORS, Reviews
from textbook_nlp.data.generators import reviews as module
from textbook_nlp.data.generators.reviews import ASPECTS, BLAME, PRAISE, parse, read_bag

DULL_FIRST = "The plot was dull, but the acting was great."
GREAT_FIRST = "The acting was great, but the plot was dull."


def posteriors(generator, texts):
    return (
        np.array([generator.posterior(text) for text in texts]),
        np.array([generator.bag_of_words_posterior(text) for text in texts]),
    )


@pytest.mark.parametrize(
    "generator", [Reviews(), Reviews(share=0.3, agreement=0.8, negated=0.6, contrast=0.7)]
)
def test_both_optima_equal_monte_carlo(generator):
    texts, labels = generator.sample(4_000, 1)
    optima = (generator.optimum, generator.bag_of_words_optimum)
    for posterior, optimum in zip(posteriors(generator, texts), optima, strict=True):
        best = {metric: optimum(metric).value for metric in ("accuracy", "cross_entropy")}
        right = (posterior > 0.5) == labels
        tied = np.abs(posterior - 0.5) < 1e-9
        right = np.where(tied, 0.5, right)
        nats = -np.log(np.where(labels == 1, posterior, 1 - posterior))
        for measured, metric in (
            (right, "accuracy"),
            (np.maximum(posterior, 1 - posterior), "accuracy"),
            (nats, "cross_entropy"),
        ):
            error = measured.std() / len(texts) ** 0.5
            assert abs(measured.mean() - best[metric]) < 4 * error


def test_both_posteriors_are_calibrated():
    generator = Reviews()
    texts, labels = generator.sample(4_000, 2)
    for posterior in posteriors(generator, texts):
        for low in np.arange(0.0, 1.0, 0.1):
            inside = (posterior >= low) & (posterior < low + 0.1)
            gap = labels[inside].mean() - posterior[inside].mean()
            assert abs(gap) < 4 * 0.5 / inside.sum() ** 0.5


def test_the_posterior_by_hand():
    generator = Reviews()
    np.testing.assert_allclose(generator.posterior("The plot was good."), 0.9)
    np.testing.assert_allclose(generator.posterior("The plot was not good at all."), 0.1)
    np.testing.assert_allclose(generator.posterior("The plot was good and the story was bad."), 0.5)
    odds = 9 * 9 * 12 / 2
    text = "I had read the book first. The plot was good and warm and the cast wasn't very bad. "
    text += "I would happily see it again."
    np.testing.assert_allclose(generator.posterior(text), odds / (1 + odds))


def test_order_alone_decides_a_contrast():
    generator = Reviews()
    np.testing.assert_allclose(generator.posterior(DULL_FIRST), 0.9)
    np.testing.assert_allclose(generator.posterior(GREAT_FIRST), 0.1)
    assert read_bag(DULL_FIRST) == read_bag(GREAT_FIRST)
    for text in (DULL_FIRST, GREAT_FIRST):
        np.testing.assert_allclose(generator.bag_of_words_posterior(text), 0.5)
    late, early = (
        "The cast was dull, although the plot was warm.",
        "Although the cast was dull, the",
    )
    np.testing.assert_allclose(generator.posterior(late), 0.1)
    np.testing.assert_allclose(generator.posterior(early + " plot was warm."), 0.9)


def test_a_bag_cannot_tell_which_of_two_adjectives_is_negated():
    generator = Reviews()
    good = "The plot was good and the cast was not bad."
    bad = "The plot was not good and the cast was bad."
    assert read_bag(good) == read_bag(bad)
    np.testing.assert_allclose(generator.posterior(good), 81 / 82)
    np.testing.assert_allclose(generator.posterior(bad), 1 / 82)
    np.testing.assert_allclose(generator.bag_of_words_posterior(good), 0.5)


@pytest.mark.parametrize("agreement", [0.6, 0.9])
def test_the_optima_where_they_are_known(monkeypatch, agreement):
    monkeypatch.setattr(module, "CLOSERS", module.CLOSERS[:1])
    monkeypatch.setattr(module, "SHAPES", module.SHAPES[:1])
    monkeypatch.setattr(module, "SHAPE_SHARES", (1.0,))
    monkeypatch.setattr(module, "MIXED", module.MIXED[:1])
    monkeypatch.setattr(module, "MIXED_SHARES", (1.0,))
    generator = Reviews(agreement=agreement, contrast=0.4)
    np.testing.assert_allclose(generator.optimum().value, agreement)
    np.testing.assert_allclose(
        generator.bag_of_words_optimum().value, 0.6 * agreement + 0.4 * 0.5, rtol=1e-12
    )
    entropy = -agreement * np.log(agreement) - (1 - agreement) * np.log(1 - agreement)
    np.testing.assert_allclose(generator.optimum("cross_entropy").value, entropy)
    np.testing.assert_allclose(
        generator.bag_of_words_optimum("cross_entropy").value, 0.6 * entropy + 0.4 * np.log(2)
    )


def forget():
    """Forget what was derived from the lists of words."""
    module._vocabulary.cache_clear()
    module._chances.cache_clear()


@pytest.fixture(autouse=True)
def nothing_of_other_words_stays():
    yield
    forget()


@pytest.fixture(params=[2, 3])
def few_words(monkeypatch, request):
    """As many adjectives of each polarity, so that all that can be written can be enumerated."""
    n = request.param
    for name in ("PRAISE", "BLAME", "_ZIPF"):
        monkeypatch.setattr(module, name, getattr(module, name)[:n])
    total = sum(module._ZIPF)
    monkeypatch.setattr(module, "_SHARES", [weight / total for weight in module._ZIPF])
    monkeypatch.setattr(
        module, "_PLACE", {word: where for word, where in module._PLACE.items() if where[1] < n}
    )
    forget()
    return n


def enumerated(generator, n):
    """P(verdict) of all counts of words that can be told apart, clause by clause, word by word."""
    zipf = [1 / rank for rank in range(1, n + 1)]
    clauses = []
    for praise, negated in product((0, 1), (0, 1)):
        p = generator.negated if negated else 1 - generator.negated
        for a in range(n):
            q = p * zipf[a] / sum(zipf)
            clauses.append((praise != negated, praise, negated, (a,), 0.7 * q))
            clauses += [
                (praise != negated, praise, negated, (a, b), 0.3 * q * zipf[b] / rest)
                for b in range(n)
                if b != a and (rest := sum(zipf) - zipf[a])
            ]
    agree = {True: generator.agreement, False: 1 - generator.agreement}
    found = {}
    for mixed, of, share in [(0, 1, 0.2), (0, 2, 0.4), (0, 3, 0.4), (1, 2, 0.6), (1, 3, 0.4)]:
        share *= generator.contrast if mixed else 1 - generator.contrast
        for body in product(clauses, repeat=of):
            if mixed and body[-1][0] == body[-2][0]:
                continue
            counted = [clause for i, clause in enumerate(body) if not mixed or i != of - 2]
            p = share * prod(clause[4] for clause in body)
            good = p * generator.share * prod(agree[c[0]] for c in counted)
            bad = p * (1 - generator.share) * prod(agree[not c[0]] for c in counted)
            words = sorted((clause[1], word) for clause in body for word in clause[3])
            alternatives = sum(clause[2] and len(clause[3]) == 2 for clause in body)
            key = (mixed, of, tuple(words), sum(clause[2] for clause in body), alternatives)
            found[key] = np.add(found.get(key, 0.0), (bad, good))
    return found


@pytest.mark.parametrize(
    "generator", [Reviews(), Reviews(share=0.3, agreement=0.8, negated=0.6, contrast=0.7)]
)
def test_the_optimum_of_the_counts_by_enumeration_of_all_that_can_be_written(generator, few_words):
    ends = np.array([weights for _, *weights in module.CLOSERS], float)
    ends /= ends.sum(axis=0)
    found = enumerated(generator, few_words)
    joint = np.concatenate([both * ends for both in found.values()])
    np.testing.assert_allclose(joint.sum(), 1.0)
    accuracy = generator.bag_of_words_optimum().value
    np.testing.assert_allclose(accuracy, joint.max(axis=1).sum(), rtol=1e-12)
    nats = -(joint * np.log(joint / joint.sum(axis=1, keepdims=True))).sum()
    np.testing.assert_allclose(generator.bag_of_words_optimum("cross_entropy").value, nats)
    if generator == Reviews():
        assert round(accuracy, 4) == {2: 0.8418, 3: 0.8402}[few_words]
    for text in generator.sample(300, 7).texts:
        mixed, clauses, _, _, *rest = read_bag(text).key
        words = [(0, i) for i in read_bag(text).blame] + [(1, i) for i in read_bag(text).praise]
        both = found[mixed, clauses, tuple(words), *rest] * ends[read_bag(text).end]
        np.testing.assert_allclose(generator.bag_of_words_posterior(text), both[1] / both.sum())


def test_a_word_that_comes_twice_tells_of_two_clauses():
    twice = "The ending was great and fine and the script was hardly awful. "
    assert Reviews().bag_of_words_posterior(twice + "The editing wasn't awful.") > 0.99
    np.testing.assert_allclose(
        Reviews().bag_of_words_posterior(twice + "The editing wasn't dull."), 0.5, atol=0.1
    )


def test_the_optima_of_the_counts_as_they_were_found_by_chance():
    """A million and more sampled reviews gave 0.8362 and 0.9344, to within 0.0001."""
    assert abs(Reviews().bag_of_words_optimum().value - 0.8362) < 1e-4
    free = Reviews(negated=0.0, contrast=0.0)
    assert abs(free.bag_of_words_optimum().value - 0.9344) < 1e-4


def test_without_negation_and_contrast_order_hardly_matters():
    generator = Reviews(negated=0.0, contrast=0.0)
    gap = generator.optimum().value - generator.bag_of_words_optimum().value
    assert 0.0 <= gap < 0.005
    assert 0.92 < Reviews().optimum().value < 0.94
    assert 0.82 < Reviews().bag_of_words_optimum().value < 0.85


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_where_nothing_agrees_only_the_closer_tells(share):
    generator = Reviews(share=share, agreement=0.5)
    weights = np.array([w for _, *w in module.CLOSERS], float)
    joint = weights / weights.sum(axis=0) * [1 - share, share]
    for optimum in (generator.optimum(), generator.bag_of_words_optimum()):
        np.testing.assert_allclose(optimum.value, joint.max(axis=1).sum())
        assert (optimum.kind, optimum.standard_error) == ("exact", 0.0)


def test_every_review_is_read_as_it_was_written():
    generator = Reviews(negated=0.5, contrast=0.5)
    texts = generator.sample(2_000, 3).texts
    shapes, closers, clauses = Counter(), Counter(), Counter()
    for text in texts:
        roles, said, end = parse(text)
        shapes[roles] += 1
        closers[end] += 1
        clauses.update(said)
        bag = read_bag(text)
        assert (bag.key, bag.end) == (module._counted(roles, said)[0], end)
        assert read_bag(" ".join(text.split()[::-1])) == bag
    assert set(shapes) == {*module.SHAPES, *module.MIXED}
    assert set(closers) == set(range(len(module.CLOSERS)))
    assert len(clauses) == 8


def test_the_words_are_all_words():
    generator = Reviews()
    found = Counter(
        word
        for text in generator.sample(5_000, 4).texts
        for word in re.findall(r"[\w']+", text.lower())
    )
    assert sorted(found) == generator.words
    assert 150 <= len(generator.words) <= 200
    ranked = [found[word] for word in PRAISE]
    assert ranked[0] > 20 * ranked[-1] > 0


def test_few_reviews_miss_many_adjectives():
    words = {w for text in Reviews().sample(100, 5).texts for w in text.lower().split()}
    words = {word.strip(".,") for word in words}
    missing = [word for word in (*PRAISE, *BLAME) if word not in words]
    assert len(missing) > 10


def test_the_parts_do_not_overlap():
    assert len({*PRAISE, *BLAME, *ASPECTS}) == len(PRAISE) + len(BLAME) + len(ASPECTS)
    assert len(PRAISE) == len(BLAME)
    others = " ".join(text for text, _, _ in (*module.OPENERS, *module.CLOSERS)).lower()
    others = set(re.findall(r"[\w']+", others))
    assert not others & {*PRAISE, *BLAME, *ASPECTS, *module.NEGATIONS, "or", "but", "although"}
    assert all(module._MARKS[1:])


def test_shares():
    texts, labels = Reviews().sample(4_000, 6)
    assert labels.dtype == np.int64
    assert abs(labels.mean() - 0.5) < 5 * 0.5 / 63
    contrasts = np.mean(["minor" in parse(text)[0] for text in texts])
    assert abs(contrasts - 0.3) < 5 * 0.46 / 63
    assert Reviews(share=1.0).sample(50, 0).labels.all()
    assert isinstance(GENERATORS["reviews"](), Reviews)


def test_the_sample_is_the_one_recorded():
    assert Reviews().sample(3, 0).texts == RECORDED


RECORDED = [
    "The editing was truly ponderous, although the ending was funny and fine. Save your money.",
    "We watched it on Sunday. The scenery was very boring. What a waste of an evening.",
    "I saw this film with my brother. Although the story was really stultifying, the camerawork "
    "seemed good.",
]


@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 2**40),
    st.integers(0, 12),
    *[st.floats(0.05, 0.95) for _ in range(4)],
)
def test_any_parameters_give_reviews_that_parse(seed, n, share, agreement, negated, contrast):
    generator = Reviews(share, agreement, negated, contrast)
    texts, labels = generator.sample(n, seed)
    more_texts, more = generator.sample(12, seed)
    assert texts == more_texts[:n]
    np.testing.assert_array_equal(labels, more[:n])
    for text in texts:
        assert 0.0 <= generator.posterior(text) <= 1.0
    full, bag = generator.optimum().value, generator.bag_of_words_optimum().value
    assert max(share, 1 - share) - 1e-9 <= bag <= full + 1e-9 <= 1.0 + 2e-9


def test_bad_arguments():
    for name in ("share", "agreement", "negated", "contrast"):
        with pytest.raises(ValueError, match=rf"{name} is 1\.2, expected a probability"):
            Reviews(**{name: 1.2})
    with pytest.raises(ValueError, match="n is -1"):
        Reviews().sample(-1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no such review",
        "The plot was blue.",
        "The plot was good and bad.",
        "The plot was good or great.",
        "The plot was not good and great.",
        "The plot was good, but.",
        "The plot was good. The cast was bad, but the story was good. The script was bad.",
        "The plot was good and good.",
        "The plot was good and the plot was bad.",
        "The plot was good but the plot was bad.",
        "The plot was good, but the cast was great.",
        "The plot was good. The cast was bad.",
        "The plot was good and the cast was bad and the story was bad.",
        "The plot was good. The cast was bad and the story was bad.",
        "The plot was good at all.",
        "The plot was never very good.",
        "The plot was very not good.",
        "The plot was good",
        "the plot was good.",
        "The plot was good. the cast was bad.",
        "The plot was  good.",
        "The plot was good. Save your money. Bring a pillow.",
        "Save your money. The plot was good.",
        "My sister chose this one. We watched it on Sunday. The plot was good.",
        "The plot was good. My sister chose this one.",
        "My sister chose this one.",
        "Save your money.",
    ],
)
def test_what_is_no_review_has_no_posterior(text):
    with pytest.raises(ValueError, match="is not a review of this generator"):
        Reviews().posterior(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "blue",
        "good but plot",
        "pillow friend good plot was",
        "the blue plot was good",
        "the plot was good and good",
        "the plot was good and the plot was great",
    ],
)
def test_what_is_no_bag_of_a_review(text):
    with pytest.raises(ValueError, match="is not a review of this generator"):
        Reviews().bag_of_words_posterior(text)


def test_a_review_that_only_other_settings_write():
    text = "The plot was dull, but the acting was great."
    for posterior in ("posterior", "bag_of_words_posterior"):
        with pytest.raises(ValueError, match="is not a review of this generator"):
            getattr(Reviews(contrast=0.0), posterior)(text)


@pytest.mark.usefixtures("shapes_unchecked")
def test_an_unknown_metric():
    for optimum in (Reviews().optimum, Reviews().bag_of_words_optimum):
        with pytest.raises(ValueError, match="metric is 'bits', expected 'accuracy'"):
            optimum("bits")
