"""The language model: what it computes, that it sees no future, and that its state carries over."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell, WordDropout
from textbook_nlp.models import RecurrentLanguageModel, count_parameters, saito_init

V = 11
SHAPES = {"embedding_size": 5, "hidden_size": 5}
OPTIONS = st.fixed_dictionaries(
    {
        "num_layers": st.integers(1, 3),
        "tied": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.5]),
    }
)


def make(**options):
    return RecurrentLanguageModel(V, **SHAPES, **options).double().eval()


@pytest.mark.parametrize(
    "kinds", [(torch.nn.RNN, RNNCell), (torch.nn.LSTM, LSTMCell), (torch.nn.GRU, GRUCell)]
)
@settings(max_examples=30)
@given(OPTIONS, st.integers(1, 4), st.integers(1, 7), st.integers(0, 2**31))
def test_logits_equal_torch(kinds, options, B, T, seed):
    torch.manual_seed(seed)
    layers = options["num_layers"]
    kind, cell = kinds
    model = make(**options, cell=cell)
    twin = kind(5, 5, layers, batch_first=True).double()
    twin.load_state_dict(
        {
            f"{name}_l{i}": value
            for i, cell in enumerate(model.recurrent.cells)
            for name, value in cell.state_dict().items()
        }
    )
    ids = torch.randint(V, (B, T))
    logits, state = model(ids)
    outputs, last = twin(model.embedding.weight[ids])
    weight = model.embedding.weight if options["tied"] else model.affine.weight
    torch.testing.assert_close(logits, outputs @ weight.T + model.affine.bias)
    for part, tensor in zip(
        zip(*state, strict=True), last if kind is torch.nn.LSTM else [last], strict=True
    ):
        torch.testing.assert_close(torch.stack(part), tensor)
    torch.testing.assert_close(model.hidden(ids), (outputs, state))


@settings(max_examples=30)
@given(OPTIONS, st.integers(0, 7), st.integers(0, 2**31))
def test_the_future_does_not_matter(options, position, seed):
    torch.manual_seed(seed)
    model = make(**options)
    ids = torch.randint(V, (3, 8))
    changed = ids.clone()
    changed[:, position:] = (ids[:, position:] + 1) % V
    before, after = model(ids)[0], model(changed)[0]
    torch.testing.assert_close(before[:, :position], after[:, :position], rtol=0, atol=0)
    assert (before[:, position] - after[:, position]).abs().max() > 1e-6


@settings(max_examples=30)
@given(OPTIONS, st.integers(1, 7), st.integers(0, 2**31))
def test_two_passes_with_the_state_equal_one(options, cut, seed):
    torch.manual_seed(seed)
    model = make(**options)
    ids = torch.randint(V, (2, 8))
    whole, last = model(ids)
    first, state = model(ids[:, :cut])
    second, end = model(ids[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(end, last)
    forgetful, _ = model(ids[:, cut:])
    assert (forgetful - second).abs().max() > 1e-6


def test_dropout_is_at_work_in_training_only():
    model = make(dropout=0.5)
    ids = torch.randint(V, (2, 6))
    torch.testing.assert_close(model(ids)[0], model(ids)[0], rtol=0, atol=0)
    model.train()
    assert (model(ids)[0] - model(ids)[0]).abs().max() > 1e-6


def test_tying_shares_one_matrix():
    model = make(tied=True)
    assert model.affine.weight is model.embedding.weight
    free = make()
    assert count_parameters(free) - count_parameters(model) == V * 5


def test_the_first_loss_is_that_of_a_uniform_guess():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(1000, 100, 100)
    logits, _ = model(torch.randint(1000, (4, 10)))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.randint(1000, (40,)))
    torch.testing.assert_close(loss.item(), math.log(1000), rtol=0.02, atol=0)


def test_saito_init_draws_as_the_source_and_leaves_one_bias():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(10_000, 100, 100)
    saito_init(model)
    (cell,) = model.recurrent.cells
    for weight, std in [
        (model.embedding.weight, 0.01),
        (cell.weight_ih, 0.1),
        (cell.weight_hh, 0.1),
        (model.affine.weight, 0.1),
    ]:
        torch.testing.assert_close(weight.std().item(), std, rtol=0.05, atol=0)
        torch.testing.assert_close(weight.mean().item(), 0.0, rtol=0, atol=std / 20)
    for bias in (cell.bias_ih, cell.bias_hh, model.affine.bias):
        assert not bias.any()
    assert not cell.bias_hh.requires_grad


def test_the_lstm_of_the_source_has_as_many_parameters():
    model = RecurrentLanguageModel(10_000, 100, 100, cell=LSTMCell)
    saito_init(model)
    assert count_parameters(model) == 2_090_400  # row 7


def test_fan_in_is_the_number_of_inputs_not_of_outputs():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(50, 400, 100)
    saito_init(model)
    torch.testing.assert_close(
        model.recurrent.cells[0].weight_ih.std().item(), 1 / math.sqrt(400), rtol=0.05, atol=0
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tied": True, "hidden_size": 6}, "tied weights need"),
        ({"vocabulary_size": 0}, "expected at least 1"),
        ({"dropout": 1.0}, r"dropout is 1.0; expected a share in \[0, 1\)"),
        ({"weight_dropout": 1.0}, r"weight_dropout is 1.0; expected a share"),
        ({"word_dropout": -0.5}, r"p is -0.5; expected a share"),
        ({"recurrent_dropout": 1.5}, r"p is 1.5; expected a share"),
        ({"hidden_size": [5, 5]}, "hidden_size 2; expected"),
        ({"num_layers": 0}, "num_layers is 0"),
        ({"hidden_size": 0}, "at least 1"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        RecurrentLanguageModel(**{"vocabulary_size": V, **SHAPES} | options)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (torch.zeros(2, 3), "expected integers"),
        (torch.zeros(3, dtype=torch.int64), "expected integers"),
        (torch.zeros(2, 3, dtype=torch.bool), "expected integers"),
        (torch.zeros(2, 3, dtype=torch.int16), r"ids are torch.int16 .* with ids.long\(\)"),
        (torch.zeros(2, 3, dtype=torch.int8), r"ids are torch.int8 .* with ids.long\(\)"),
        (torch.zeros(2, 3, dtype=torch.uint8), r"ids are torch.uint8 .* with ids.long\(\)"),
        (torch.tensor([[0, V]]), "expected 0 to 10"),
        (torch.tensor([[-1, 0]]), "run from -1"),
    ],
)
def test_bad_ids_are_refused(shapes_unchecked, ids, message):
    with pytest.raises(ValueError, match=message):
        make()(ids)


def test_ids_of_32_bits_are_read_too():
    model, ids = make(), torch.randint(V, (2, 3))
    torch.testing.assert_close(model(ids.int())[0], model(ids)[0], rtol=0, atol=0)


def test_saito_init_draws_a_shared_matrix_as_an_embedding():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(5000, 100, 100, cell=LSTMCell, tied=True)
    saito_init(model)
    assert model.affine.weight is model.embedding.weight
    torch.testing.assert_close(model.affine.weight.std().item(), 0.01, rtol=0.05, atol=0)


def test_the_better_model_of_the_source_has_as_many_parameters():
    model = RecurrentLanguageModel(10_000, 650, 650, 2, cell=LSTMCell, tied=True)
    saito_init(model)
    assert count_parameters(model) == 13_275_200  # row 8


def test_the_last_layer_may_be_narrower_and_tied():
    model = RecurrentLanguageModel(V, 3, [6, 6, 3], 3, cell=LSTMCell, tied=True).double().eval()
    twins = [torch.nn.LSTM(*sizes, batch_first=True).double() for sizes in ((3, 6), (6, 6), (6, 3))]
    ids = torch.randint(V, (2, 5))
    x = model.embedding.weight[ids]
    for twin, cell in zip(twins, model.recurrent.cells, strict=True):
        twin.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
        x, _ = twin(x)
    torch.testing.assert_close(model(ids)[0], x @ model.embedding.weight.T + model.affine.bias)


def test_a_dropped_word_is_dropped_wherever_it_stands():
    torch.manual_seed(0)
    drop = WordDropout(0.5)
    ids = torch.tensor([[0, 1, 2, 0, 1, 2, 0]] * 200)
    dropped = drop(torch.ones(200, 7, 4), ids, 3)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    torch.testing.assert_close(dropped[:, :3], dropped[:, 3:6], rtol=0, atol=0)
    torch.testing.assert_close(dropped[:, :, :1].expand_as(dropped), dropped)
    assert 0.4 < (dropped[:, :3, 0] == 0).float().mean() < 0.6
    torch.testing.assert_close(drop.eval()(dropped, ids, 3), dropped)


@pytest.mark.parametrize("kind", ["recurrent_dropout", "weight_dropout", "word_dropout"])
@pytest.mark.parametrize("variational", [False, True])
def test_each_kind_of_dropout_is_at_work_in_training_only(kind, variational):
    model = make(variational=variational, **{kind: 0.5})
    ids = torch.randint(V, (2, 6))
    torch.testing.assert_close(model(ids)[0], make_like(model)(ids)[0], rtol=0, atol=0)
    model.train()
    assert (model(ids)[0] - model(ids)[0]).abs().max() > 1e-6


def make_like(model):
    """A model of the same parameters without dropout."""
    plain = make()
    plain.load_state_dict(model.state_dict())
    return plain


def test_a_state_of_the_wrong_batch_is_refused(shapes_unchecked):
    model = make()
    _, state = model(torch.zeros(1, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="state has shape"):
        model(torch.zeros(3, 2, dtype=torch.int64), state)


def test_the_cell_may_have_options():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(V, 5, 5, cell=partial(RNNCell, nonlinearity="relu"))
    outputs, _ = model.hidden(torch.randint(V, (4, 6)))
    assert outputs.min() == 0


@pytest.mark.parametrize("cell", [RNNCell, LSTMCell])
def test_compiles_without_a_break(shapes_unchecked, cell):
    model = RecurrentLanguageModel(V, **SHAPES, cell=cell, tied=True)
    ids = torch.randint(V, (2, 3))
    with torch.no_grad():
        _, state = model(ids)
    torch.compiler.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(ids, state), model(ids, state))
