"""Encoder and decoder: against torch's layers, step by step, padding, and what is refused."""

from functools import partial
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from textbook_nlp.layers import AdditiveScore, GRUCell, LSTMCell, RNNCell, dot_score
from textbook_nlp.models import (
    DecoderState,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
    count_parameters,
    saito_init,
)
from textbook_nlp.training import answer, exact_answers, select, seq2seq_loss

V, W, E, H = 9, 7, 4, 5  # V ids in the source, W in the target
SEEDS = st.integers(0, 2**31)
KINDS = st.fixed_dictionaries(
    {
        "peeky": st.booleans(),
        "score": st.sampled_from([None, "dot", "additive"]),
        "layers": st.integers(1, 2),
        "cell": st.sampled_from([LSTMCell, GRUCell, RNNCell]),
        "handover": st.sampled_from(["hidden", "state", "affine"]),
        "bidirectional": st.booleans(),
    }
)


def make(
    peeky=False,
    score=None,
    layers=1,
    cell=LSTMCell,
    handover="state",
    bidirectional=False,
    dropout=0.0,
    target=W,
):
    """A model in double precision whose weights are large enough for all paths to matter."""
    if bidirectional:
        handover = "affine"
    encoder = RecurrentEncoder(
        V, E, H, layers, cell=cell, bidirectional=bidirectional, dropout=dropout
    )
    C = encoder.output_size
    if score is not None:
        score = AdditiveScore(C, C, 3) if score == "additive" else dot_score
    decoder = RecurrentDecoder(
        target, E, C, layers, cell=cell, peeky=peeky, score=score, dropout=dropout
    )
    if handover != "affine" and C != H:
        handover = "affine"
    model = Seq2Seq(encoder, decoder, handover=handover).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.7)
    return model


def batch(B=3, S=6, T=5, target=W):
    return torch.randint(V, (B, S)), torch.randint(target, (B, T))


def lstm(cell):
    """The layer of torch with the weights of a cell."""
    twin = nn.LSTM(cell.input_size, cell.hidden_size, batch_first=True).double()
    twin.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    return twin


@pytest.mark.parametrize("handover", ["hidden", "state"])
@pytest.mark.parametrize(("peeky", "score"), [*product([False, True], [None, "dot"])])
def test_the_logits_are_those_of_the_layers_of_torch(peeky, score, handover):
    model = make(peeky, score, handover=handover)
    source, target = batch()
    (reader,), (writer,) = model.encoder.recurrent.cells, model.decoder.recurrent.cells
    hs, (h, c) = lstm(reader)(model.encoder.embedding(source))
    x = model.decoder.embedding(target)
    again = h.transpose(0, 1).expand(-1, target.shape[1], -1)
    if peeky:
        x = torch.cat([again, x], dim=2)
    outputs, _ = lstm(writer)(x, (h, torch.zeros_like(c) if handover == "hidden" else c))
    features = outputs
    if score:
        weights = torch.einsum("bth,bsh->bts", outputs, hs).softmax(dim=2)
        features = torch.cat([torch.einsum("bts,bsh->bth", weights, hs), features], dim=2)
        torch.testing.assert_close(model.decoder.alignment(target, model.read(source)), weights)
    if peeky:
        features = torch.cat([again, features], dim=2)
    logits, _ = model(target, model.read(source))
    torch.testing.assert_close(logits, model.decoder.affine(features))


@pytest.mark.parametrize(
    ("V", "H", "options", "expected"),
    [
        (13, 128, {}, 150_573),  # rows 1 to 5
        (13, 128, {"peeky": True}, 217_773),
        (59, 256, {"score": dot_score}, 591_259),
    ],
)
def test_the_models_of_the_source_have_as_many_parameters(V, H, options, expected):
    cell = partial(LSTMCell, bias="single")
    encoder = RecurrentEncoder(V, 16, H, cell=cell)
    decoder = RecurrentDecoder(V, 16, H, cell=cell, **options)
    assert count_parameters(Seq2Seq(encoder, decoder, handover="hidden")) == expected


def test_the_start_of_the_source_reaches_every_weight():
    model = make(peeky=True, score="dot", layers=2, handover="affine", target=200)
    saito_init(model)
    decoder = model.decoder
    torch.testing.assert_close(decoder.embedding.weight.std().item(), 0.01, rtol=0.1, atol=0)
    std = decoder.affine.in_features**-0.5
    torch.testing.assert_close(decoder.affine.weight.std().item(), std, rtol=0.1, atol=0)
    for cell in (*model.encoder.recurrent.cells, *decoder.recurrent.cells):
        std = cell.input_size**-0.5
        torch.testing.assert_close(cell.weight_ih.std().item(), std, rtol=0.3, atol=0)
        assert not cell.bias_ih.any()
        assert not cell.bias_hh.any()


@settings(max_examples=12, deadline=None)
@given(KINDS, SEEDS)
def test_all_steps_at_once_equal_one_after_another(kinds, seed):
    torch.manual_seed(seed)
    model, (source, target) = make(**kinds), batch()
    logits, end = model(target, model.read(source))
    state, steps = model.read(source), []
    for t in range(target.shape[1]):
        step, state = model(target[:, t : t + 1], state)
        steps.append(step)
    torch.testing.assert_close(torch.cat(steps, dim=1), logits)
    torch.testing.assert_close(state.recurrent, end.recurrent)


@settings(max_examples=12, deadline=None)
@given(KINDS, SEEDS)
def test_the_teacher_forced_loss_is_the_mean_over_steps_fed_with_the_truth(kinds, seed):
    torch.manual_seed(seed)
    model, (source, target) = make(**kinds), batch()
    target[0, 3:] = 0  # padding
    target[1:, 1:].clamp_(min=1)
    state, total = model.read(source, source != 0), 0.0
    wanted = target[:, 1:]
    for t in range(wanted.shape[1]):
        logits, state = model(target[:, t : t + 1], state)
        nats = F.cross_entropy(logits[:, 0], wanted[:, t], reduction="none")
        total = total + nats[wanted[:, t] != 0].sum()
    loss, items = seq2seq_loss(model, (source, target), padding_id=0)
    assert items == int((wanted != 0).sum())
    torch.testing.assert_close(loss, total / items)


@settings(max_examples=12, deadline=None)
@given(KINDS, SEEDS)
def test_running_free_is_reading_what_it_wrote_itself(kinds, seed):
    torch.manual_seed(seed)
    model = make(**kinds)
    source, target = batch()
    target[:, 0] = 2
    own = answer(model, source, 2, steps=4)
    logits, _ = model(torch.cat([target[:, :1], own[:, :-1]], dim=1), model.read(source))
    expected = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())
    free, items = seq2seq_loss(model, (source, target), teacher_forcing=False)
    assert items == 12
    torch.testing.assert_close(free, expected)
    same = source, torch.cat([target[:, :1], own], dim=1)
    torch.testing.assert_close(  # a model that is right reads the truth either way
        seq2seq_loss(model, same, teacher_forcing=False), seq2seq_loss(model, same)
    )


@settings(max_examples=12, deadline=None)
@given(KINDS, SEEDS)
def test_what_stands_in_the_padding_matters_neither_to_scores_nor_to_gradients(kinds, seed):
    torch.manual_seed(seed)
    model = make(**kinds)
    source, target = batch(B=2)
    mask = torch.tensor([[True] * 4 + [False] * 2, [True] * 6])
    found = []
    for filler in (0, 3):
        filled = source.masked_fill(~mask, filler)
        model.zero_grad()
        logits, _ = model(target, model.read(filled, mask))
        logits.square().sum().backward()
        found.append([logits.detach(), *(p.grad for p in model.parameters() if p.grad is not None)])
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)
    alone, _ = model(target[:1], model.read(source[:1, :4]))
    torch.testing.assert_close(found[0][0][:1], alone.detach())


@settings(max_examples=12, deadline=None)
@given(KINDS, SEEDS)
def test_later_tokens_do_not_matter_and_every_source_token_does(kinds, seed):
    torch.manual_seed(seed)
    model, (source, target) = make(**kinds), batch()
    changed = target.clone()
    changed[:, 3:] = (target[:, 3:] + 1) % W
    state = model.read(source)
    before, after = model(target, state)[0], model(changed, state)[0]
    torch.testing.assert_close(before[:, :3], after[:, :3], rtol=0, atol=0)
    for t in range(source.shape[1]):
        other = source.clone()
        other[:, t] = (source[:, t] + 1) % V
        assert not torch.equal(model(target, model.read(other))[0], before)


def test_the_weights_of_attention_sum_to_one_over_the_real_tokens():
    model, (source, target) = make(score="additive", bidirectional=True), batch()
    mask = torch.arange(6) < torch.tensor([[6], [2], [4]])
    weights = model.decoder.alignment(target, model.read(source, mask))
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 5).double())
    assert not weights[~mask.unsqueeze(1).expand_as(weights)].any()
    with pytest.raises(ValueError, match="this decoder has no attention"):
        make().decoder.alignment(target, make().read(source))


@settings(max_examples=8, deadline=None)
@given(KINDS, st.sampled_from([None, 1, 3]), SEEDS)
def test_a_batch_is_answered_as_its_sources_are_one_by_one(kinds, width, seed):
    torch.manual_seed(seed)
    model = make(**kinds, dropout=0.5)
    mask = torch.arange(6) < torch.tensor([[6], [2], [4]])
    source, _ = batch()
    options = {"steps": 5, "width": width, "end": 1, "padding_id": 0}
    found = answer(model, source, 2, mask=mask, **options)
    assert model.training
    for row, length in enumerate((6, 2, 4)):
        alone = answer(model, source[row : row + 1, :length], 2, **options)
        alone = F.pad(alone, (0, found.shape[1] - alone.shape[1]))
        torch.testing.assert_close(found[row : row + 1], alone)


def test_one_beam_is_greedy_and_as_many_as_there_are_find_the_best():
    torch.manual_seed(0)
    for _ in range(5):
        model = make(peeky=True, score="dot", target=3).eval()
        source, _ = batch(B=2)
        greedy = answer(model, source, 0, steps=3)
        torch.testing.assert_close(answer(model, source, 0, steps=3, width=1), greedy)
        everything = torch.tensor(list(product(range(3), repeat=3)))
        best = answer(model, source, 0, steps=3, width=27)
        for row in range(2):
            read = torch.cat([torch.zeros(27, 1).long(), everything[:, :-1]], dim=1)
            state = select(model.read(source), torch.full((27,), row))
            log_p = model(read, state)[0].log_softmax(dim=2)
            scores = log_p.gather(2, everything.unsqueeze(2)).sum(dim=(1, 2))
            torch.testing.assert_close(best[row], everything[scores.argmax()])


def test_exact_answers_count_whole_targets():
    model = make(peeky=True)
    source, _ = batch(B=4)
    own = answer(model, source, 2, steps=3)
    target = torch.cat([torch.full((4, 1), 2), own], dim=1)
    assert exact_answers(model, (source, target)) == (1, 4)
    target[1, 3] = (target[1, 3] + 1) % W
    target[2, 1:] = (target[2, 1:] + 1) % W
    assert exact_answers(model, (source, target)) == (0.5, 4)


@pytest.mark.parametrize("width", [None, 2])
def test_what_follows_the_end_of_an_answer_does_not_count(width):
    torch.manual_seed(1)
    model = make(peeky=True)
    with torch.no_grad():
        model.decoder.affine.bias[1] = 50.0  # ends at once
    source = torch.randint(1, V, (4, 6))
    target = torch.tensor([[2, 1, 0, 0]]).repeat(4, 1)
    options = {"padding_id": 0, "end": 1, "width": width}
    assert exact_answers(model, (source, target), **options) == (1, 4)
    target[0, 1:3] = torch.tensor([3, 1])
    assert exact_answers(model, (source, target), **options) == (0.75, 4)


def test_a_deep_encoder_whose_first_layer_reads_both_ways():
    encoder = RecurrentEncoder(
        V, E, [3, 6, 6], 3, bidirectional=[True, False, False], residual_from=1
    )
    decoder = RecurrentDecoder(W, E, 6, 3, score=dot_score, residual_from=1)
    model = Seq2Seq(encoder, decoder, handover="affine").double()
    source, target = batch()
    loss, _ = seq2seq_loss(model, (source, target))
    loss.backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


@pytest.mark.parametrize(
    ("source", "mask", "message"),
    [
        (torch.zeros(2, 0).long(), None, r"the source has shape \(2, 0\); expected \(B, S\), S >="),
        (torch.zeros(0, 3).long(), None, r"the source has shape \(0, 3\)"),
        (torch.full((2, 3), V), None, "ids run from 9 to 9; expected 0 to 8: encode with the"),
        (torch.full((2, 3), -1), None, "ids run from -1"),
        (torch.zeros(2, 3), None, "expected integers"),
        (torch.zeros(3).long(), None, "expected integers of shape"),
        (torch.zeros(2, 3).long(), torch.ones(2, 4).bool(), r"mask is torch.bool of shape \(2, 4"),
        (torch.zeros(2, 3).long(), torch.ones(2, 3), "mask is torch.float32"),
        (
            torch.zeros(2, 3).long(),
            torch.tensor([[True] * 3, [False] * 3]),
            "row 1 of the source holds no token: leave empty sources out",
        ),
    ],
)
def test_sources_that_do_not_fit_are_refused(shapes_unchecked, source, mask, message):
    with pytest.raises(ValueError, match=message):
        make().read(source, mask)


def without(state, **parts):
    return state._replace(**parts)


def test_targets_and_states_that_do_not_fit_are_refused(shapes_unchecked):
    model, (source, target) = make(peeky=True, score="dot"), batch()
    state = model.read(source)
    for ids, given_state, error, message in [
        (target[:2], state, ValueError, "ids have 2 rows and the state 3; expected a row of the"),
        (target[:, :0], state, ValueError, r"ids have shape \(3, 0\); expected \(B, T\), T >= 1"),
        (target + W, state, ValueError, "expected 0 to 6"),
        (target, None, TypeError, "the state is a NoneType; expected a DecoderState: read the so"),
        (target, DecoderState(None), ValueError, r"read the source first: state = model.read\(so"),
        (target, DecoderState(()), ValueError, "read the source first"),
        (target, DecoderState((None,)), ValueError, "read the source first"),
        (target, DecoderState(((None, None),)), ValueError, "read the source first"),
        (target, state.recurrent, TypeError, "the state is a tuple"),
        (target, without(state, summary=None), ValueError, "a peeky decoder needs the summary"),
        (target, without(state, memory=None), ValueError, "attention needs the memory"),
        (target, without(state, summary=state.summary[:, :2]), ValueError, "summary has shape"),
        (target, without(state, memory=state.memory[:2]), ValueError, "the memory has shape"),
    ]:
        with pytest.raises(error, match=message):
            model(ids, given_state)


@pytest.mark.parametrize("made", [RecurrentEncoder, RecurrentDecoder])
def test_an_empty_vocabulary_is_refused(made):
    for sizes, message in (
        ((0, E, H), "vocabulary_size is 0"),
        ((-1, E, H), "vocabulary_size is -1"),
        ((V, 0, H), "embedding_size is 0; expected at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            made(*sizes)


def test_pairs_that_do_not_fit_are_refused(shapes_unchecked):
    model, (source, target) = make(), batch()
    for measure in (seq2seq_loss, exact_answers):
        with pytest.raises(ValueError, match="expected .* one target a source"):
            measure(model, (source, target[:2]))
        with pytest.raises(ValueError, match="the token to start with and at least one more"):
            measure(model, (source, target[:, :1]))
    with pytest.raises(ValueError, match=r"all targets are padding \(0\)"):
        seq2seq_loss(model, (source, torch.zeros_like(target)), padding_id=0)
    target[:, 0] = torch.tensor([1, 2, 2])
    with pytest.raises(ValueError, match="the targets begin with different tokens"):
        exact_answers(model, (source, target))
    target[:, 0] = 2
    with pytest.raises(ValueError, match="padding_id must say what stands behind it"):
        exact_answers(model, (source, target), end=1)
    for options, message in [
        ({"steps": 0}, "steps is 0; expected a whole number, at least 1"),
        ({"steps": 3, "width": 0}, "width is 0; expected a whole number, at least 1"),
        ({"steps": 3, "end": W}, "end is .*; expected ids below 7"),
    ]:
        with pytest.raises(ValueError, match=message):
            answer(model, source, 2, **options)
    with pytest.raises(ValueError, match="ids run from 7 to 7; expected 0 to 6"):
        answer(model, source, W, steps=3)


@pytest.mark.parametrize(
    ("encoder", "decoder", "handover", "message"),
    [
        ({}, {}, "nothing", "handover is 'nothing'; expected 'hidden', 'state' or 'affine'"),
        ({"hidden_size": 6}, {}, "state", "puts out 6 features, the decoder expects 5: give it so"),
        ({"num_layers": 2}, {}, "state", "needs as many layers of the same kind"),
        ({"num_layers": 2}, {}, "hidden", "or choose handover='affine'"),
        ({"cell": GRUCell}, {}, "state", "needs as many layers of the same kind"),
        ({"bidirectional": True}, {"source_size": 10}, "hidden", "all of which read one way"),
    ],
)
def test_what_cannot_be_handed_over_is_refused(
    shapes_unchecked, encoder, decoder, handover, message
):
    sizes = {"embedding_size": E, "hidden_size": H}
    encoder = RecurrentEncoder(V, **sizes | encoder)
    decoder = RecurrentDecoder(W, **sizes | decoder)
    with pytest.raises(ValueError, match=message):
        Seq2Seq(encoder, decoder, handover=handover)


def test_h_alone_goes_from_one_kind_of_cell_to_another():
    encoder, decoder = RecurrentEncoder(V, E, H, cell=GRUCell), RecurrentDecoder(W, E, H)
    source, _ = batch()
    state = Seq2Seq(encoder, decoder, handover="hidden").read(source)
    _, ((h,),) = encoder(source)
    assert isinstance(state, DecoderState)
    torch.testing.assert_close(state.recurrent, ((h, torch.zeros_like(h)),))
    assert state[1:] == (None, None, None)


def test_dropout_is_at_work_in_training_only():
    model, (source, target) = make(dropout=0.5, peeky=True, score="dot"), batch()
    assert not torch.equal(
        model(target, model.read(source))[0], model(target, model.read(source))[0]
    )
    model.eval()
    torch.testing.assert_close(
        model(target, model.read(source))[0], model(target, model.read(source))[0], rtol=0, atol=0
    )
    for part in (RecurrentEncoder, RecurrentDecoder):
        with pytest.raises(ValueError, match="dropout is 1.0; expected a share"):
            part(V, E, H, dropout=1.0)
