"""Losses and measures against their definitions, and their mean over any batches."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.models.question_generator import QuestionGenerator
from textbook_nlp.models.transformer import Transformer, TransformerLanguageModel
from textbook_nlp.training import (
    accuracy,
    bptt_batches,
    class_cross_entropy,
    classes,
    classification_accuracy,
    classification_loss,
    evaluate,
    evaluating,
    exact_match,
    fit,
    labeled_batches,
    next_token_loss,
    perplexity,
    question_loss,
    seq2seq_loss,
    smoothed_cross_entropy,
)


def test_one_logit_equals_two_of_which_one_is_zero():
    logits, labels = torch.randn(7, 1).double(), torch.randint(2, (7,))
    two = torch.cat([torch.zeros(7, 1), logits], dim=1)
    torch.testing.assert_close(
        class_cross_entropy(logits, labels), class_cross_entropy(two, labels)
    )
    probability = logits[:, 0].sigmoid()
    expected = -torch.where(labels == 1, probability, 1 - probability).log().mean()
    torch.testing.assert_close(class_cross_entropy(logits, labels), expected)
    torch.testing.assert_close(class_cross_entropy(two, labels), F.cross_entropy(two, labels))


def test_a_certain_and_wrong_classifier_has_a_finite_loss():
    loss = class_cross_entropy(torch.tensor([[800.0]]), torch.tensor([0]))
    torch.testing.assert_close(loss, torch.tensor(800.0))


@pytest.mark.parametrize(("K", "label"), [(1, 2), (1, -1), (3, 3)])
def test_a_label_that_is_no_class_is_refused(K, label):
    with pytest.raises(ValueError, match="expected classes from 0 to"):
        class_cross_entropy(torch.zeros(2, K), torch.tensor([0, label]))


@pytest.mark.parametrize("K", [1, 2])
def test_the_loop_trains_a_classifier_and_stops_early(K):
    torch.manual_seed(0)
    ids = torch.randint(1, 9, (300, 6))
    labels = ((ids == 3).sum(1) > (ids == 4).sum(1)).long()
    train = ids[:200], labels[:200]
    validation = labeled_batches(ids[200:], labels[200:], 50)
    model = EmbeddingClassifier(9, 4, K)
    history = fit(
        model,
        lambda epoch: labeled_batches(*train, 16, seed=0, epoch=epoch),
        classification_loss,
        torch.optim.Adam(model.parameters(), 0.03),
        epochs=200,
        validate=lambda model: evaluate(model, validation, classification_accuracy),
        higher_is_better=True,
        patience=5,
    )
    assert len(history.epochs) == history.best.number + 5 < 200
    assert evaluate(model, validation, classification_accuracy) == history.best.validation > 0.9


class FixedLogits(torch.nn.Module):
    """A language model that gives the same logits, whatever it reads."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, ids, state):
        return self.logits, state


@pytest.mark.parametrize("padding_id", [-100, 0])
def test_padded_targets_count_neither_in_the_mean_nor_in_the_number(padding_id):
    logits = torch.randn(2, 3, 5).double()
    targets = torch.tensor([[1, 4, padding_id], [2, padding_id, padding_id]])
    mean, items, _ = next_token_loss(
        FixedLogits(logits), (targets.clamp(min=0), targets), padding_id=padding_id
    )
    log_p = logits.log_softmax(-1)
    assert items == 3
    torch.testing.assert_close(
        mean.detach(), -(log_p[0, 0, 1] + log_p[0, 1, 4] + log_p[1, 0, 2]) / 3
    )


def test_zero_is_a_token_like_any_other_unless_it_is_named_as_padding():
    zeros = torch.zeros(2, 3, dtype=torch.int64)
    model = FixedLogits(torch.randn(2, 3, 5))
    assert next_token_loss(model, (zeros, zeros))[1] == 6
    with pytest.raises(ValueError, match=r"all targets are padding \(0\)"):
        next_token_loss(model, (zeros, zeros), padding_id=0)


def losses_of(targets):
    """Every loss that scores tokens, as a call with some texts and these targets."""
    ids = torch.arange(12).view(3, 4) % 5
    marked = ids > 0
    return [
        lambda **options: seq2seq_loss(Transformer(5, 5, 8, 2, 2), (ids, targets), **options),
        lambda **options: question_loss(
            QuestionGenerator(5, 3, 2), (ids, marked, targets), **options
        ),
        lambda **options: next_token_loss(
            TransformerLanguageModel(5, 8, 2, 2), (ids, targets), **options
        ),
    ]


@pytest.mark.parametrize("wrong", [-100, -1, 5])
def test_a_target_that_is_no_id_is_refused_in_the_last_column_too(wrong):
    targets = torch.ones(3, 4, dtype=torch.int64)
    targets[:2, -1] = wrong
    for loss in losses_of(targets):
        with pytest.raises(ValueError, match=f"a target is {wrong}; expected 0 to 4"):
            loss(padding_id=0)
    for loss in losses_of(targets)[:2]:
        with pytest.raises(ValueError, match=f"a target is {wrong}; expected 0 to 4"):
            loss()


def test_targets_are_integers_of_any_type():
    targets = torch.arange(12).view(3, 4) % 5
    for short, long in zip(losses_of(targets.int()), losses_of(targets), strict=True):
        found = []
        for loss in (short, long):
            torch.manual_seed(0)
            found.append(loss()[:2])
        torch.testing.assert_close(*found)


def test_targets_that_are_no_integers_are_refused(shapes_unchecked):
    for targets in (torch.ones(3), torch.ones(3).bool()):
        with pytest.raises(ValueError, match=r"targets are torch\.\w+; expected integers"):
            smoothed_cross_entropy(torch.zeros(3, 5), targets)


@given(st.integers(1, 9), st.integers(0, 2**31))
def test_padded_texts_in_any_batches_have_one_loss(B, seed):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 6, (8,), generator=generator)
    ids = torch.randint(1, 7, (8, 6), generator=generator)
    targets = torch.where(torch.arange(6) < lengths[:, None], ids, 0)
    torch.manual_seed(2)
    model = RecurrentLanguageModel(7, 3, 3).double()
    loss = partial(next_token_loss, padding_id=0)
    # Every text begins without a past, so the state must not go from batch to batch.
    alone = lambda model, batch: loss(model, batch)[:2]  # noqa: E731
    batches = list(zip(ids.split(B), targets.split(B), strict=True))
    mine = evaluate(model, batches, alone)
    log_p = model(ids)[0].log_softmax(-1)
    said = [log_p[i, t, targets[i, t]].item() for i in range(8) for t in range(lengths[i])]
    torch.testing.assert_close(mine, -sum(said) / len(said))


def test_a_uniform_model_has_the_perplexity_v():
    model, ids = RecurrentLanguageModel(50, 4, 5).double(), torch.randint(50, (200,))
    torch.nn.init.zeros_(model.affine.weight)
    loss = evaluate(model, bptt_batches(ids, 1, 35), next_token_loss)
    torch.testing.assert_close(perplexity(loss), 50.0)


def test_perplexity_of_a_uniform_guess_is_the_number_of_choices():
    torch.testing.assert_close(perplexity(math.log(50)), 50.0)
    assert perplexity(0.0) == 1
    assert perplexity(1e9) == math.inf


@pytest.mark.parametrize("bad", [-0.1, math.nan])
def test_perplexity_refuses_what_is_no_cross_entropy(bad):
    with pytest.raises(ValueError, match="at least 0"):
        perplexity(bad)


@pytest.mark.parametrize("T", [1, 7, 1000])
def test_a_stream_is_one_continuous_pass_whatever_the_pieces(T):
    torch.manual_seed(1)
    model = RecurrentLanguageModel(7, 5, 5, dropout=0.5).double().train()
    ids = torch.randint(7, (100,))
    measured = evaluate(model, bptt_batches(ids, 1, T), next_token_loss)
    assert model.training
    model.eval()
    log_p = model(ids[None, :-1])[0].log_softmax(-1)[0]
    expected = -log_p[torch.arange(99), ids[1:]].mean().item()
    torch.testing.assert_close(measured, expected)


@pytest.mark.parametrize("K", [1, 3])
@pytest.mark.parametrize("B", [1, 4, 100])
def test_every_text_counts_the_same_whatever_the_batches(K, B):
    model = EmbeddingClassifier(9, 4, K, dropout=0.5).double().train()
    ids, labels = torch.randint(9, (10, 5)), torch.randint(max(K, 2), (10,))
    batches = labeled_batches(ids, labels, B)
    nats = evaluate(model, batches, classification_loss)
    right = evaluate(model, batches, classification_accuracy)
    assert model.training
    logits = model.eval()(ids)
    scores = torch.cat([torch.zeros(10, 1), logits], 1) if K == 1 else logits
    chosen = scores.log_softmax(1)
    torch.testing.assert_close(nats, -chosen[torch.arange(10), labels].mean().item())
    assert right == int((chosen.argmax(1) == labels).sum()) / 10
    torch.testing.assert_close(classes(logits), chosen.argmax(1))


def test_equal_shares_are_equal_however_they_fall_into_batches():
    class Known(torch.nn.Linear):
        def forward(self, ids):
            return ids.double()

    def share(right_in_each_batch):
        batches = [
            (torch.ones(49, 1).long(), (torch.arange(49) < right).long())
            for right in right_in_each_batch
        ]
        return evaluate(Known(1, 1), batches, classification_accuracy)

    assert len({share([a, b, 60 - a - b]) for a in range(11, 31) for b in range(11, 20)}) == 1


def test_evaluate_puts_the_mode_back_and_records_no_gradient():
    model = EmbeddingClassifier(9, 4).eval()

    def measure(model, batch):
        assert not model.training
        assert not torch.is_grad_enabled()
        raise RuntimeError("stop")

    for mode in (True, False):
        model.train(mode)
        with pytest.raises(RuntimeError, match="stop"):
            evaluate(model, [(torch.zeros(1, 1).long(), torch.zeros(1).long())], measure)
        assert model.training is mode
    assert torch.is_grad_enabled()


def test_a_part_that_was_in_evaluation_stays_in_it():
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Dropout())
    model[1].eval()
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == [True, True, False]


def test_nothing_to_evaluate_on_is_refused():
    with pytest.raises(ValueError, match="nothing to evaluate on"):
        evaluate(EmbeddingClassifier(9, 4), [], classification_accuracy)


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
