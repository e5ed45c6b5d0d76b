"""Marks and questions as losses: by hand, together, with padding, and what they refuse."""

import pytest
import torch
from torch.nn import functional as F

from textbook_nlp.models import QuestionGenerator
from textbook_nlp.training import evaluate, marking_loss, question_loss

V = 9


@pytest.fixture
def model():
    return QuestionGenerator(V, 4, 3).double()


@pytest.fixture
def batch():
    marked = F.one_hot(torch.tensor([0, 3, 2]), 5).bool()
    return torch.randint(1, V, (3, 5)), marked, torch.randint(1, V, (3, 4))


def test_marks_cost_the_log_of_their_probability(model, batch):
    ids, marked, _ = batch
    p = model.mark(ids).sigmoid()
    mean, items = marking_loss(model, batch)
    assert items == 15
    torch.testing.assert_close(mean, -torch.where(marked, p, 1 - p).log().mean())


def test_a_question_costs_what_its_decoder_says(model, batch):
    ids, marked, question = batch
    logits, _ = model(question[:, :-1], model.read(ids, marked))
    mean, items = question_loss(model, batch)
    assert items == 9
    expected = -logits.log_softmax(2).gather(2, question[:, 1:, None]).mean()
    torch.testing.assert_close(mean, expected)
    both, _ = question_loss(model, batch, marking=3.0)
    torch.testing.assert_close(both, mean + 3 * marking_loss(model, batch)[0])


def test_padding_costs_nothing(model, batch):
    ids, marked, question = batch
    longer = F.pad(ids, (0, 2)), F.pad(marked, (0, 2)), F.pad(question, (0, 1))
    for loss in (marking_loss, lambda m, b, **o: question_loss(m, b, marking=1.0, **o)):
        expected, items = loss(model, batch)
        mean, found = loss(model, longer, padding_id=0)
        torch.testing.assert_close(mean, expected)
        assert found == items
        assert loss(model, longer)[1] > items


def test_one_reading_gives_what_two_give(model, batch):
    ids, marked, _ = batch
    mask = torch.ones_like(marked)
    mask[1, 4] = False
    scores, state = model.mark_and_read(ids, marked, mask)
    torch.testing.assert_close(scores, model.mark(ids, mask))
    torch.testing.assert_close(state.recurrent[0][0], model.read(ids, marked, mask).recurrent[0][0])


def test_evaluate_takes_either(model, batch):
    for loss in (marking_loss, question_loss):
        assert evaluate(model, [batch, batch], loss) == pytest.approx(loss(model, batch)[0].item())


@pytest.mark.usefixtures("shapes_unchecked")
def test_what_does_not_fit_is_refused(model, batch):
    ids, marked, question = batch
    with pytest.raises(ValueError, match=r"marks are torch.int64 of shape \(3, 5\)"):
        question_loss(model, (ids, marked.long(), question))
    with pytest.raises(ValueError, match=r"expected torch.bool of shape \(3, 5\)"):
        marking_loss(model, (ids, marked[:, :4], question))
    with pytest.raises(ValueError, match="one target a source"):
        question_loss(model, (ids, marked, question[:2]))
    with pytest.raises(ValueError, match="all questions are padding"):
        question_loss(model, (ids, marked, 0 * question), padding_id=0)
