"""The Transformer as a classifier: padding, positions, an equal of torch's encoder, bad input."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.models import TransformerClassifier, count_parameters

V, D = 9, 8


def make(positions="sinusoid", **options):
    options = {"inner_size": 12, "positions": positions} | options
    model = TransformerClassifier(V, D, 2, 2, **options).double().eval()
    for name, parameter in model.named_parameters():  # so that zeros and nothing differ
        if name.endswith("bias"):
            nn.init.uniform_(parameter, 0.5, 1)
    return model


def test_logits_equal_the_encoder_of_torch_with_its_weights():
    torch.manual_seed(0)
    model = make()
    peer = nn.TransformerEncoderLayer(D, 2, 12, 0.0, batch_first=True, norm_first=True)
    theirs = nn.TransformerEncoder(peer, 2, nn.LayerNorm(D), enable_nested_tensor=False)
    theirs = theirs.double().eval()
    for mine, layer in zip(model.blocks, theirs.layers, strict=True):
        layer.load_state_dict(mine.state_dict())
    theirs.norm.load_state_dict(model.norm.state_dict())
    ids = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 8, 0, 0]])
    with torch.no_grad():
        encoded = theirs(model.embedding(ids), src_key_padding_mask=ids == 0)
        means = torch.stack([encoded[0].mean(dim=0), encoded[1, :3].mean(dim=0)])
        torch.testing.assert_close(model(ids), model.affine(means))


@pytest.mark.parametrize("positions", ["sinusoid", "rotary", None])
@settings(max_examples=15)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(1, 6), st.integers(0, 2**31))
def test_padding_changes_nothing(positions, before, after, length, seed):
    torch.manual_seed(seed)
    model = make(positions)
    ids = torch.randint(1, V, (3, length))
    filled = nn.functional.pad(ids, (before, after))
    with torch.no_grad():
        torch.testing.assert_close(model(filled), model(ids))


def test_only_positions_see_the_order():
    torch.manual_seed(1)
    ids = torch.tensor([[1, 2, 3, 4]])
    with torch.no_grad():
        for positions, equal in ((None, True), ("sinusoid", False), ("rotary", False)):
            model = make(positions)
            assert torch.allclose(model(ids), model(ids.flip(1))) == equal


def test_a_text_without_a_word_has_the_scores_of_the_bias():
    torch.manual_seed(2)
    model = make(num_classes=3)
    with torch.no_grad():
        scores = model(torch.zeros(2, 4, dtype=torch.long))
    torch.testing.assert_close(scores, model.affine.bias.detach().expand(2, 3))
    scores = model(torch.tensor([[0, 0], [1, 2]]))
    scores.sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_parameters():
    block = 4 * (D * D + D) + 2 * D * 12 + 12 + D + 4 * D
    assert count_parameters(make()) == V * D + 2 * block + 2 * D + D + 1


@pytest.mark.parametrize(
    "options",
    [{"positions": "learned"}, {"num_classes": 0}, {"padding_id": V}, {"dropout": 1.0}],
)
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError, match="expected"):
        make(**options)
    with pytest.raises(ValueError, match="expected"):
        TransformerClassifier(V, D, 2, 0)


@pytest.mark.parametrize(
    "ids",
    [
        torch.tensor([[V]]),
        torch.ones(0, 2).long(),
        torch.ones(2, 0).long(),
    ],
)
def test_bad_ids_are_refused(ids):
    with pytest.raises(ValueError, match="expected"):
        make()(ids)
