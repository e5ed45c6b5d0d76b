"""Questions: what marked tokens alone are read, padding, and that stories are learned."""

import pytest
import torch
from torch.nn import functional as F

from textbook_nlp.layers import AdditiveScore, GRUCell, LSTMCell
from textbook_nlp.models import QuestionGenerator
from textbook_nlp.training import ask, likeliest_span, next_token_loss

V, E, H = 9, 4, 3


def make(cell=GRUCell, attention=False):
    score = AdditiveScore(2 * H, 2 * H, 3) if attention else None
    return QuestionGenerator(V, E, H, cell=cell, score=score).double()


@pytest.mark.parametrize("cell", [GRUCell, LSTMCell])
def test_a_question_begins_from_the_marked_tokens_read_in_order(cell):
    model, ids = make(cell), torch.randint(V, (2, 6))
    marked = torch.zeros(2, 6, dtype=torch.bool)
    marked[0, [1, 2, 4]] = marked[1, 5] = True
    state = model.read(ids, marked)
    outputs, _ = model.reader(ids)
    for row, places in enumerate(([1, 2, 4], [5])):
        _, ((answer, *_),) = model.answer_reader(outputs[[row]][:, places])
        alone = model.start(answer)
        for found, expected in zip(state.recurrent[0], alone[0], strict=True):
            torch.testing.assert_close(found[[row]], expected)
    assert state.memory is None


@pytest.mark.parametrize("attention", [False, True])
def test_padding_moves_neither_marks_nor_questions(attention):
    model, ids = make(attention=attention), torch.randint(V, (2, 5))
    marked = F.one_hot(torch.tensor([1, 3]), 5).bool()
    padded, longer = F.pad(ids, (0, 3), value=7), F.pad(marked, (0, 3))
    mask = torch.arange(8).expand(2, -1) < 5
    scores = model.mark(padded, mask)
    torch.testing.assert_close(scores[:, :5], model.mark(ids))
    assert (scores[:, 5:] == -torch.inf).all()
    question = torch.randint(V, (2, 4))
    logits, _ = model(question, model.read(padded, longer, mask))
    torch.testing.assert_close(logits, model(question, model.read(ids, marked))[0])


def test_with_attention_the_rest_of_the_text_counts_too():
    ids, question = torch.randint(V, (1, 5)), torch.randint(V, (1, 4))
    marked = F.one_hot(torch.tensor([1]), 5).bool()
    model = make(attention=True)
    state = model.read(ids, marked)
    changed = state._replace(memory=state.memory + 0.1)
    assert (model(question, changed)[0] != model(question, state)[0]).any()


def test_both_tasks_train_one_embedding_and_every_parameter_learns():
    model, ids = make(attention=True), torch.randint(V, (3, 6))
    assert model.decoder.embedding is model.reader.embedding
    marked = torch.arange(6).expand(3, -1) % 2 == 1
    loss = F.binary_cross_entropy_with_logits(model.mark(ids), marked.double())
    question = torch.randint(V, (3, 4))
    loss = loss + next_token_loss(model, (question, question), model.read(ids, marked))[0]
    loss.backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_asking_is_marking_reading_and_writing():
    model, ids = make(), torch.randint(V, (3, 6))
    asked = ask(model, ids, 1, steps=4)
    torch.testing.assert_close(asked.probabilities, model.mark(ids).sigmoid())
    assert (asked.marked == likeliest_span(asked.probabilities)).all()
    state, token = model.read(ids, asked.marked), torch.full((3, 1), 1)
    for t in range(4):
        logits, state = model(token, state)
        token = logits[:, -1:].argmax(dim=2)
        torch.testing.assert_close(asked.questions[:, [t]], token)


def test_the_likeliest_span_goes_as_far_as_tokens_are_nearly_as_likely():
    probabilities = torch.tensor(
        [[0.1, 0.5, 0.9, 0.6, 0.1, 0.8], [0.9, 0.3, 0.9, 0.1, 0.0, 0.0], [0.2] * 6]
    )
    assert likeliest_span(probabilities).long().tolist() == [
        [0, 1, 1, 1, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [1] * 6,
    ]
    assert likeliest_span(probabilities, 1.0).sum(dim=1).tolist() == [1, 1, 6]


def test_an_empty_vocabulary_is_refused():
    with pytest.raises(ValueError, match="vocabulary_size is 0"):
        QuestionGenerator(0, E, H)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m, ids, marks: m.read(ids, marks.roll(1, 0) & marks),
            "no token of row 0 is marked",
        ),
        (lambda m, ids, marks: m.read(ids, marks[:, :4]), r"mask is torch.bool of shape \(2, 4\)"),
        (lambda m, ids, marks: m.read(ids, marks.long()), "expected torch.bool"),
        (lambda m, ids, marks: m.read(ids, marks, ~marks), "the mark at 0 of row 0 lies outside"),
        (lambda m, ids, marks: m.mark(ids + V), "ids run from"),
        (lambda m, ids, marks: m.mark(ids[:, :0]), "S >= 1"),
        (lambda m, ids, marks: ask(m, ids, 1, steps=2, share=0.0), "share is 0.0"),
        (lambda m, ids, marks: likeliest_span(torch.zeros(2, 0)), r"expected \(B, S\), S >= 1"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    ids, marks = torch.randint(V, (2, 5)), F.one_hot(torch.tensor([0, 3]), 5).bool()
    with pytest.raises(ValueError, match=message):
        call(make(), ids, marks)
