"""Metrics: values by hand, a continuous pass over a text, and the score of a classifier."""

import math

import pytest
import torch

from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.training.batches import bptt_batches, labeled_batches
from textbook_nlp.training.metrics import (
    accuracy,
    bits,
    classes,
    exact_match,
    mean_nats,
    perplexity,
    score,
)


def test_perplexity_of_a_uniform_guess_is_the_number_of_choices():
    torch.testing.assert_close(perplexity(math.log(50)), 50.0)
    assert perplexity(0.0) == 1
    assert perplexity(1e9) == math.inf


@pytest.mark.parametrize("bad", [-0.1, math.nan])
def test_perplexity_refuses_what_is_no_cross_entropy(bad):
    with pytest.raises(ValueError, match="at least 0"):
        perplexity(bad)


def test_bits():
    torch.testing.assert_close(bits(math.log(8)), 3.0)


@pytest.mark.parametrize("T", [1, 7, 1000])
def test_mean_nats_is_one_continuous_pass_whatever_the_pieces(T):
    torch.manual_seed(1)
    model = RecurrentLanguageModel(7, 5, 5, dropout=0.5).double().train()
    ids = torch.randint(7, (100,))
    measured = mean_nats(model, bptt_batches(ids, 1, T))
    assert model.training
    model.eval()
    log_probabilities = model(ids[None, :-1])[0].log_softmax(-1)[0]
    expected = -log_probabilities[torch.arange(99), ids[1:]].mean().item()
    torch.testing.assert_close(measured, expected)


def test_mean_nats_without_batches_is_refused():
    with pytest.raises(ValueError, match="no batch"):
        mean_nats(RecurrentLanguageModel(7, 5, 5), [])


def test_accuracy_and_exact_match():
    predictions = torch.tensor([[1, 2, 3], [1, 2, 0], [0, 0, 0]])
    targets = torch.tensor([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    torch.testing.assert_close(accuracy(predictions, targets), 5 / 9)
    torch.testing.assert_close(exact_match(predictions, targets), 1 / 3)
    mask = torch.tensor([[True, True, True], [True, True, False], [False, False, False]])
    torch.testing.assert_close(accuracy(predictions, targets, mask), 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(torch.zeros(2), torch.zeros(3)), "equal shapes"),
        (lambda: accuracy(torch.zeros(0), torch.zeros(0)), "nothing counts"),
        (
            lambda: accuracy(torch.zeros(2), torch.zeros(2), torch.zeros(2, dtype=torch.bool)),
            "nothing counts",
        ),
        (
            lambda: accuracy(torch.zeros(2), torch.zeros(2), torch.ones(1, dtype=torch.bool)),
            "mask has shape",
        ),
        (lambda: exact_match(torch.zeros(0, 3), torch.zeros(0, 3)), "no row"),
        (lambda: exact_match(torch.zeros(2, 3), torch.zeros(2, 1)), "equal shapes"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes_unchecked, call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("K", [1, 3])
@pytest.mark.parametrize("B", [1, 4, 100])
def test_the_score_counts_every_text_the_same_whatever_the_batches(K, B):
    model = EmbeddingClassifier(9, 4, K, dropout=0.5).double().train()
    texts, labels = torch.randint(9, (10, 5)), torch.randint(max(K, 2), (10,))
    nats, right = score(model, labeled_batches(texts, labels, B))
    assert model.training
    logits = model.eval()(texts)
    probabilities = torch.cat([torch.zeros(10, 1), logits], 1) if K == 1 else logits
    chosen = probabilities.log_softmax(1)
    torch.testing.assert_close(nats, -chosen[torch.arange(10), labels].mean().item())
    torch.testing.assert_close(right, (chosen.argmax(1) == labels).double().mean().item())
    torch.testing.assert_close(classes(logits), chosen.argmax(1))


def test_a_score_without_batches_is_refused():
    with pytest.raises(ValueError, match="no batch"):
        score(EmbeddingClassifier(9, 4), [])
