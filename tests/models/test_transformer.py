"""The Transformer: torch's stacks, no leak of the future or the padding, and an exact cache."""

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.layers import causal_mask, sinusoids
from textbook_nlp.models import Transformer, TransformerLanguageModel, count_parameters
from textbook_nlp.training import beam_search, generate

V, D, N, L = 11, 8, 2, 2
SEEDS = st.integers(0, 2**31)
OPTIONS = st.fixed_dictionaries(
    {
        "positions": st.sampled_from(["sinusoid", "learned", "rotary", None]),
        "norm_first": st.booleans(),
        "tied": st.booleans(),
        "inner_size": st.sampled_from([None, 5]),
    }
)


def language_model(positions="sinusoid", **options):
    max_length = 12 if positions == "learned" else None
    options = {"positions": positions, "max_length": max_length} | options
    return TransformerLanguageModel(V, D, N, L, **options).double().eval()


def translator(positions="sinusoid", **options):
    max_length = 12 if positions == "learned" else None
    options = {"positions": positions, "max_length": max_length} | options
    return Transformer(V + 2, V, D, N, L, **options).double().eval()


def torch_stack(kind, layer, blocks, norm, **options):
    """A stack of torch's with the parameters of ours."""
    made = layer(D, N, len(blocks[0].linear1.weight), 0.0, batch_first=True, **options)
    plainly = {"enable_nested_tensor": False} if kind is nn.TransformerEncoder else {}
    stack = kind(made, len(blocks), copy.deepcopy(norm), **plainly).double()
    for theirs, ours in zip(stack.layers, blocks, strict=True):
        theirs.load_state_dict(ours.state_dict())
    return stack


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_the_language_model_equals_torch_layers(norm_first, tied):
    model = language_model(norm_first=norm_first, tied=tied)
    twin = torch_stack(
        nn.TransformerEncoder,
        nn.TransformerEncoderLayer,
        model.blocks,
        model.norm if norm_first else None,
        norm_first=norm_first,
        activation="gelu",
    )
    ids = torch.randint(V, (3, 6))
    x = model.embedding.weight[ids] * math.sqrt(D) + sinusoids(6, D, dtype=torch.float64)
    weight = model.embedding.weight if tied else model.affine.weight
    expected = twin(x, mask=~causal_mask(6)) @ weight.T
    torch.testing.assert_close(model(ids)[0], expected)
    upstream = torch.randn_like(expected)
    ours = torch.autograd.grad(model(ids)[0], model.blocks.parameters(), upstream)
    theirs = torch.autograd.grad(expected, twin.layers.parameters(), upstream)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_translator_equals_torch_layers(norm_first):
    model = translator(norm_first=norm_first)
    encoder, decoder = (
        torch_stack(kind, layer, blocks, norm if norm_first else None, norm_first=norm_first)
        for kind, layer, blocks, norm in (
            (nn.TransformerEncoder, nn.TransformerEncoderLayer, model.encoder, model.source_norm),
            (nn.TransformerDecoder, nn.TransformerDecoderLayer, model.decoder, model.target_norm),
        )
    )
    source, target = torch.randint(V + 2, (3, 5)), torch.randint(V, (3, 6))
    mask = torch.arange(5) < torch.tensor([[5], [2], [4]])
    x, y = (
        embedding.weight[ids] * math.sqrt(D) + sinusoids(ids.shape[1], D, dtype=torch.float64)
        for embedding, ids in (
            (model.source_embedding, source),
            (model.target_embedding, target),
        )
    )
    memory = encoder(x, src_key_padding_mask=~mask)
    result = decoder(y, memory, tgt_mask=~causal_mask(6), memory_key_padding_mask=~mask)
    expected = result @ model.target_embedding.weight.T
    found, _ = model(target, model.read(source, mask))
    torch.testing.assert_close(found, expected)
    upstream = torch.randn_like(expected)
    for y in (found, expected):
        (y * upstream).sum().backward()
    for ours, theirs in ((model.encoder, encoder.layers), (model.decoder, decoder.layers)):
        mine, others = ({n: p.grad for n, p in m.named_parameters()} for m in (ours, theirs))
        torch.testing.assert_close(mine, others)


@settings(max_examples=15)
@given(OPTIONS, st.integers(0, 7), SEEDS)
def test_the_future_cannot_move_the_past(options, position, seed):
    torch.manual_seed(seed)
    ids, source = torch.randint(V, (3, 8)), torch.randint(V, (3, 4))
    changed = ids.clone()
    changed[:, position:] = (ids[:, position:] + 1) % V
    alone, both = language_model(**options), translator(**options)
    for read in (alone, lambda ids: both(ids, both.read(source))):
        before, after = read(ids)[0], read(changed)[0]
        torch.testing.assert_close(before[:, :position], after[:, :position], rtol=0, atol=0)
        assert (before[:, position] - after[:, position]).abs().max() > 1e-6


@settings(max_examples=15)
@given(OPTIONS, st.integers(1, 5), st.integers(0, 4), SEEDS)
def test_the_padding_of_a_source_matters_to_nothing(options, real, more, seed):
    torch.manual_seed(seed)
    model = translator(**options)
    source, ids = torch.randint(V, (2, 5 + more)), torch.randint(V, (2, 4))
    mask = torch.arange(5 + more) < torch.tensor([[5 + more], [real]])
    changed = torch.where(mask, source, (source + 1) % V)
    found, moved = (model(ids, model.read(s, mask))[0] for s in (source, changed))
    torch.testing.assert_close(found, moved, rtol=0, atol=0)
    alone, _ = model(ids[1:], model.read(source[1:, :real]))
    torch.testing.assert_close(found[1:], alone)
    if mask.all():
        return
    unmasked = [model(ids, model.read(s))[0] for s in (source, changed)]
    assert (unmasked[0] - unmasked[1]).abs().max() > 1e-9  # it does where nothing hides it


@settings(max_examples=15)
@given(OPTIONS, st.lists(st.integers(1, 3), min_size=1, max_size=4), SEEDS)
def test_the_cache_is_exact(options, parts, seed):
    torch.manual_seed(seed)
    ids, source = torch.randint(V, (2, sum(parts))), torch.randint(V, (2, 4))
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    alone, both = language_model(**options), translator(**options)
    for model, start in ((alone, None), (both, both.read(source, mask))):
        state, found = start, []
        for part in ids.split(parts, dim=1):
            logits, state = model(part, state)
            found.append(logits)
        whole, end = model(ids, start)
        torch.testing.assert_close(torch.cat(found, dim=1), whole, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(state, end, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("positions", ["sinusoid", "learned", "rotary"])
def test_generation_with_the_cache_equals_reading_everything_anew(positions):
    alone, both = language_model(positions), translator(positions)
    ids, source = torch.randint(V, (3, 2)), torch.randint(V, (3, 4))
    mask = torch.tensor([[True] * 4, [True, True, False, False], [True, True, True, False]])
    for model, start in ((alone, None), (both, both.read(source, mask))):
        found, anew = generate(model.train(), ids, steps=8, state=start), ids
        assert model.training
        model.eval()
        for _ in range(8):
            logits, _ = model(anew, start)
            anew = torch.cat([anew, logits[:, -1:].argmax(dim=2)], dim=1)
        torch.testing.assert_close(found, anew[:, 2:])


def test_a_wide_beam_finds_the_likeliest_of_all_continuations():
    model = Transformer(V, 3, D, N, L).double().eval()
    with torch.no_grad():
        model.affine.weight.mul_(4)  # clear preferences
    source, first = torch.randint(V, (2, 5)), torch.zeros(2, 1, dtype=torch.int64)
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    found = beam_search(model, first, steps=3, width=27, state=model.read(source, mask))
    every = torch.cartesian_prod(*[torch.arange(3)] * 3)
    for row in range(2):
        state = model.read(source[row : row + 1].expand(27, 5), mask[row : row + 1].expand(27, 5))
        logits, _ = model(torch.cat([torch.zeros(27, 1).long(), every[:, :2]], dim=1), state)
        log_p = logits.log_softmax(dim=2).gather(2, every.unsqueeze(2)).sum(dim=(1, 2))
        best = log_p.argsort(descending=True)
        torch.testing.assert_close(found.ids[row], every[best])
        torch.testing.assert_close(found.log_probabilities[row].double(), log_p[best].detach())


def test_the_first_loss_is_near_that_of_a_uniform_guess():
    for tied in (False, True):
        model = TransformerLanguageModel(1000, 64, 4, 2, tied=tied)
        logits, _ = model(torch.randint(1000, (8, 20)))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), torch.randint(1000, (160,)))
        assert abs(loss.item() - math.log(1000)) < 1


def test_how_many_parameters_there_are():
    model = TransformerLanguageModel(100, 16, 4, 3, inner_size=50)
    block = 4 * (16 * 16 + 16) + (16 * 50 + 50) + (50 * 16 + 16) + 4 * 16
    assert count_parameters(model) == 100 * 16 + 3 * block + 2 * 16
    free = TransformerLanguageModel(100, 16, 4, 3, inner_size=50, tied=False)
    assert count_parameters(free) - count_parameters(model) == 100 * 16


def test_dropout_is_at_work_in_training_only():
    ids = torch.randint(V, (2, 6))
    for model in (language_model(dropout=0.5), translator(dropout=0.5)):
        read = model if isinstance(model, TransformerLanguageModel) else model.encode
        torch.testing.assert_close(read(ids), read(ids), rtol=0, atol=0)
        model.train()
        first, second = (x[0] if isinstance(x, tuple) else x for x in (read(ids), read(ids)))
        assert not torch.isclose(first, second).all()


def test_without_positions_an_encoder_sees_a_bag():
    source = torch.randint(V, (1, 6))
    for positions, bag in ((None, True), ("sinusoid", False), ("rotary", False)):
        model = translator(positions)
        there, back = model.encode(source), model.encode(source.flip(1)).flip(1)
        assert torch.isclose(there, back).all() == bag


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_layers": 0}, "num_layers is 0"),
        ({"num_heads": 3}, "heads that divides model_size"),
        ({"positions": "learned"}, "learned positions need a max_length"),
        ({"max_length": 5}, "no others have one"),
        ({"positions": "learned", "max_length": 0}, "max_length is 0"),
        ({"positions": "absolute"}, "positions is 'absolute'"),
        ({"model_size": 7, "num_heads": 7}, "an even model_size for sinusoids"),
        ({"model_size": 6, "num_heads": 2, "positions": "rotary"}, "cannot be paired"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"inner_size": 0}, "inner_size is 0"),
        ({"activation": "tanh"}, "activation is 'tanh'"),
    ],
)
def test_bad_options_are_refused(shapes_unchecked, options, message):
    options = {"model_size": D, "num_heads": N, "num_layers": L} | options
    with pytest.raises(ValueError, match=message):
        TransformerLanguageModel(V, **options)
    with pytest.raises(ValueError, match=message):
        Transformer(V, V, **options)
    for sizes in ((0, V), (V, 0)):
        with pytest.raises(ValueError, match="vocabulary_size is 0"):
            Transformer(*sizes, D, N, L)


def test_bad_input_is_refused(shapes_unchecked):
    model, alone = translator("learned"), language_model("learned")
    source, mask = torch.zeros(2, 4, dtype=torch.int64), torch.ones(2, 4).bool()
    state = model.read(source, mask)
    for read in (alone, model.encode, lambda ids: model(ids, state)):
        for bad, message in (
            (source[:, :0], "expected at least one"),
            (source.float(), "expected integers"),
            (source[0], "expected integers of shape"),
            (source - 1, "ids run from -1"),
            (source + V + 2, "encode with the model's vocabulary"),
            (source.new_zeros(2, 13), "has 13 tokens, but there are only 12 learned positions"),
        ):
            with pytest.raises(ValueError, match=message):
                read(bad)
    for bad in (mask[:1], mask[:, :3], mask.long()):
        with pytest.raises(ValueError, match="mask is"):
            model.read(source, bad)
    with pytest.raises(ValueError, match="row 1 of the source holds no token"):
        model.read(source, mask & torch.tensor([[True], [False]]))
    with pytest.raises(ValueError, match="x has 1 rows and the source 2"):
        model(source[:1], state)
    with pytest.raises(ValueError, match="the state is 1 parts; expected a tuple of 2"):
        model(source, state[:1])
    with pytest.raises(ValueError, match="the state is Tensor"):
        alone(source, torch.zeros(2))
    with pytest.raises(ValueError, match="the state is a tuple of other parts; expected a tuple"):
        alone(source, (1, 2))
    _, past = alone(source)
    with pytest.raises(ValueError, match="the state's keys has shape"):
        alone(source[:1], past)
    with pytest.raises(ValueError, match="has 13 tokens"):
        alone(source.new_zeros(2, 9), past)


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    "part", [None, (), (None, None), (("keys", "values"), None), (None, (None, None, None)), 1]
)
def test_who_has_not_read_the_source_is_told_to(part):
    model, ids = translator(), torch.zeros(2, 3, dtype=torch.int64)
    advice = r"read the source first: state = model.read\(source\)"
    with pytest.raises(ValueError, match=advice):
        model(ids, (part,) * L)
    with pytest.raises(ValueError, match=advice):
        generate(model, ids, steps=2)
    _, past = language_model()(ids)
    with pytest.raises(ValueError, match=advice):  # that of a model of one text
        model(ids, past)


def test_compiles_without_a_break(shapes_unchecked):
    model = language_model("rotary")
    ids = torch.randint(V, (2, 3))
    torch.compiler.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    with torch.no_grad():
        torch.testing.assert_close(compiled(ids), model(ids))
