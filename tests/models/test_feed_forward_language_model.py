"""The feed-forward language model: what it computes and sees, and that its state carries over."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.models.language_model import FeedForwardLanguageModel
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.training import (
    bptt_batches,
    evaluate,
    generate,
    next_token_loss,
    perplexity,
    select,
)

V, E, H = 11, 5, 5
SEEDS = st.integers(0, 2**31)
CONTEXTS = st.integers(1, 5)


def make(K=3, **options):
    return FeedForwardLanguageModel(V, E, H, K, **options).double().eval()


@settings(max_examples=30)
@given(CONTEXTS, st.booleans(), st.integers(1, 3), st.integers(1, 8), SEEDS)
def test_logits_equal_the_formula_and_a_convolution(K, tied, B, T, seed):
    torch.manual_seed(seed)
    model = make(K, tied=tied)
    ids = torch.randint(V, (B, T))
    logits, _ = model(ids)
    for b in range(B):
        for t in range(T):
            read = [None] * (K - 1 - t) + ids[b, max(0, t - K + 1) : t + 1].tolist()
            vectors = [
                torch.zeros(E).double() if i is None else model.embedding.weight[i] for i in read
            ]
            a = model.hidden.weight @ torch.cat(vectors) + model.hidden.bias
            expected = model.affine.weight @ a.tanh() + model.affine.bias
            torch.testing.assert_close(logits[b, t], expected)
    kernel = model.hidden.weight.view(H, K, E).transpose(1, 2)
    padded = torch.nn.functional.pad(model.embedding(ids).transpose(1, 2), (K - 1, 0))
    hidden = torch.nn.functional.conv1d(padded, kernel, model.hidden.bias).tanh()
    torch.testing.assert_close(logits, model.affine(hidden.transpose(1, 2)))


@settings(max_examples=30)
@given(CONTEXTS, st.integers(0, 7), SEEDS)
def test_a_token_acts_on_the_k_places_from_its_own_on_and_no_other(K, position, seed):
    torch.manual_seed(seed)
    model = make(K)
    ids = torch.randint(V, (3, 8))
    changed = ids.clone()
    changed[:, position] = (ids[:, position] + 1) % V
    moved = (model(ids)[0] - model(changed)[0]).abs().amax(dim=(0, 2))
    reached = range(position, min(position + K, 8))
    assert all(moved[t] > 1e-9 for t in reached)
    assert all(moved[t] == 0 for t in set(range(8)) - set(reached))


@settings(max_examples=30)
@given(CONTEXTS, st.integers(1, 7), SEEDS)
def test_two_passes_with_the_state_equal_one(K, cut, seed):
    torch.manual_seed(seed)
    model = make(K)
    ids = torch.randint(V, (2, 8))
    whole, last = model(ids)
    first, state = model(ids[:, :cut])
    second, end = model(ids[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(end, last)
    rows = torch.tensor([1])
    torch.testing.assert_close(model(ids[rows, cut:], select(state, rows))[0], second[rows])


@given(st.integers(1, 12))
def test_perplexity_in_blocks_is_that_of_one_continuous_pass(T):
    torch.manual_seed(0)
    model, ids = make(4), torch.randint(V, (37,))
    whole = evaluate(model, bptt_batches(ids, 1, 36), next_token_loss)
    blocks = evaluate(model, bptt_batches(ids, 1, T), next_token_loss)
    torch.testing.assert_close(blocks, whole)


def test_a_uniform_model_has_the_perplexity_v():
    model, ids = make(), torch.randint(V, (50,))
    torch.nn.init.zeros_(model.affine.weight)
    loss = evaluate(model, bptt_batches(ids, 1, 7), next_token_loss)
    torch.testing.assert_close(perplexity(loss), float(V))


def test_the_first_loss_is_that_of_a_uniform_guess():
    torch.manual_seed(0)
    model = FeedForwardLanguageModel(1000, 100, 100, 4)
    logits, _ = model(torch.randint(1000, (4, 10)))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.randint(1000, (40,)))
    torch.testing.assert_close(loss.item(), math.log(1000), rtol=0.02, atol=0)


def test_parameters_are_those_of_the_layers_and_tying_shares_one_matrix():
    parameters = count_parameters(make(3))
    assert parameters == V * E + (3 * E * H + H) + (H * V + V)
    tied = make(3, tied=True)
    assert tied.affine.weight is tied.embedding.weight
    assert parameters - count_parameters(tied) == V * E


def test_dropout_is_at_work_in_training_only():
    model = make(dropout=0.5)
    ids = torch.randint(V, (2, 6))
    torch.testing.assert_close(model(ids)[0], model(ids)[0], rtol=0, atol=0)
    model.train()
    assert (model(ids)[0] - model(ids)[0]).abs().max() > 1e-6


def test_it_writes_from_its_own_words():
    torch.manual_seed(0)
    model = make(3)
    written = generate(model, torch.tensor([[1, 2]]), steps=6)
    for i in range(6):
        read = torch.cat([torch.tensor([[1, 2]]), written[:, :i]], dim=1)
        assert model(read)[0][0, -1].argmax() == written[0, i]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"context_size": 0}, "context_size is 0"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"vocabulary_size": 0}, "expected at least 1"),
        ({"dropout": 1.0}, "expected a share"),
        ({"tied": True, "hidden_size": 6}, "tied weights need"),
    ],
)
def test_bad_options_are_refused(options, message):
    good = {"vocabulary_size": V, "embedding_size": E, "hidden_size": H, "context_size": 3}
    with pytest.raises(ValueError, match=message):
        FeedForwardLanguageModel(**good | options)


def test_bad_ids_and_states_are_refused(shapes_unchecked):
    model, ids = make(), torch.zeros(3, 2, dtype=torch.int64)
    for wrong in (ids.double(), ids[0], ids + V, ids - 2, ids[:, :0]):
        with pytest.raises(ValueError, match="expected"):
            model(wrong)
    _, state = model(ids[:1])
    with pytest.raises(ValueError, match="the state has shape"):
        model(ids, state)
    with pytest.raises(ValueError, match="the state has shape"):
        model(ids, (torch.zeros(3, 1, dtype=torch.int64),))
    for wrong in (torch.zeros(3, 2), ids + V, ids - 2):
        with pytest.raises(ValueError, match="expected"):
            model(ids, (wrong,))
