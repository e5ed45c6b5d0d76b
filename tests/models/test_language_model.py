"""The language model: what it computes, that it sees no future, and that its state carries over."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.models.language_model import RecurrentLanguageModel, saito_init
from textbook_nlp.models.parameters import count_parameters

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


@given(OPTIONS, st.integers(1, 4), st.integers(1, 7), st.integers(0, 2**31))
def test_logits_equal_torch(options, B, T, seed):
    torch.manual_seed(seed)
    model = make(**options)
    twin = torch.nn.RNN(5, 5, options["num_layers"], batch_first=True).double()
    twin.load_state_dict(model.recurrent.state_dict())
    tokens = torch.randint(V, (B, T))
    logits, state = model(tokens)
    outputs, last = twin(model.embedding.weight[tokens])
    weight = model.embedding.weight if options["tied"] else model.affine.weight
    torch.testing.assert_close(logits, outputs @ weight.T + model.affine.bias)
    torch.testing.assert_close(state, last)


@given(OPTIONS, st.integers(0, 7), st.integers(0, 2**31))
def test_the_future_does_not_matter(options, position, seed):
    torch.manual_seed(seed)
    model = make(**options)
    tokens = torch.randint(V, (3, 8))
    changed = tokens.clone()
    changed[:, position:] = (tokens[:, position:] + 1) % V
    before, after = model(tokens)[0], model(changed)[0]
    torch.testing.assert_close(before[:, :position], after[:, :position], rtol=0, atol=0)
    assert (before[:, position] - after[:, position]).abs().max() > 1e-6


@given(OPTIONS, st.integers(1, 7), st.integers(0, 2**31))
def test_two_passes_with_the_state_equal_one(options, cut, seed):
    torch.manual_seed(seed)
    model = make(**options)
    tokens = torch.randint(V, (2, 8))
    whole, last = model(tokens)
    first, state = model(tokens[:, :cut])
    second, end = model(tokens[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(end, last)
    forgetful, _ = model(tokens[:, cut:])
    assert (forgetful - second).abs().max() > 1e-6


def test_dropout_is_at_work_in_training_only():
    model = make(dropout=0.5)
    tokens = torch.randint(V, (2, 6))
    torch.testing.assert_close(model(tokens)[0], model(tokens)[0], rtol=0, atol=0)
    model.train()
    assert (model(tokens)[0] - model(tokens)[0]).abs().max() > 1e-6


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
    for weight, std in [
        (model.embedding.weight, 0.01),
        (model.recurrent.weight_ih_l0, 0.1),
        (model.recurrent.weight_hh_l0, 0.1),
        (model.affine.weight, 0.1),
    ]:
        torch.testing.assert_close(weight.std().item(), std, rtol=0.05, atol=0)
        torch.testing.assert_close(weight.mean().item(), 0.0, rtol=0, atol=std / 20)
    for bias in (model.recurrent.bias_ih_l0, model.recurrent.bias_hh_l0, model.affine.bias):
        assert not bias.any()
    assert not model.recurrent.bias_hh_l0.requires_grad
    # Row 7's 2,090,400 parameters with 4 gates; a plain cell has one set of 100 * 201.
    assert count_parameters(model) == 2_090_400 - 3 * 100 * 201


def test_fan_in_is_the_number_of_inputs_not_of_outputs():
    torch.manual_seed(0)
    model = RecurrentLanguageModel(50, 400, 100)
    saito_init(model)
    torch.testing.assert_close(
        model.recurrent.weight_ih_l0.std().item(), 1 / math.sqrt(400), rtol=0.05, atol=0
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "elman"}, "cell is 'elman'; expected one of rnn"),
        ({"tied": True, "hidden_size": 6}, "tied weights need"),
        ({"vocabulary_size": 0}, "expected at least 1"),
        ({"dropout": 1.0, "num_layers": 2}, "dropout"),
        ({"hidden_size": 0}, "at least 1"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        RecurrentLanguageModel(**{"vocabulary_size": V, **SHAPES} | options)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (torch.zeros(2, 3), "expected integers"),
        (torch.zeros(3, dtype=torch.int64), "expected integers"),
        (torch.zeros(2, 3, dtype=torch.bool), "expected integers"),
        (torch.tensor([[0, V]]), "expected 0 to 10"),
        (torch.tensor([[-1, 0]]), "run from -1"),
    ],
)
def test_bad_tokens_are_refused(shapes_unchecked, tokens, message):
    with pytest.raises(ValueError, match=message):
        make()(tokens)


def test_saito_init_refuses_tied_weights():
    with pytest.raises(ValueError, match="tied=False"):
        saito_init(make(tied=True))


def test_a_state_of_the_wrong_batch_is_refused(shapes_unchecked):
    model = make()
    _, state = model(torch.zeros(1, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="state has shape"):
        model(torch.zeros(3, 2, dtype=torch.int64), state)
