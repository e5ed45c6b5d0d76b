"""Recurrent layers against Keras', with its weights: masks, states, directions, dropped units."""

import os
import sys
from functools import partial

import pytest
import torch

from textbook_nlp.layers import BothWays, GRUCell, LSTMCell, RecurrentDropout, RNNCell, scan

B, T, D, H = 4, 6, 3, 5
KINDS = {
    "SimpleRNN": (partial(RNNCell, bias="single"), {}),
    "SimpleRNN, relu": (
        partial(RNNCell, bias="single", nonlinearity="relu"), {"activation": "relu"}
    ),
    "SimpleRNN, no bias": (partial(RNNCell, bias=False), {"use_bias": False}),
    "LSTM": (partial(LSTMCell, bias="single"), {}),
    "LSTM, no bias": (partial(LSTMCell, bias=False), {"use_bias": False}),
    "GRU": (GRUCell, {}),
    "GRU, no bias": (partial(GRUCell, bias=False), {"use_bias": False}),
    "GRU, reset before": (
        partial(GRUCell, bias="single", reset_after=False), {"reset_after": False}
    ),
}  # fmt: skip
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def keras():
    """Keras over torch, as an independent peer."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


def twins(keras, kind, **more):
    """A cell and the layer of Keras whose weights it has; theirs are transposed, z before r."""
    keras.utils.set_random_seed(4)
    make, options = KINDS[kind]
    options = options | more | {"bias_initializer": "random_normal", "return_sequences": True}
    layer = getattr(keras.layers, kind.split(",")[0])(
        H, return_state=True, zero_output_for_mask=True, **options
    )
    layer.build((B, T, D))
    return copy_weights(make(D, H), layer), layer


def copy_weights(cell, layer):
    kernel, recurrent, *bias = (variable.value.detach().cpu() for variable in layer.weights)
    order = torch.arange(len(cell.weight_ih)).view(cell.gates, -1)
    order = (order[[1, 0, 2]] if isinstance(cell, GRUCell) else order).flatten()
    cell.weight_ih.data, cell.weight_hh.data = kernel.T[order], recurrent.T[order]
    rows = [row[order] for b in bias for row in b.view(-1, len(order))]
    for name, row in zip(("bias_ih", "bias_hh"), rows, strict=False):
        getattr(cell, name).data = row
    return cell


def draw(cell, masked):
    """Inputs, a state for each direction, and a mask: one row all read, one not at all, holes."""
    torch.manual_seed(5)
    states = [tuple(torch.randn(B, H) for _ in range(cell.state_tensors)) for _ in range(2)]
    mask = torch.rand(B, T) < 0.6
    mask[0], mask[1] = True, False
    return torch.randn(B, T, D), states, mask if masked else None


def assert_same(mine, theirs):
    expected = [tensor.detach().cpu() for tensor in theirs]
    torch.testing.assert_close([t.detach() for t in mine], expected, rtol=1e-4, atol=1e-5)


@each_kind
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_layer_that_reads_one_way(keras, kind, masked, reverse):
    cell, layer = twins(keras, kind, go_backwards=reverse)
    x, (state, _), mask = draw(cell, masked)
    outputs, end = scan(cell, x, state, mask, reverse=reverse)
    theirs = layer(x, mask=mask, initial_state=list(state))
    # Keras leaves what was read backwards in the order in which it was read.
    assert_same([outputs.flip(1) if reverse else outputs, *end], theirs)


@each_kind
def test_a_layer_that_reads_both_ways(keras, kind):
    _, layer = twins(keras, kind)
    both = keras.layers.Bidirectional(layer)
    both.build((B, T, D))
    make, _ = KINDS[kind]
    ways = both.forward_layer, both.backward_layer
    mine = BothWays(*(copy_weights(make(D, H), way) for way in ways))
    x, states, mask = draw(mine.forward_cell, masked=True)
    outputs, (end, beginning) = mine(x, tuple(states), mask)
    theirs = both(x, mask=mask, initial_state=[*states[0], *states[1]])
    assert_same([outputs, *end, *beginning], theirs)


@each_kind
def test_units_dropped_on_their_way_from_step_to_step(keras, kind):
    cell, layer = twins(keras, kind, recurrent_dropout=0.5)
    x, (state, _), mask = draw(cell, masked=True)
    drop = RecurrentDropout(0.5)
    keep = drop(state[0])
    # Keras draws for each gate of an LSTM or a GRU; here it is handed one draw for all.
    number = getattr(layer.cell, "dropout_mask_count", None)
    layer.cell.get_recurrent_dropout_mask = lambda h: [keep] * number if number else keep
    drop.forward = lambda h: keep
    outputs, end = scan(cell, x, state, mask, recurrent_dropout=drop)
    theirs = layer(x, mask=mask, initial_state=list(state), training=True)
    assert_same([outputs, *end], theirs)
    assert not torch.allclose(outputs, scan(cell, x, state, mask)[0])
