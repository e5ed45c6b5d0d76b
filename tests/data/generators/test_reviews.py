"""The reviews: exact Bayes accuracy with and without order, one reading each, what is hard."""

import re
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators import GENERATORS, Reviews
from textbook_nlp.data.generators import reviews as module
from textbook_nlp.data.generators.reviews import ASPECTS, BLAME, PRAISE, bag_key, parse

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
    texts, labels = generator.sample(8_000, 1)
    optima = (generator.optimum, generator.bag_of_words_optimum)
    for posterior, optimum in zip(posteriors(generator, texts), optima, strict=True):
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
            assert abs(measured.mean() - optimum(metric).value) < 4 * error


def test_both_posteriors_are_calibrated():
    generator = Reviews()
    texts, labels = generator.sample(8_000, 2)
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
    assert bag_key(DULL_FIRST) == bag_key(GREAT_FIRST)
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
    assert bag_key(good) == bag_key(bad)
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


def test_the_bag_is_counted_over_all_orders_of_the_clauses():
    """A second way to the same value: group every body by what its parts, as a set, still tell."""
    generator = Reviews(contrast=0.0, negated=0.4)
    closers = np.array([weights for _, *weights in module.CLOSERS], float)
    closers /= closers.sum(axis=0)
    seen = {}
    for size, share in ((1, 0.2), (2, 0.4), (3, 0.4)):
        for clauses in product(product("+-", "yn", "12"), repeat=size):
            p = [share * 0.5, share * 0.5]
            for sign, negated, number in clauses:
                how = (0.4 if negated == "n" else 0.6) * (0.3 if number == "2" else 0.7)
                good = (sign == "+") != (negated == "n")
                p = [p[0] * how * (0.1 if good else 0.9), p[1] * how * (0.9 if good else 0.1)]
            tokens = "".join(
                sign * int(number)
                + ("n" if negated == "n" else "")
                + ("or" if (negated, number) == ("n", "2") else "")
                for sign, negated, number in clauses
            )
            key = (size, "".join(sorted(tokens)))
            seen[key] = np.add(seen.get(key, 0.0), p)
    expected = sum(np.max(p * closers, axis=1).sum() for p in seen.values())
    np.testing.assert_allclose(generator.bag_of_words_optimum().value, expected, rtol=1e-12)


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
        assert bag_key(text) == (*module._counted(roles, said), end)
        shuffled = text.split()[::-1]
        assert bag_key(" ".join(shuffled)) == bag_key(text)
    assert set(shapes) == {*module.SHAPES, *module.MIXED}
    assert set(closers) == set(range(len(module.CLOSERS)))
    assert len(clauses) == 8


def test_the_words_are_all_words():
    generator = Reviews()
    found = Counter(
        word
        for text in generator.sample(20_000, 4).texts
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
    texts, labels = Reviews().sample(10_000, 6)
    assert labels.dtype == np.int64
    assert abs(labels.mean() - 0.5) < 5 * 0.5 / 100
    contrasts = np.mean(["minor" in parse(text)[0] for text in texts])
    assert abs(contrasts - 0.3) < 5 * 0.46 / 100
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


@settings(max_examples=15, deadline=None)
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
        "The plot was good, but.",
        "The plot was good. The cast was bad, but the story was good. The script was bad.",
    ],
)
def test_what_is_no_review_has_no_posterior(text):
    with pytest.raises(ValueError, match="is not a review of this generator"):
        Reviews().posterior(text)


@pytest.mark.parametrize("text", ["", "blue", "good but plot", "pillow friend good plot was"])
def test_what_is_no_bag_of_a_review(text):
    with pytest.raises(ValueError, match="is not a review of this generator"):
        Reviews().bag_of_words_posterior(text)


@pytest.mark.usefixtures("shapes_unchecked")
def test_an_unknown_metric():
    for optimum in (Reviews().optimum, Reviews().bag_of_words_optimum):
        with pytest.raises(ValueError, match="metric is 'bits', expected 'accuracy'"):
            optimum("bits")
