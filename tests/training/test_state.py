"""States of any nesting, and the step of training that hands them on."""

import math
from typing import NamedTuple

import pytest
import torch
from torch import nn

from textbook_nlp.training import (
    SGD,
    Adam,
    AdamW,
    RMSprop,
    TrainingDiverged,
    detach,
    select,
    train_step,
)


class Pair(NamedTuple):
    h: torch.Tensor
    c: torch.Tensor


def nested(B=4, **options):
    h = torch.arange(B * 3.0).view(B, 3)
    if options:
        h.requires_grad_(**options)
    return (Pair(h * 1, h * 2), [h * 3, None], {"memory": (h * 4,)}, 7)


def leaves(state):
    pair, (third, nothing), memory, number = state
    assert type(pair) is Pair
    assert nothing is None
    assert number == 7
    return [pair.h, pair.c, third, memory["memory"][0]]


def test_detach_reaches_everywhere_and_keeps_the_values():
    state = nested(requires_grad=True)
    for cut, tensor in zip(leaves(detach(state)), leaves(state), strict=True):
        assert tensor.requires_grad
        assert not cut.requires_grad
        torch.testing.assert_close(cut, tensor.detach())
    assert detach(None) is None


@pytest.mark.parametrize(
    "index",
    [
        torch.tensor([3, 0, 0, 2, 1]),
        torch.tensor([], dtype=torch.int64),
        torch.tensor([False, True, False, True]),
    ],
)
def test_select_takes_rows_in_order_and_more_than_once(index):
    for chosen, tensor in zip(leaves(select(nested(), index)), leaves(nested()), strict=True):
        torch.testing.assert_close(chosen, tensor[index])


class Line(nn.Module):
    """y = w x + b, with one number each."""

    def __init__(self):
        super().__init__()
        self.w, self.b = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.tensor(-1.0))


def squares(model, batch):
    x, y = batch
    return ((model.w * x + model.b - y) ** 2).mean(), len(x)


@pytest.mark.parametrize("clip", [None, 1.5, 100.0])
def test_a_step_is_the_one_on_paper(clip):
    model, x, y = Line(), torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0])
    step = train_step(model, (x, y), squares, SGD(0.1).of(model.parameters()), clip=clip)
    # Errors 1 and 3: mean square 5; slopes mean(2 e x) = 10 and mean(2 e) = 4.
    norm = math.hypot(10, 4)
    factor = min(1.0, (clip or math.inf) / norm)
    torch.testing.assert_close(step.loss, 5.0)
    torch.testing.assert_close(step.gradient_norm, norm)
    assert (step.items, step.state) == (2, None)
    torch.testing.assert_close(model.w.item(), 2 - factor, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(model.b.item(), -1 - 0.4 * factor, rtol=1e-6, atol=1e-6)


def test_a_step_starts_from_fresh_gradients_and_hands_the_state_on_detached():
    model, seen = Line(), []

    def loss(model, batch, state=None):
        seen.append(state)
        state = (model.w * 1, None) if state is None else (state[0] + model.w, None)
        return state[0] * batch, 1, state

    optimizer = SGD(0.5).of(model.parameters())
    state = None
    for _ in range(3):
        state = train_step(model, torch.tensor(1.0), loss, optimizer, state).state
    # The slope is 1 at every step, since the state of before is a constant.
    torch.testing.assert_close(model.w.item(), 2 - 3 * 0.5)
    assert seen[0] is None
    assert [round(s[0].item(), 6) for s in seen[1:]] == [2.0, 3.5]
    assert not any(s[0].requires_grad for s in (*seen[1:], state))


@pytest.mark.parametrize(
    ("bad", "what"),
    [(lambda m: m.w * math.nan, "the loss"), (lambda m: (m.w - 2).abs().sqrt(), "the gradient")],
)
@pytest.mark.parametrize("clip", [None, 1.0])
def test_what_is_not_finite_is_refused_before_the_parameters_move(bad, what, clip):
    model = Line()
    optimizer = Adam(0.25).of(model.parameters())
    with pytest.raises(TrainingDiverged, match=f"{what} is not finite") as caught:
        train_step(model, None, lambda model, batch: (bad(model), 1), optimizer, clip=clip)
    assert caught.value.learning_rate == 0.25
    assert "lower the learning rate" in str(caught.value)
    assert (model.w.item(), model.b.item()) == (2.0, -1.0)
    assert not optimizer.state


@pytest.mark.parametrize("returned", [torch.tensor(1.0), (torch.tensor(1.0),), (1, 2, 3, 4)])
def test_a_loss_that_returns_something_else_is_refused(returned):
    with pytest.raises(TypeError, match=r"returned a .*; expected \(mean, items\)"):
        train_step(Line(), None, lambda model, batch: returned, SGD(1.0).of(Line().parameters()))


@pytest.mark.parametrize(
    ("choice", "peer"),
    [
        (SGD(0.1, 0.9, 0.01), lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01)),
        (
            Adam(0.1, (0.8, 0.9), 1e-7, 0.01),
            lambda p: torch.optim.Adam(p, 0.1, (0.8, 0.9), 1e-7, 0.01),
        ),
        (AdamW(0.1), lambda p: torch.optim.AdamW(p, 0.1)),
        (AdamW(0.1, weight_decay=0.3), lambda p: torch.optim.AdamW(p, 0.1, weight_decay=0.3)),
        (RMSprop(0.1), lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.9, eps=1e-7)),
    ],
)
def test_an_optimizer_is_torchs_with_the_same_settings(choice, peer):
    lines = Line(), Line()
    optimizers = choice.of(lines[0].parameters()), peer(lines[1].parameters())
    for _ in range(5):
        for line, optimizer in zip(lines, optimizers, strict=True):
            train_step(line, (torch.arange(3.0), torch.ones(3)), squares, optimizer)
    torch.testing.assert_close(lines[0].w, lines[1].w, rtol=0, atol=0)
    torch.testing.assert_close(lines[0].b, lines[1].b, rtol=0, atol=0)


def test_frozen_parameters_are_left_out_and_nothing_to_move_is_refused():
    line = Line()
    line.b.requires_grad_(False)
    assert Adam(0.1).of(line.parameters()).param_groups[0]["params"] == [line.w]
    line.w.requires_grad_(False)
    with pytest.raises(ValueError, match="no parameter may move"):
        SGD(0.1).of(line.parameters())


def test_sparse_gradients_have_a_norm_and_are_clipped():
    table = nn.Embedding(9, 2, sparse=True)
    torch.nn.init.ones_(table.weight)
    optimizer = torch.optim.SparseAdam(table.parameters(), 0.1)
    ids = torch.tensor([1, 1, 4])
    step = train_step(table, ids, lambda model, ids: (model(ids).sum(), 3), optimizer, clip=1e-9)
    torch.testing.assert_close(step.gradient_norm, math.sqrt(4 + 4 + 1 + 1))
    assert (table.weight[[0, 2]] == 1).all()
    assert (table.weight[[1, 4]] < 1).all()
