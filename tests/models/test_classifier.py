"""The embedding classifier: against torch's own layers, padding, frozen vectors, empty texts."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.models.classifier import EmbeddingClassifier
from textbook_nlp.models.parameters import count_parameters
from textbook_nlp.training import classification_loss

V, E = 11, 5
OPTIONS = st.fixed_dictionaries(
    {
        "num_classes": st.integers(1, 4),
        "hidden_size": st.sampled_from([0, 3]),
        "dropout": st.sampled_from([0.0, 0.5]),
        "padding_id": st.integers(0, V - 1),
    }
)


def make(**options):
    return EmbeddingClassifier(V, E, **options).double().eval()


def dense(model, features):
    for layer in model.dense[:-1]:
        features = layer(features).relu()
    return model.dense[-1](features)


@given(OPTIONS, st.integers(1, 5), st.integers(1, 7), st.integers(0, 2**31))
def test_the_mean_equals_embedding_bag(options, B, T, seed):
    torch.manual_seed(seed)
    model = make(**options)
    ids = torch.randint(V, (B, T))
    bag = nn.EmbeddingBag(V, E, mode="mean", padding_idx=options["padding_id"]).double()
    bag.load_state_dict(model.embedding.state_dict())
    torch.testing.assert_close(model(ids), dense(model, bag(ids)))
    model(ids).sum().backward()
    dense(model, bag(ids)).sum().backward()
    torch.testing.assert_close(model.embedding.weight.grad, bag.weight.grad)


@given(st.booleans(), st.integers(1, 5), st.integers(1, 7), st.integers(0, 2**31))
def test_flatten_equals_a_sequence_of_torch_layers(masked, B, T, seed):
    torch.manual_seed(seed)
    model = make(pooling="flatten", length=T, masked=masked, num_classes=2)
    twin = nn.Sequential(nn.Embedding(V, E), nn.Flatten(), nn.Linear(T * E, 2)).double()
    twin[0].load_state_dict(model.embedding.state_dict())
    twin[2].load_state_dict(model.dense[0].state_dict())
    ids = torch.randint(V, (B, T))
    torch.testing.assert_close(model(ids), twin(ids))


def test_without_a_mask_padding_is_a_word_like_any_other():
    model = make(masked=False)
    ids = torch.tensor([[3, 4, 0, 0]])
    torch.testing.assert_close(model.pool(ids), model.embedding(ids).mean(dim=1))
    model(ids).sum().backward()
    assert model.embedding.weight.grad[0].abs().min() > 0


@given(OPTIONS, st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**31))
def test_padding_changes_nothing(options, before, after, seed):
    torch.manual_seed(seed)
    model = make(**options)
    padding = options["padding_id"]
    ids = torch.randint(V, (3, 6))
    ids[ids == padding] = (padding + 1) % V
    filled = torch.nn.functional.pad(ids, (before, after), value=padding)
    with torch.no_grad():
        model.embedding.weight[padding] = torch.nan  # even so
    torch.testing.assert_close(model(filled), model(ids))
    torch.testing.assert_close(model(filled.flip(1)), model(ids))  # nor does order


def test_training_leaves_the_vector_of_padding_at_zero():
    for pooling in ({}, {"pooling": "flatten", "length": 4}):
        model = EmbeddingClassifier(V, E, padding_id=2, **pooling)
        optimizer = torch.optim.Adam(model.parameters(), 0.1, weight_decay=0.1)
        for _ in range(3):
            batch = torch.randint(V, (6, 4)), torch.randint(2, (6,))
            optimizer.zero_grad()
            classification_loss(model, batch)[0].backward()
            optimizer.step()
        torch.testing.assert_close(model.embedding.weight[2], torch.zeros(E))
        assert (model.embedding.weight[3] != 0).all()


@pytest.mark.parametrize("ids", [torch.zeros(2, 3).long(), torch.zeros(2, 0).long()])
def test_an_empty_text_has_the_scores_of_the_dense_layers_alone(ids):
    model = make(hidden_size=3, num_classes=2)
    expected = dense(model, torch.zeros(2, E).double())
    torch.testing.assert_close(model(ids), expected)
    model(ids).sum().backward()
    torch.testing.assert_close(model.embedding.weight.grad.abs().sum().item(), 0.0)


def test_frozen_vectors_stay_and_others_move():
    vectors = torch.randn(V, E)
    for frozen in (True, False):
        model = EmbeddingClassifier(V, E, vectors=vectors, frozen=frozen)
        torch.testing.assert_close(model.embedding.weight.detach()[1:], vectors[1:])
        assert (model.embedding.weight[0] == 0).all()
        before = vectors.clone()
        optimizer = torch.optim.SGD(model.parameters(), 1.0)
        classification_loss(model, (torch.tensor([[1, 2]]), torch.tensor([1])))[0].backward()
        optimizer.step()
        torch.testing.assert_close(vectors, before)  # a copy was trained
        moved = (model.embedding.weight != vectors)[1:].any(dim=1)
        assert moved.tolist() == [not frozen] * 2 + [False] * (V - 3)
        assert count_parameters(model) == E + 1 + (0 if frozen else V * E)
    unmasked = EmbeddingClassifier(V, E, vectors=vectors, frozen=True, masked=False)
    torch.testing.assert_close(unmasked.embedding.weight.detach(), vectors)


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        (EmbeddingClassifier(10_000, 16, hidden_size=24, masked=False), 160_433),
        (EmbeddingClassifier(10_000, 8, pooling="flatten", length=20), 80_161),
        (
            EmbeddingClassifier(10_000, 100, pooling="flatten", length=100, hidden_size=32),
            1_320_065,
        ),
    ],
)
def test_as_many_parameters_as_the_sources(model, parameters):
    assert count_parameters(model) == parameters


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 0}, "at least 1"),
        ({"hidden_size": -1}, "hidden_size at least 0"),
        ({"pooling": "max"}, "expected 'mean' or 'flatten'"),
        ({"pooling": "flatten"}, "needs a length"),
        ({"pooling": "flatten", "length": 0}, "needs a length"),
        ({"length": 3}, "takes any length"),
        ({"padding_id": V}, f"below {V}"),
        ({"padding_id": -1}, f"below {V}"),
        ({"dropout": 1.5}, "dropout"),
        ({"dropout": 1.0}, r"expected a share in \[0, 1\)"),
        ({"frozen": True}, "give vectors"),
        ({"vectors": torch.zeros(V, E + 1)}, r"expected \(11, 5\)"),
        ({"vectors": torch.full((V, E), torch.nan)}, "finite"),
    ],
)
def test_options_that_do_not_fit_are_refused(shapes_unchecked, options, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingClassifier(V, E, **options)


@pytest.mark.parametrize("vectors", [np.zeros((V, E)), [[0.0] * E] * V, torch.zeros(V, E).long()])
def test_vectors_that_are_no_tensor_of_floats_are_refused(shapes_unchecked, vectors):
    with pytest.raises(TypeError, match=r"expected a tensor of floating-point numbers"):
        EmbeddingClassifier(V, E, vectors=vectors)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (torch.zeros(3).long(), r"integers of shape \(B, T\)"),
        (torch.zeros(2, 3), r"integers of shape \(B, T\)"),
        (torch.zeros(2, 3).bool(), r"integers of shape \(B, T\)"),
        (torch.full((2, 3), V), "run from 11 to 11"),
        (torch.full((2, 3), -1), "run from -1 to -1"),
    ],
)
def test_ids_that_do_not_fit_are_refused(shapes_unchecked, ids, message):
    with pytest.raises(ValueError, match=message):
        make()(ids)


def test_flatten_refuses_another_length():
    with pytest.raises(ValueError, match="built for 4"):
        make(pooling="flatten", length=4)(torch.zeros(2, 3).long())


@pytest.mark.parametrize("pooling", [{}, {"pooling": "flatten", "length": 4}])
def test_a_mask_takes_the_place_of_the_id_of_padding(pooling):
    model = make(masked=False, **pooling)
    ids, mask = torch.randint(1, V, (3, 4)), torch.tensor([[True, True, False, False]] * 3)
    with torch.no_grad():
        model.embedding.weight[0] = 0
    marked = make(**pooling)
    marked.load_state_dict(model.state_dict())
    torch.testing.assert_close(model(ids, mask), marked(ids.masked_fill(~mask, 0)))


def test_a_mask_that_does_not_fit_is_refused(shapes_unchecked):
    with pytest.raises(ValueError, match="mask is torch.int64"):
        make()(torch.ones(2, 3).long(), torch.ones(2, 3).long())


@pytest.mark.parametrize("pooling", [{}, {"pooling": "flatten", "length": 4}])
def test_compiles_without_a_break(shapes_unchecked, pooling):
    model, ids = make(**pooling), torch.randint(V, (3, 4))
    torch.compiler.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(ids), model(ids))
    torch.testing.assert_close(compiled(ids, ids != 3), model(ids, ids != 3))
