"""The headlines: exact Bayes accuracy, an unambiguous form, and what makes them hard to cut."""

import re
import time
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators import Headlines, headlines
from textbook_nlp.data.generators.headlines import parse


def test_bayes_accuracy_equals_monte_carlo():
    generator = Headlines()
    texts, sarcastic = generator.sample(20_000, 1)
    posterior = np.array([generator.posterior(text) for text in texts])
    right = (posterior > 0.5) == sarcastic
    error = right.std() / len(texts) ** 0.5
    assert abs(right.mean() - generator.optimum().value) < 4 * error
    confidence = np.maximum(posterior, 1 - posterior)
    error = confidence.std() / len(texts) ** 0.5
    assert abs(confidence.mean() - generator.optimum().value) < 4 * error
    nats = -np.log(np.where(sarcastic, posterior, 1 - posterior))
    error = nats.std() / len(texts) ** 0.5
    assert abs(nats.mean() - generator.optimum("cross_entropy").value) < 4 * error


def test_the_posterior_is_calibrated():
    generator = Headlines()
    texts, sarcastic = generator.sample(20_000, 2)
    posterior = np.array([generator.posterior(text) for text in texts])
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (posterior >= low) & (posterior < low + 0.1)
        gap = sarcastic[inside].mean() - posterior[inside].mean()
        assert abs(gap) < 4 * 0.5 / inside.sum() ** 0.5


def test_bayes_accuracy_equals_a_loop_over_all_combinations(monkeypatch):
    for slot in ("opener", "subject", "verb", "object", "closer"):
        monkeypatch.setitem(headlines.SLOTS, slot, headlines.SLOTS[slot][:3])
    generator = Headlines(share=0.3)
    expected = 0.0
    for weight, slots in (
        (0.8, ("opener", "subject", "verb", "object", "closer")),
        (0.2, ("opener", "order", "closer")),
    ):
        options = [headlines.SLOTS[slot] for slot in slots]
        totals = [np.sum([o[1:] for o in option], axis=0) for option in options]
        for choice in product(*options):
            plain, sarcastic = 0.7, 0.3
            for (_, p, s), total in zip(choice, totals, strict=True):
                plain, sarcastic = plain * p / total[0], sarcastic * s / total[1]
            expected += weight * max(plain, sarcastic)
    np.testing.assert_allclose(generator.optimum().value, expected, rtol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_without_a_difference_the_prior_is_the_best_guess(share):
    generator = Headlines(share=share, strength=0.0)
    np.testing.assert_allclose(generator.optimum().value, max(share, 1 - share))
    entropy = -sum(p * np.log(p) for p in (share, 1 - share) if p)
    np.testing.assert_allclose(generator.optimum("cross_entropy").value, entropy, atol=1e-12)


def test_strength_makes_it_easier():
    values = [Headlines(strength=s).optimum().value for s in (0.0, 0.5, 1.0)]
    assert values == sorted(values)
    assert 0.86 < values[-1] < 0.9


def test_every_headline_has_one_reading():
    """Each way to cut a text into options is tried; two ways would spoil the Bayes accuracy."""
    patterns = headlines._PATTERNS
    ordinary = ("opener", "subject", " ", "verb", " ", "object", "closer")
    meeting = [
        " ".join(words)
        for order in ((0, 1, 2), (2, 1, 0))
        for triple in product(headlines.OFFICIALS, headlines.DEEDS, headlines.ANIMALS)
        for words in [[triple[i] for i in order]]
    ]

    def readings(text, parts):
        if not parts:
            return int(not text)
        if parts[0] == " ":
            return readings(text[1:], parts[1:]) if text[:1] == " " else 0
        if parts[0] == "meeting":
            cuts = [len(m) for m in meeting if text.startswith(m)]
        else:
            cuts = [
                length
                for pattern in patterns[parts[0]]
                for length in range(len(text) + 1)
                if pattern.fullmatch(text, 0, length)
            ]
        return sum(readings(text[cut:], parts[1:]) for cut in cuts)

    for text in Headlines().sample(400, 3).texts:
        normal = text.lower().replace("’", "'")
        count = readings(normal, ordinary) + readings(normal, ("opener", "meeting", "closer"))
        assert count == 1, text


def test_order_alone_decides_a_meeting():
    generator = Headlines()
    assert generator.posterior("Mayor chased goose") < 0.2
    assert generator.posterior("Goose chased mayor") > 0.7
    assert sorted(["mayor", "chased", "goose"]) == sorted(["goose", "chased", "mayor"])


def test_the_hard_parts_of_text_are_there():
    texts = Headlines().sample(2_000, 4).texts
    for pattern in (
        "[a-z]'[a-z]",
        "[a-z]’[a-z]",
        "s[’'] ",
        r"\w-\w",
        r"\d,\d{3}",
        r"\d\.\d%",
        r"\$\d",
        r"\d+-year-old",
        "[éñï]",
        "[ÉÑÏ]",
        "—",
        ": ",
        r"\?$",
        "!$",
        "^[A-Z ]+$",
        "^[a-z ]+$",
    ):
        assert any(re.search(pattern, text) for text in texts), pattern
    counts = Counter(word for text in texts for word in text.lower().split())
    assert sum(count == 1 for count in counts.values()) > 0.4 * len(counts)


def test_case_and_apostrophes_do_not_matter_to_the_reading():
    texts = Headlines().sample(200, 5).texts
    for text in texts:
        assert parse(text.upper()) == parse(text.replace("'", "’")) == parse(text)


def test_the_share_of_sarcastic_headlines():
    assert abs(Headlines().sample(10_000, 6).sarcastic.mean() - 0.44) < 5 * 0.5 / 100
    assert Headlines(share=1.0).sample(50, 0).sarcastic.all()


def test_the_sample_is_the_one_recorded():
    assert Headlines().sample(3, 0).texts == RECORDED


RECORDED = [
    "Bramstead council still waiting for concept of Tuesday, officials say",
    "Report: squirrel evicted school principal?",
    "41 firefighters voted against 6 unread e-mails",
]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**40), st.integers(0, 12), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_any_parameters_give_headlines_that_parse(seed, n, share, strength):
    generator = Headlines(share, strength)
    texts, sarcastic = generator.sample(n, seed)
    more_texts, more = generator.sample(12, seed)
    assert texts == more_texts[:n]
    np.testing.assert_array_equal(sarcastic, more[:n])
    for text in texts:
        assert 0.0 <= generator.posterior(text) <= 1.0
    assert max(share, 1 - share) - 1e-9 <= generator.optimum().value <= 1.0 + 1e-9


def test_ten_thousand_headlines_take_less_than_a_second_of_cpu_time():
    start = time.process_time()
    assert len(Headlines().sample(10_000, 0).texts) == 10_000
    assert time.process_time() - start < 1.0


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"share is 1\.2, expected a probability"):
        Headlines(share=1.2)
    with pytest.raises(ValueError, match="strength is nan"):
        Headlines(strength=float("nan"))
    with pytest.raises(ValueError, match="n is -1"):
        Headlines().sample(-1, 0)
    with pytest.raises(ValueError, match="'no such headline' is not a headline"):
        Headlines().posterior("no such headline")


@pytest.mark.usefixtures("shapes_unchecked")
def test_an_unknown_metric():
    with pytest.raises(ValueError, match="metric is 'bits', expected 'accuracy'"):
        Headlines().optimum("bits")
