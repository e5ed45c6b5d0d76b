"""The language model by hand, with each recurrent layer in it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from textbook_nlp.by_hand import gru, lstm, numerical_gradient, relative_error, rnn
from textbook_nlp.by_hand.language_model import initialize, loss_and_gradients

each_cell = pytest.mark.parametrize("cell", [rnn, lstm, gru], ids=lambda cell: cell.__name__[-4:])


def problem(dtype=np.float64, cell=rnn):
    rng = np.random.default_rng(3)
    parameters = initialize(7, 3, 4, seed=0, dtype=dtype, cell=cell)
    ids, targets = rng.integers(0, 7, (2, 2, 5))
    state = rng.standard_normal((2 if cell is lstm else 1, 2, 4)).astype(dtype)
    return parameters, ids, targets, tuple(state)


@each_cell
def test_gradients_against_finite_differences(cell):
    parameters, ids, targets, state = problem(cell=cell)
    _, gradients, _ = loss_and_gradients(parameters, ids, targets, state, cell)
    assert gradients.keys() == parameters.keys()
    for name, array in parameters.items():
        numerical = numerical_gradient(
            lambda: loss_and_gradients(parameters, ids, targets, state, cell)[0], array
        )
        assert relative_error(gradients[name], numerical) < 1e-7, name


def test_gradients_against_autograd():
    parameters, ids, targets, (h,) = problem()
    p = {name: torch.tensor(array, requires_grad=True) for name, array in parameters.items()}
    state, scores = torch.from_numpy(h), []
    for t in range(ids.shape[1]):
        x = p["embedding"][torch.from_numpy(ids[:, t])]
        state = torch.tanh(x @ p["W_x"] + state @ p["W_h"] + p["b"])
        scores.append(state @ p["W_out"] + p["b_out"])
    expected = F.cross_entropy(
        torch.stack(scores, 1).flatten(0, 1), torch.from_numpy(targets.ravel())
    )
    expected.backward()
    loss, gradients, (last,) = loss_and_gradients(parameters, ids, targets, (h,))
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-12)
    np.testing.assert_allclose(last, state.detach().numpy(), rtol=1e-12)
    for name, tensor in p.items():
        np.testing.assert_allclose(gradients[name], tensor.grad.numpy(), atol=1e-12)


@each_cell
def test_the_state_carries_over_and_single_precision_stays_single(cell):
    p, ids, targets, state = problem(np.float32, cell)
    whole, _, last = loss_and_gradients(p, ids, targets, state, cell)
    first, _, middle = loss_and_gradients(p, ids[:, :2], targets[:, :2], state, cell)
    second, gradients, end = loss_and_gradients(p, ids[:, 2:], targets[:, 2:], middle, cell)
    np.testing.assert_allclose(whole, (2 * first + 3 * second) / 5, rtol=1e-6)
    np.testing.assert_allclose(last, end, rtol=1e-5)
    assert {g.dtype for g in gradients.values()} == {np.dtype(np.float32)}


def test_ids_and_targets_must_fit(shapes_unchecked):
    p, ids, targets, state = problem()
    with pytest.raises(ValueError, match="targets"):
        loss_and_gradients(p, ids, targets[:, 1:], state)
