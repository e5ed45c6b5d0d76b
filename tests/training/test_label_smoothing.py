"""Label smoothing by its definition, and in the losses that take it."""

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from textbook_nlp.models import Transformer, TransformerLanguageModel
from textbook_nlp.training import (
    evaluate,
    next_token_loss,
    seq2seq_loss,
    smoothed_cross_entropy,
    whole_text_loss,
)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_by_definition(smoothing):
    logits = torch.randn(6, 5).double().requires_grad_()
    targets = torch.tensor([0, 4, 2, -100, 1, -100])
    real = targets != -100
    wanted = (1 - smoothing) * F.one_hot(targets[real], 5) + smoothing / 5
    expected = -(wanted * logits[real].log_softmax(dim=1)).sum() / 4
    found = smoothed_cross_entropy(logits, targets, smoothing)
    torch.testing.assert_close(found, expected)
    (gradient,) = torch.autograd.grad(found, logits)
    torch.testing.assert_close(gradient[real], (logits[real].softmax(dim=1) - wanted) / 4)
    assert not gradient[~real].any()


def test_the_losses_smooth_their_targets_if_asked():
    model, both = TransformerLanguageModel(7, 8, 2, 1), Transformer(7, 7, 8, 2, 1)
    inputs, targets = torch.randint(1, 7, (2, 3, 5))
    targets[0, 3:] = 0
    flat = targets.flatten()
    logits = model(inputs)[0].flatten(0, 1)
    for smoothing in (0.0, 0.2):
        options = {"smoothing": smoothing, "padding_id": 0}
        expected = smoothed_cross_entropy(logits, flat, **options)
        torch.testing.assert_close(
            whole_text_loss(model, (inputs, targets), **options), (expected, 13)
        )
        found = next_token_loss(model, (inputs, targets), **options)
        torch.testing.assert_close(found[:2], (expected, 13))
        scores, _ = both(targets[:, :-1], both.read(inputs))
        expected = smoothed_cross_entropy(scores.flatten(0, 1), targets[:, 1:].flatten(), **options)
        torch.testing.assert_close(seq2seq_loss(both, (inputs, targets), **options)[0], expected)


def test_texts_that_begin_in_their_batch_leave_no_state():
    model = TransformerLanguageModel(7, 8, 2, 1)
    batches = [tuple(torch.randint(7, (2, 2, 5))) for _ in range(3)]
    alone = [evaluate(model, [batch], whole_text_loss) for batch in batches]
    together = evaluate(model, batches, whole_text_loss)
    assert together == pytest.approx(sum(alone) / 3)
    assert evaluate(model, batches, next_token_loss) != pytest.approx(together)


def test_a_smoothing_that_is_no_share_is_refused():
    model = TransformerLanguageModel(7, 8, 2, 1)
    ids = torch.randint(7, (2, 3))
    for loss in (next_token_loss, whole_text_loss):
        with pytest.raises(ValueError, match="smoothing is 1.0; expected a share"):
            partial(loss, smoothing=1.0)(model, (ids, ids))
