"""Decoding against reading everything anew, and beam search against trying every continuation."""

import math
from functools import partial
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.layers import LSTMCell, RNNCell
from textbook_nlp.models import QuestionGenerator, Transformer
from textbook_nlp.models.language_model import RecurrentLanguageModel
from textbook_nlp.text import Vocabulary
from textbook_nlp.training import (
    answer,
    ask,
    beam_search,
    generate,
    greedy,
    sample,
    sampling_distribution,
)
from textbook_nlp.training.decoding.generate import check_prompt


def model_and_prompt(V=8, B=2):
    torch.manual_seed(3)
    model = RecurrentLanguageModel(V, 6, 6, dropout=0.5)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    return model.train(), torch.randint(V, (B, 4))


def test_greedy_equals_reading_everything_anew():
    model, prompt = model_and_prompt()
    new = generate(model, prompt, steps=6)
    assert model.training
    model.eval()
    ids = prompt
    for _ in range(6):
        ids = torch.cat([ids, model(ids)[0][:, -1].argmax(-1, keepdim=True)], dim=1)
    torch.testing.assert_close(new, ids[:, 4:])


class Successor(torch.nn.Module):
    """A language model without parameters: after 3 comes 4."""

    def forward(self, ids, state=None):
        return torch.nn.functional.one_hot((ids + 1) % 6, 6).float(), state


def test_a_module_needs_no_parameters():
    prompt = torch.tensor([[0, 3]])
    assert generate(Successor(), prompt, steps=4).tolist() == [[4, 5, 0, 1]]
    assert beam_search(Successor(), prompt, steps=4, width=2).ids[:, 0].tolist() == [[4, 5, 0, 1]]


def test_a_prompt_goes_where_the_module_is():
    weight, no_weight = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2, affine=False)
    for module in (weight, no_weight):
        assert check_prompt(module.to("meta"), torch.tensor([[0]]), 1).device.type == "meta"


def test_a_start_state_stands_for_what_was_read_before():
    model, prompt = model_and_prompt()
    model.eval()
    _, state = model(prompt[:, :3])
    new = generate(model, prompt[:, 3:], steps=5, state=state)
    torch.testing.assert_close(new, generate(model, prompt, steps=5))


def test_sampling_follows_the_temperature():
    logits = torch.tensor([[0.0, 1.0, 3.0]]).expand(20_000, 3)
    for temperature in (0.5, 1.0, 2.0):
        choose = sample(temperature, torch.Generator().manual_seed(0))
        shares = choose(logits).bincount(minlength=3) / 20_000
        expected = (logits[0] / temperature).softmax(0)
        torch.testing.assert_close(shares, expected, rtol=0, atol=0.015)


def test_a_temperature_near_zero_is_greedy():
    model, prompt = model_and_prompt()
    cold = generate(model, prompt, steps=5, choose=sample(1e-3, torch.Generator().manual_seed(0)))
    torch.testing.assert_close(cold, generate(model, prompt, steps=5, choose=greedy))


def test_equal_seeds_write_equal_texts():
    model, prompt = model_and_prompt()
    texts = [
        generate(model, prompt, steps=30, choose=sample(1.0, torch.Generator().manual_seed(seed)))
        for seed in (1, 1, 2)
    ]
    torch.testing.assert_close(texts[0], texts[1])
    assert not torch.equal(texts[0], texts[2])


LOGITS = st.lists(
    st.lists(st.sampled_from([-2.0, 0.0, 0.5, 1.0, 4.0, -float("inf")]), min_size=6, max_size=6),
    min_size=1,
    max_size=3,
).filter(lambda rows: all(max(row) > -float("inf") for row in rows))


def kept_by_hand(row, temperature, top_k, top_p):
    """The distribution of one row, token by token, in plain Python."""
    weights = [math.exp(logit / temperature) for logit in row]
    left = sorted(range(len(row)), key=lambda i: (-weights[i], i))[: top_k or len(row)]
    total, stays, sum_so_far = sum(weights[i] for i in left), [], 0.0
    for i in left:
        if top_p is None or top_p == 1 or sum_so_far / total < top_p - 1e-12:
            stays.append(i)
        sum_so_far += weights[i]
    total = sum(weights[i] for i in stays)
    return [weights[i] / total if i in stays else 0.0 for i in range(len(row))]


@given(
    LOGITS,
    st.sampled_from([0.25, 1.0, 3.0]),
    st.none() | st.integers(1, 6),
    st.none() | st.sampled_from([1e-9, 0.3, 0.62, 0.95, 1.0, 1]),
)
def test_the_distribution_is_that_of_a_loop_over_the_tokens(rows, temperature, top_k, top_p):
    found = sampling_distribution(torch.tensor(rows), temperature, top_k=top_k, top_p=top_p)
    expected = [kept_by_hand(row, temperature, top_k, top_p) for row in rows]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_the_nucleus_is_the_smallest_set_that_reaches_p():
    p = torch.tensor([[0.2, 0.5, 0.05, 0.25]], dtype=torch.float64)
    for top_p, stays in [
        (0.4, [1]),
        (0.5, [1]),
        (0.6, [1, 3]),
        (0.95, [0, 1, 3]),
        (0.96, range(4)),
    ]:
        found = sampling_distribution(p.log(), top_p=top_p)[0]
        assert found.nonzero().flatten().tolist() == list(stays)
        torch.testing.assert_close(found[list(stays)], p[0, list(stays)] / p[0, list(stays)].sum())


def test_one_token_left_is_greedy():
    model, prompt = model_and_prompt()
    likeliest = generate(model, prompt, steps=8)
    for options in ({"top_k": 1}, {"top_p": 1e-6}):
        choose = sample(2.0, torch.Generator().manual_seed(0), **options)
        torch.testing.assert_close(generate(model, prompt, steps=8, choose=choose), likeliest)


def test_what_is_cut_off_is_never_drawn():
    logits = torch.tensor([[3.0, 0.0, 2.0, 1.0]]).expand(5_000, 4)
    for options in ({"top_k": 2}, {"top_p": 0.7}):
        drawn = sample(1.5, torch.Generator().manual_seed(1), **options)(logits)
        assert sorted(set(drawn.tolist())) == [0, 2]


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_that_is_not_above_zero_is_refused(temperature):
    with pytest.raises(ValueError, match="expected a finite number above 0"):
        sample(temperature)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "top_k is 0; expected a whole number of tokens, at least 1"),
        ({"top_k": -2}, "top_k is -2"),
        ({"top_k": 2.0}, r"top_k is 2\.0"),
        ({"top_k": True}, "top_k is True"),
        ({"top_p": 0.0}, r"top_p is 0\.0; expected above 0 and at most 1"),
        ({"top_p": 1.01}, "top_p is"),
        ({"top_p": float("nan")}, "top_p is nan"),
    ],
)
def test_a_cut_out_of_its_range_is_refused_before_anything_is_read(
    shapes_unchecked, options, message
):
    with pytest.raises(ValueError, match=message):
        sample(**options)


@pytest.mark.parametrize("bad", [[0.0, float("nan")], [0.0, float("inf")], [-float("inf")] * 2])
def test_logits_that_are_no_distribution_are_refused(bad):
    with pytest.raises(ValueError, match="a row of logits holds NaN"):
        sample()(torch.tensor([[0.0, 1.0], bad]))
    with pytest.raises(ValueError, match="top_k is 3, and there are 2 tokens"):
        sample(top_k=3)(torch.tensor([[0.0, 1.0]]))
    with pytest.raises(ValueError, match="a row of logits holds NaN"):
        greedy(torch.tensor([[0.0, 1.0], bad]))
    with pytest.raises(ValueError, match="a row of logits holds NaN"):
        beam_search(
            lambda ids, state: (torch.tensor(bad).expand(*ids.shape, 2), state),
            torch.tensor([[1]]),
            steps=2,
            width=2,
        )


def test_a_prompt_with_an_unknown_character_is_refused():
    letters = Vocabulary("abc", specials=())
    with pytest.raises(ValueError, match="'ß' is not in the vocabulary"):
        letters.encode(list("aß"))
    model, _ = model_and_prompt(V=3)
    with pytest.raises(ValueError, match=r"ids run from 0 to 3; expected 0 to 2"):
        generate(model, torch.tensor([[0, 3]]), steps=1)


def count_down(ids, state):
    """A step that writes one less than it has read, down to 0; the state counts the calls."""
    V = 10
    after = (ids - 1).clamp(min=0)
    logits = torch.nn.functional.one_hot(after, V).float()
    return logits, (torch.zeros(len(ids)) if state is None else state) + 1


def test_rows_end_at_different_times_and_are_filled_up_behind_their_end():
    prompt = torch.tensor([[3], [1], [5], [2]])
    expected = [[2, 1, 0, 0], [0, 0, 0, 0], [4, 3, 2, 1], [1, 0, 0, 0]]
    assert generate(count_down, prompt, steps=4, end=0).tolist() == expected
    filled = generate(count_down, prompt, steps=4, end=0, padding_id=9).tolist()
    assert filled == [[2, 1, 0, 9], [0, 9, 9, 9], [4, 3, 2, 1], [1, 0, 9, 9]]


def test_generation_stops_when_every_row_has_ended():
    calls = []

    def step(ids, state):
        calls.append(len(ids))
        return count_down(ids, state)

    new = generate(step, torch.tensor([[3], [1]]), steps=50, end=0)
    assert new.tolist() == [[2, 1, 0], [0, 0, 0]]
    assert len(calls) == 3
    assert generate(count_down, torch.tensor([[3]]), steps=5).tolist() == [[2, 1, 0, 0, 0]]


def test_any_of_several_tokens_ends_a_row():
    prompt = torch.tensor([[3], [1], [9]])
    expected = [[2, 1, 1, 1], [0, 0, 0, 0], [8, 7, 6, 5]]
    assert generate(count_down, prompt, steps=4, end=(1, 0)).tolist() == expected
    assert generate(count_down, prompt[:2], steps=9, end=[0, 1]).tolist() == [[2, 1], [0, 0]]


@pytest.mark.parametrize("end", [-1, [], [3, -1]])
def test_an_end_that_is_no_token_is_refused(end):
    for decode in (generate, partial(beam_search, width=2)):
        with pytest.raises(ValueError, match="expected ids of tokens"):
            decode(count_down, torch.tensor([[3]]), steps=2, end=end)


def test_an_end_beyond_the_vocabulary_is_refused():
    for decode in (generate, partial(beam_search, width=2)):
        with pytest.raises(ValueError, match=r"end is \[99\]; expected ids below"):
            decode(count_down, torch.tensor([[3]]), steps=2, end=99)


@pytest.mark.parametrize("nothing", [-math.inf, math.nan])
def test_what_a_row_that_has_ended_is_told_does_not_count(nothing):
    """Nor what a beam is told that no continuation is left for."""

    def step(ids, state):
        """After 2 comes 1, after 1 comes 0; after 0 or 3 there is nothing."""
        table = torch.full((4, 4), -math.inf)
        table[2, 1] = table[1, 0] = 0.0
        table[[0, 3]] = nothing
        return table[ids], state

    prompt = torch.tensor([[2], [1]])
    assert generate(step, prompt, steps=4, end=0).tolist() == [[1, 0], [0, 0]]
    beams = beam_search(step, prompt, steps=4, width=3, end=0)
    assert beams.ids[:, 0].tolist() == [[1, 0], [0, 0]]
    assert beams.log_probabilities.tolist() == [[0.0, -math.inf, -math.inf]] * 2


def test_what_fills_a_row_up_need_be_no_token_of_the_model():
    model, ids = Transformer(9, 9, 8, 2, 1).eval(), torch.arange(1, 9).view(8, 1)
    plain = answer(model, ids, 1, steps=6)
    end = int(plain[0, 1])
    for width in (None, 1):
        found = answer(model, ids, 1, steps=6, end=end, padding_id=-100, width=width)
        behind = (plain == end).cumsum(dim=1) - (plain == end).long() > 0
        expected = plain.masked_fill(behind, -100)[:, : found.shape[1]]
        torch.testing.assert_close(found, expected)
        assert behind.any()


def test_tokens_are_whole_numbers_of_any_kind(shapes_unchecked):
    prompt = torch.tensor([[3], [1]])
    for zero in (np.int64(0), torch.tensor(0), [np.int32(0)], torch.tensor([0])):
        for decode in (generate, partial(beam_search, width=1)):
            found = decode(count_down, prompt, steps=4, end=zero)
            assert getattr(found, "ids", found).reshape(2, 3).tolist() == [[2, 1, 0], [0, 0, 0]]
    filled = generate(count_down, prompt, steps=4, end=0, padding_id=np.int64(9))
    assert filled.tolist() == [[2, 1, 0], [0, 9, 9]]
    model = Transformer(9, 9, 8, 2, 1)
    torch.testing.assert_close(
        answer(model, prompt, np.int64(1), steps=2), answer(model, prompt, 1, steps=2)
    )


@pytest.mark.parametrize("bad", [2.7, 2.0, True, "2", torch.tensor(2.0)])
def test_a_token_that_is_no_whole_number_is_refused(shapes_unchecked, bad):
    prompt = torch.tensor([[3]])
    for decode in (generate, partial(beam_search, width=2)):
        for end in (bad, [0, bad]):
            with pytest.raises(ValueError, match="end is .*; expected the id of a token"):
                decode(count_down, prompt, steps=2, end=end)
    with pytest.raises(ValueError, match="padding_id is .*; expected the id of a token"):
        generate(count_down, prompt, steps=2, padding_id=bad)
    for width in (None, 2):
        model = Transformer(9, 9, 8, 2, 1)
        with pytest.raises(ValueError, match="start is .*; expected the id of a token"):
            answer(model, prompt, bad, steps=2, width=width)
        with pytest.raises(ValueError, match="padding_id is .*; expected the id of a token"):
            answer(model, prompt, 1, steps=2, end=2, padding_id=bad, width=width)
    with pytest.raises(ValueError, match="start is .*; expected the id of a token"):
        ask(QuestionGenerator(9, 3, 2), prompt, bad, steps=2)


class Table(torch.nn.Module):
    """Logits that depend on the last two tokens: the one before goes along in a nested state."""

    def __init__(self, V, seed):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.nn.Parameter(3 * torch.randn(V, V, V, generator=generator).double())

    def forward(self, ids, state):
        logits = []
        (before,), _ = ((torch.zeros_like(ids[:, 0]),), None) if state is None else state
        for token in ids.unbind(1):
            logits.append(self.table[before, token])
            before = token
        return torch.stack(logits, dim=1), ((before,), None)


def every_continuation(model, row, steps, end):
    """All continuations of one row with their log-probabilities, those that ended filled up."""
    found = {}
    for tokens in product(range(model.table.shape[0]), repeat=steps):
        cut = next((i + 1 for i, token in enumerate(tokens) if token in end), steps)
        log_p = model(torch.tensor([[*row, *tokens]]), None)[0][0].log_softmax(-1)
        spoken = range(len(row) - 1, len(row) - 1 + cut)
        total = sum(log_p[place, tokens[place - len(row) + 1]].item() for place in spoken)
        found[tokens[:cut] + (tokens[cut - 1],) * (steps - cut)] = total
    return sorted(found.items(), key=lambda entry: -entry[1])


ENDS = st.sampled_from([(), (0,), (1, 0)])


@given(st.integers(2, 5), st.integers(1, 3), ENDS, st.integers(0, 2**31))
def test_a_beam_finds_the_best_once_it_is_as_wide_as_all_continuations_but_the_last_step(
    V, steps, end, seed
):
    """With two steps that is a beam of width V."""
    model = Table(V, seed)
    prompt = torch.randint(V, (2, 2), generator=torch.Generator().manual_seed(seed))
    width = V ** (steps - 1)
    beams = beam_search(model, prompt, steps=steps, width=width, end=end or None)
    for row, ids, log_p in zip(prompt.tolist(), *beams, strict=True):
        best, total = every_continuation(model, row, steps, end)[0]
        assert tuple(ids[0].tolist()) == best[: ids.shape[1]]
        torch.testing.assert_close(log_p[0].item(), total)


@given(st.integers(2, 4), st.integers(1, 3), ENDS, st.integers(0, 2**31))
def test_a_beam_wide_enough_finds_every_continuation_in_order(V, steps, end, seed):
    model = Table(V, seed)
    prompt = torch.randint(V, (2, 2), generator=torch.Generator().manual_seed(seed))
    beams = beam_search(model, prompt, steps=steps, width=V**steps, end=end or None)
    for row, ids, log_p in zip(prompt.tolist(), *beams, strict=True):
        expected = every_continuation(model, row, steps, end)
        torch.testing.assert_close(log_p[: len(expected)].tolist(), [p for _, p in expected])
        assert log_p[len(expected) :].isneginf().all()
        pad = steps - ids.shape[1]  # all may have ended early
        best = [(*found, *[found[-1]] * pad) for found in ids[: len(expected)].tolist()]
        assert best == [tokens for tokens, _ in expected]


@given(st.integers(0, 2**31), st.booleans())
def test_one_beam_is_greedy(seed, ends):
    model, end = Table(5, seed), 0 if ends else None
    prompt = torch.tensor([[1, 2], [3, 4], [0, 1]])
    beams = beam_search(model, prompt, steps=6, width=1, end=end)
    torch.testing.assert_close(beams.ids[:, 0], generate(model, prompt, steps=6, end=end))


@pytest.mark.parametrize("cell", [RNNCell, LSTMCell])
def test_rows_do_not_meet(cell):
    torch.manual_seed(0)
    model = RecurrentLanguageModel(6, 5, 5, num_layers=2, cell=cell).double().train()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    prompt = torch.arange(10).view(5, 2) % 6
    together = beam_search(model, prompt, steps=5, width=3, end=2)
    for row in range(5):
        alone = beam_search(model, prompt[row : row + 1], steps=5, width=3, end=2)
        S = alone.ids.shape[2]
        torch.testing.assert_close(together.ids[row, :, :S], alone.ids[0])
        torch.testing.assert_close(together.log_probabilities[row], alone.log_probabilities[0])
    assert model.training


def test_a_finished_beam_is_kept_with_its_probability():
    def step(ids, state):
        """At first: end with 0.6, 1 with 0.4. After 1: 2 and 3, with a half each."""
        p = torch.full((len(ids), 4), 1e-9)
        p[ids[:, -1] == 1] = torch.tensor([1e-9, 1e-9, 0.5, 0.5])
        p[ids[:, -1] == 3] = torch.tensor([0.6, 0.4, 1e-9, 1e-9])
        return p.log().unsqueeze(1), state

    beams = beam_search(step, torch.tensor([[3]]), steps=2, width=2, end=0)
    torch.testing.assert_close(beams.log_probabilities[0].exp(), torch.tensor([0.6, 0.2]))
    assert beams.ids[0, 0].tolist() == [0, 0]


def test_a_beam_finds_what_greedy_misses():
    def step(ids, state):
        """A likely first token after which everything is unlikely."""
        p = torch.tensor([[0.55, 0.45, 0.0], [0.4, 0.3, 0.3], [0.0, 0.05, 0.95]])
        return p.log()[(ids[:, -1] + 1) % 3].unsqueeze(1), state

    beams = beam_search(step, torch.tensor([[2]]), steps=2, width=2)
    assert generate(step, torch.tensor([[2]]), steps=2).tolist() == [[0, 0]]
    assert beams.ids[0, 0].tolist() == [1, 2]
    torch.testing.assert_close(beams.log_probabilities[0, 0].exp().item(), 0.45 * 0.95)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 0), {}),
        ((4,), {}),
        ((2, 3), {"steps": 0}),
        ((2, 3), {"steps": 2.5}),
        ((2, 3), {"width": 0}),
        ((2, 3), {"width": -1}),
        ((2, 3), {"width": 1.5}),
        ((2, 3), {"width": True}),
    ],
)
def test_bad_prompts_are_refused(shapes_unchecked, shape, options):
    model, _ = model_and_prompt()
    ids, options = torch.zeros(shape, dtype=torch.int64), {"steps": 3, "width": 2} | options
    with pytest.raises(ValueError, match=r"expected \(B, T\)|at least 1"):
        beam_search(model, ids, **options)
    if options.pop("width") == 2:
        with pytest.raises(ValueError, match=r"expected \(B, T\)|at least 1"):
            generate(model, ids, **options)
