"""The recurrent layers against torch.nn, over odd sizes and every option."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from textbook_nlp.by_hand.rnn import from_torch, rnn_forward
from textbook_nlp.layers.recurrent import RNN, Recurrent

OPTIONS = st.fixed_dictionaries(
    {
        "num_layers": st.integers(1, 3),
        "bias": st.booleans(),
        "bidirectional": st.booleans(),
        "nonlinearity": st.sampled_from(["tanh", "relu"]),
    }
)


def twins(D, H, options):
    theirs = torch.nn.RNN(D, H, batch_first=True, **options).double()
    mine = RNN(D, H, **options).double()
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


@settings(max_examples=40)
@given(st.tuples(*[st.integers(1, 5)] * 4), OPTIONS, st.booleans(), st.integers(0, 2**31))
def test_outputs_and_gradients_equal_torch(sizes, options, with_state, seed):
    B, T, D, H = sizes
    torch.manual_seed(seed)
    mine, theirs = twins(D, H, options)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    x = torch.randn(B, T, D, dtype=torch.float64)
    passes = options["num_layers"] * (2 if options["bidirectional"] else 1)
    h = torch.randn(passes, B, H, dtype=torch.float64) if with_state else None
    for a, b in zip(mine(x, h), theirs(x, h), strict=True):
        torch.testing.assert_close(a, b)
    for layer in (mine, theirs):
        outputs, last = layer(x, h)
        (outputs.sin().sum() + last.cos().sum()).backward()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    OPTIONS,
    st.booleans(),
    st.integers(0, 2**31),
)
def test_lengths_equal_packed_sequences(lengths, options, with_state, seed):
    torch.manual_seed(seed)
    mine, theirs = twins(3, 4, options)
    x = torch.randn(len(lengths), max(lengths), 3, dtype=torch.float64)
    passes = options["num_layers"] * (2 if options["bidirectional"] else 1)
    start = torch.randn(passes, len(lengths), 4, dtype=torch.float64) if with_state else None
    lengths = torch.tensor(lengths)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    packed, h = theirs(packed, start)
    outputs, _ = pad_packed_sequence(packed, batch_first=True)
    for a, b in zip(mine(x, start, lengths), (outputs, h), strict=True):
        torch.testing.assert_close(a, b)


def test_padding_cannot_matter():
    torch.manual_seed(0)
    layer = RNN(3, 4, num_layers=2, bidirectional=True)
    x, lengths = torch.randn(2, 6, 3), torch.tensor([6, 2])
    changed = x.clone()
    changed[1, 2:] = float("nan")
    results = []
    for inputs in (x, changed):
        layer.zero_grad()
        outputs, last = layer(inputs, lengths=lengths)
        (outputs.sin().sum() + last.cos().sum()).backward()
        results.append((outputs, last, *(p.grad.clone() for p in layer.parameters())))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b)


def test_a_batch_may_be_empty():
    outputs, last = RNN(3, 4)(torch.zeros(0, 5, 3), lengths=torch.zeros(0, dtype=torch.int64))
    assert outputs.shape == (0, 5, 4)
    assert last.shape == (1, 0, 4)


def test_the_future_cannot_move_the_past():
    torch.manual_seed(0)
    layer = RNN(3, 4, num_layers=2)
    x = torch.randn(2, 6, 3)
    changed = x.clone()
    changed[:, 4:] += 1
    before, after = layer(x)[0], layer(changed)[0]
    torch.testing.assert_close(before[:, :4], after[:, :4], rtol=0, atol=0)
    assert not torch.isclose(before[:, 4:], after[:, 4:]).any()


def test_the_state_carries_over():
    torch.manual_seed(0)
    layer = RNN(3, 4, num_layers=2)
    x = torch.randn(2, 6, 3)
    whole, last = layer(x)
    first, h = layer(x[:, :2])
    second, end = layer(x[:, 2:], h)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(end, last)


def test_equals_the_layer_by_hand():
    torch.manual_seed(0)
    layer = RNN(3, 4).double()
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    by_hand, _ = rnn_forward(x.numpy(), None, *from_torch(layer.state_dict()))
    torch.testing.assert_close(layer(x)[0], torch.from_numpy(by_hand))


def test_initial_parameters_equal_torch():
    options = {"num_layers": 2, "bidirectional": True}
    torch.manual_seed(0)
    mine = RNN(3, 4, **options).state_dict()
    torch.manual_seed(0)
    theirs = torch.nn.RNN(3, 4, batch_first=True, **options).state_dict()
    torch.testing.assert_close(mine, theirs)


def test_dropout_falls_between_layers_and_only_in_training():
    torch.manual_seed(0)
    deep, plain = RNN(3, 200, num_layers=2, dropout=0.5), RNN(3, 200, dropout=0.5)
    x = torch.randn(1, 1, 3)
    torch.testing.assert_close(plain(x)[0], plain(x)[0])  # no layer above: nothing to drop
    assert not torch.equal(deep(x)[0], deep(x)[0])
    deep.eval()
    torch.testing.assert_close(deep(x)[0], deep(x)[0])
    # with the lower layer's output all dropped but one, the mean must be kept: scaled by 1/(1-p)
    deep.train()
    average = torch.stack([deep(x)[0] for _ in range(400)]).mean(0)
    assert (average - deep.eval()(x)[0]).abs().mean() < 0.02


@pytest.mark.parametrize(
    ("x", "state", "lengths", "message"),
    [
        ((2, 3), None, None, "x has shape"),
        ((2, 5, 4), None, None, "x has shape"),
        ((2, 0, 3), None, None, "T >= 1"),
        ((2, 5, 3), (1, 1, 4), None, "the state has shape"),  # would broadcast
        ((2, 5, 3), (2, 4), None, "the state has shape"),
        ((2, 5, 3), None, [5], "lengths has shape"),
        ((2, 5, 3), None, [5.0, 2.5], "integers"),
        ((2, 5, 3), None, [5, 0], "from 0 to 5"),
        ((2, 5, 3), None, [6, 1], "from 1 to 6"),
    ],
)
def test_wrong_shapes_are_refused(shapes_unchecked, x, state, lengths, message):
    layer = RNN(3, 4)
    with pytest.raises(ValueError, match=message):
        layer(
            torch.zeros(x),
            None if state is None else torch.zeros(state),
            None if lengths is None else torch.tensor(lengths),
        )


@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 0},
        {"hidden_size": 0},
        {"dropout": 1.0},
        {"dropout": -0.1},
        {"nonlinearity": "sigmoid"},
    ],
)
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError, match=r"expected|at least"):
        RNN(**{"input_size": 3, "hidden_size": 4} | options)


def test_a_layer_must_say_how_it_steps():
    with pytest.raises(NotImplementedError):
        Recurrent(3, 4)(torch.zeros(1, 1, 3))


def test_the_options_show():
    shown = repr(RNN(3, 4, nonlinearity="relu"))
    assert shown.startswith("RNN(3, 4, num_layers=1")
    assert "relu" in shown
