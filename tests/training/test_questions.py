"""Marks and questions as losses: by hand, together, with padding, and what they refuse."""

import pytest
import torch
from torch.nn import functional as F

from textbook_nlp.models import QuestionGenerator
from textbook_nlp.training import ask, evaluate, likeliest_span, marking_loss, question_loss

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


def test_a_mark_on_padding_is_refused(model, batch):
    batch[0][1, 3] = 0
    for loss in (marking_loss, question_loss):
        with pytest.raises(ValueError, match="the mark at 3 of row 1 lies outside of the text"):
            loss(model, batch, padding_id=0)


def test_a_text_whose_tokens_are_all_unlikely_has_a_likeliest_span(model):
    scores = torch.tensor([[-9000.0, -9000.5, -9002, -9000.1], [-9003, -9000, -torch.inf, 0]])
    scores[1, 3] = -torch.inf
    model.mark = lambda ids, mask: scores
    asked = ask(model, torch.ones(2, 4, dtype=torch.int64), 1, steps=2, mask=scores.isfinite())
    assert asked.marked.long().tolist() == [[1, 1, 0, 0], [0, 1, 0, 0]]


def test_scores_that_show_no_likeliest_token_are_refused(model):
    for bad in ([0.0, torch.nan], [-torch.inf, -torch.inf]):
        model.mark = lambda ids, mask, row=bad: torch.tensor([[0.0, 1.0], row])
        with pytest.raises(ValueError, match="the scores of row 1 are .*NaN"):
            ask(model, torch.ones(2, 2, dtype=torch.int64), 1, steps=2)
    with pytest.raises(ValueError, match="a probability is NaN"):
        likeliest_span(torch.tensor([[0.5, torch.nan]]))
