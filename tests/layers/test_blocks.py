"""The Transformer's blocks against torch.nn's, and what may move what."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.layers import DecoderBlock, EncoderBlock, causal_mask

SEEDS = st.integers(0, 2**31)
OPTIONS = st.fixed_dictionaries(
    {
        "num_heads": st.sampled_from([1, 2, 4]),
        "inner_size": st.integers(1, 9),
        "norm_first": st.booleans(),
        "activation": st.sampled_from(["relu", "gelu"]),
        "bias": st.booleans(),
    }
)
MEMORY_MASK = torch.tensor([[True, True, False, True, False], [False, True, False, False, False]])


def twins(kind, theirs, options, causal=None):
    """Our block and torch's with the same parameters, all of them away from their first values."""
    D = 4 * options["num_heads"]
    twin = theirs(
        D,
        options["num_heads"],
        options["inner_size"],
        dropout=0.0,
        activation=options["activation"],
        norm_first=options["norm_first"],
        bias=options["bias"],
        batch_first=True,
    )
    for parameter in twin.parameters():
        nn.init.normal_(parameter, std=0.5)
    block = kind(D, **options, **({} if causal is None else {"causal": causal}))
    block.load_state_dict(twin.state_dict())
    return block.double(), twin.double(), D


def compare(block, twin, found, expected, inputs):
    torch.testing.assert_close(found, expected)
    upstream = torch.randn_like(found)
    ours, theirs = (
        torch.autograd.grad(y, [*inputs, *module.parameters()], upstream)
        for module, y in ((block, found), (twin, expected))
    )
    names = [n for n, _ in block.named_parameters()]
    mine = dict(zip(names, ours[len(inputs) :], strict=True))
    torch.testing.assert_close(ours[: len(inputs)], theirs[: len(inputs)])
    their_names = [n for n, _ in twin.named_parameters()]
    torch.testing.assert_close(mine, dict(zip(their_names, theirs[len(inputs) :], strict=True)))


@settings(max_examples=40)
@given(OPTIONS, st.booleans(), st.booleans(), st.integers(1, 6), SEEDS)
def test_the_encoder_block_equals_torch(options, causal, masked, T, seed):
    torch.manual_seed(seed)
    block, twin, D = twins(EncoderBlock, nn.TransformerEncoderLayer, options, causal)
    x = torch.randn(2, T, D).double().requires_grad_()
    mask = torch.rand(2, T) < 0.6
    mask[:, 0] = True  # torch's is NaN where nothing is seen
    found, _ = block(x, mask=mask if masked else None)
    expected = twin(
        x,
        src_mask=~causal_mask(T) if causal else None,
        src_key_padding_mask=~mask if masked else None,
    )
    compare(block, twin, found, expected, [x])


@settings(max_examples=40)
@given(OPTIONS, st.booleans(), st.integers(1, 6), st.integers(1, 5), SEEDS)
def test_the_decoder_block_equals_torch(options, masked, T, S, seed):
    torch.manual_seed(seed)
    block, twin, D = twins(DecoderBlock, nn.TransformerDecoderLayer, options)
    x, memory = (torch.randn(2, n, D).double().requires_grad_() for n in (T, S))
    mask = torch.rand(2, S) < 0.6
    mask[:, 0] = True
    found, _ = block(x, block.start(memory, mask if masked else None))
    expected = twin(
        x,
        memory,
        tgt_mask=~causal_mask(T),
        memory_key_padding_mask=~mask if masked else None,
    )
    compare(block, twin, found, expected, [x, memory])


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("rotary", [False, True])
@settings(max_examples=20)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), SEEDS)
def test_reading_on_equals_reading_at_once(norm_first, rotary, parts, seed):
    torch.manual_seed(seed)
    options = {"norm_first": norm_first, "rotary": rotary}
    encoder = EncoderBlock(8, 2, 5, causal=True, **options).double()
    decoder = DecoderBlock(8, 2, 5, **options).double()
    x, memory = torch.randn(2, sum(parts), 8).double(), torch.randn(2, 5, 8).double()
    for block, start in ((encoder, None), (decoder, decoder.start(memory, MEMORY_MASK))):
        state, found = start, []
        for part in x.split(parts, dim=1):
            y, state = block(part, state)
            found.append(y)
        whole, end = block(x, start)
        torch.testing.assert_close(torch.cat(found, dim=1), whole, rtol=1e-12, atol=1e-12)
        ends, wholes = (s if block is encoder else s[0] for s in (state, end))
        torch.testing.assert_close(ends, wholes, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rotary", [False, True])
def test_the_future_cannot_move_the_past(rotary):
    encoder = EncoderBlock(8, 2, 5, causal=True, rotary=rotary)
    decoder = DecoderBlock(8, 2, 5, rotary=rotary)
    x = torch.randn(2, 6, 8)
    changed = torch.cat([x[:, :4], torch.randn(2, 2, 8)], dim=1)
    for block, start in ((encoder, None), (decoder, decoder.start(torch.randn(2, 3, 8)))):
        before, after = block(x, start)[0], block(changed, start)[0]
        torch.testing.assert_close(before[:, :4], after[:, :4], rtol=0, atol=0)
        assert not torch.isclose(before[:, 4:], after[:, 4:]).all(dim=2).any()
    open_block = EncoderBlock(8, 2, 5, rotary=rotary)
    assert not torch.isclose(open_block(x)[0][:, :4], open_block(changed)[0][:, :4]).all()


@pytest.mark.parametrize("rotary", [False, True])
def test_padding_cannot_move_what_is_real(rotary):
    block = EncoderBlock(8, 2, 5, rotary=rotary).double()
    x, mask = torch.randn(2, 6, 8).double(), torch.arange(6) < torch.tensor([[6], [4]])
    changed = torch.where(mask.unsqueeze(2), x, 100 * torch.randn(2, 6, 8).double())
    found, moved = block(x, mask=mask)[0], block(changed, mask=mask)[0]
    torch.testing.assert_close(found[mask], moved[mask], rtol=0, atol=0)
    torch.testing.assert_close(found[1:, :4], block(x[1:, :4])[0])


@pytest.mark.parametrize("filler", [torch.nan, 1e30])
def test_the_padding_of_a_source_cannot_move_the_target(filler):
    block = DecoderBlock(8, 2, 5).double()
    x, memory = torch.randn(2, 3, 8).double(), torch.randn(2, 5, 8).double()
    changed = memory.masked_fill(~MEMORY_MASK.unsqueeze(2), filler)
    found, moved = (block(x, block.start(m, MEMORY_MASK))[0] for m in (memory, changed))
    torch.testing.assert_close(found, moved, rtol=0, atol=0)
    alone = block(x[1:], block.start(memory[1:, 1:2]))[0]
    torch.testing.assert_close(found[1:], alone)


def test_rotary_positions_see_distances_and_order():
    block = EncoderBlock(8, 2, 5, rotary=True).double()
    plain = EncoderBlock(8, 2, 5).double()
    plain.load_state_dict(block.state_dict())
    x = torch.randn(1, 5, 8).double()
    torch.testing.assert_close(plain(x.flip(1))[0].flip(1), plain(x)[0])  # a bag of tokens
    assert not torch.isclose(block(x.flip(1))[0].flip(1), block(x)[0]).all()
    mask = torch.tensor([[False] * 3 + [True] * 5])
    shifted, _ = block(torch.cat([torch.zeros(1, 3, 8).double(), x], dim=1), mask=mask)
    torch.testing.assert_close(shifted[:, 3:], block(x)[0], rtol=1e-5, atol=1e-5)


def test_dropout_is_at_work_in_training_only():
    block = EncoderBlock(8, 2, 64, dropout=0.5)
    x = torch.randn(2, 3, 8)
    assert not torch.isclose(block(x)[0], block(x)[0]).all()
    twin = EncoderBlock(8, 2, 64).eval()
    twin.load_state_dict(block.state_dict())
    torch.testing.assert_close(block.eval()(x), twin(x), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_heads": 3}, "heads that divides model_size"),
        ({"num_heads": 0, "rotary": True}, "expected at least 1"),
        ({"inner_size": 0}, "inner_size is 0"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"activation": "tanh"}, "activation is 'tanh'"),
        ({"model_size": 6, "rotary": True}, "6 features in 2 heads cannot be paired"),
    ],
)
@pytest.mark.parametrize("kind", [EncoderBlock, DecoderBlock])
def test_bad_options_are_refused(shapes_unchecked, kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(**{"model_size": 4, "num_heads": 2, "inner_size": 3} | options)


def test_what_does_not_fit_is_refused(shapes_unchecked):
    block, decoder = EncoderBlock(4, 2, 3), DecoderBlock(4, 2, 3)
    x, mask = torch.zeros(2, 3, 4), torch.ones(2, 3).bool()
    _, state = block(x)
    with pytest.raises(ValueError, match="only a causal block without a mask"):
        block(x, state)
    block.causal = True
    with pytest.raises(ValueError, match="only a causal block without a mask"):
        block(x, state, mask)
    with pytest.raises(ValueError, match=r"the state's keys has shape .* expected \(1, 2, S, 2\)"):
        block(x[:1], state)
    for bad in (torch.zeros(2, 3), torch.zeros(2, 3, 5), torch.zeros(2, 0, 4)):
        with pytest.raises(ValueError, match="x has shape"):
            block(bad)
    for bad in (mask[:1], mask[:, :2], mask.float()):
        with pytest.raises(ValueError, match="mask is"):
            block(x, mask=bad)
        with pytest.raises(ValueError, match="mask is"):
            decoder.start(x, bad)
    with pytest.raises(ValueError, match="expected S >= 1"):
        decoder.start(x[:, :0])
    with pytest.raises(ValueError, match="memory has shape"):
        decoder.start(torch.zeros(2, 3, 5))
    with pytest.raises(ValueError, match="x has 1 rows and the source 2"):
        decoder(x[:1], decoder.start(x))
