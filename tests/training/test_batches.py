"""Batches of contiguous streams, the source book's own scheme, and texts with labels."""

from itertools import chain, combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.training import (
    bptt_batches,
    labeled_batches,
    pair_batches,
    wrapping_batches,
)


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 60))
def test_rows_are_contiguous_and_targets_come_next(B, T, more):
    ids = torch.arange(B + 1 + more)
    batches = bptt_batches(ids, B, T)
    inputs = torch.cat([x for x, _ in batches], dim=1)
    targets = torch.cat([y for _, y in batches], dim=1)
    length = (len(ids) - 1) // B
    torch.testing.assert_close(inputs, torch.arange(B * length).view(B, length))
    torch.testing.assert_close(targets, inputs + 1)
    assert all(x.shape == (B, T) for x, _ in batches[:-1])
    assert 1 <= batches[-1][0].shape[1] <= T


def test_one_row_leaves_no_token_out():
    batches = bptt_batches(np.arange(100), 1, 7)
    targets = torch.cat([y[0] for _, y in batches])
    torch.testing.assert_close(targets, torch.arange(1, 100))


def source_book_batches(xs, ts, batch_size, time_size, epochs):
    """The loop of the source book, written down from its description: indices one by one."""
    data_size, time_index = len(xs), 0
    offsets = [i * (data_size // batch_size) for i in range(batch_size)]
    for _ in range(epochs):
        epoch = []
        for _ in range(data_size // (batch_size * time_size)):
            x = np.empty((batch_size, time_size), dtype=np.int64)
            t = np.empty((batch_size, time_size), dtype=np.int64)
            for time in range(time_size):
                for i, offset in enumerate(offsets):
                    x[i, time] = xs[(offset + time_index) % data_size]
                    t[i, time] = ts[(offset + time_index) % data_size]
                time_index += 1
            epoch.append((x, t))
        yield epoch


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 40), st.integers(0, 2**31))
def test_wrapping_batches_equal_the_source_books_loop(B, T, more, seed):
    ids = np.random.default_rng(seed).integers(50, size=B * T + 1 + more)
    expected = source_book_batches(ids[:-1], ids[1:], B, T, epochs=4)
    for epoch, theirs in enumerate(expected, start=1):
        mine = wrapping_batches(ids, B, T, epoch)
        assert len(mine) == len(theirs)
        for (x, y), (x_theirs, y_theirs) in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(x.numpy(), x_theirs)
            np.testing.assert_array_equal(y.numpy(), y_theirs)


def test_the_two_schemes_differ_from_the_second_epoch_on():
    ids = torch.arange(103)
    first, second = (wrapping_batches(ids, 3, 5, epoch) for epoch in (1, 2))
    assert first[0][0][0, 0] == 0
    assert second[0][0][0, 0] == 5 * len(first)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bptt_batches(torch.arange(9), 0, 3), "at least 1"),
        (lambda: bptt_batches(torch.arange(9), 3, 0), "at least 1"),
        (lambda: bptt_batches(torch.arange(3), 3, 1), "too few"),
        (lambda: bptt_batches(torch.zeros(9), 2, 2), "expected integers"),
        (lambda: bptt_batches(torch.zeros(3, 3, dtype=torch.int64), 2, 2), "one dimension"),
        (lambda: wrapping_batches(torch.arange(9), 2, 2, 0), "count from 1"),
        (lambda: wrapping_batches(torch.arange(9), 3, 3), "do not fill"),
    ],
)
def test_bad_input_is_refused(shapes_unchecked, call, message):
    with pytest.raises(ValueError, match=message):
        call()


TEXTS = torch.tensor([[0, 0, 5, 6], [0, 7, 0, 8], [0, 0, 0, 9], [0, 0, 0, 0], [1, 2, 3, 4]])
LABELS = torch.tensor([0, 1, 2, 3, 4])


@given(st.integers(1, 7), st.none() | st.integers(0, 9), st.integers(1, 3), st.none() | st.just(0))
def test_every_text_comes_once_with_its_own_label(B, seed, epoch, padding_id):
    batches = labeled_batches(TEXTS, LABELS, B, seed=seed, epoch=epoch, padding_id=padding_id)
    assert [len(labels) for _, labels in batches[:-1]] == [B] * (len(batches) - 1)
    assert len(batches[-1][1]) <= B
    seen = torch.cat([labels for _, labels in batches])
    assert sorted(seen.tolist()) == LABELS.tolist()
    if seed is None:
        torch.testing.assert_close(seen, LABELS)
    for texts, labels in batches:
        for text, label in zip(texts, labels, strict=True):
            kept = text.tolist()
            row = TEXTS[label].tolist()
            assert any(row[i : i + len(kept)] == kept for i in range(5 - len(kept)))
            assert sum(kept) == sum(row)
            assert padding_id is not None or kept == row


@given(st.integers(1, 20), st.none() | st.integers(0, 9), st.integers(0, 2**31))
def test_by_length_every_text_comes_once_among_its_like(B, seed, chance):
    lengths = np.random.default_rng(chance).integers(1, 50, 60)
    texts = (np.arange(50) < lengths[:, None]).astype(int) * 3
    batches = labeled_batches(
        texts, np.arange(60), B, seed=seed, epoch=2, padding_id=0, by_length=True
    )
    rows = [labels.tolist() for _, labels in batches]
    assert sorted(chain.from_iterable(rows)) == list(range(60))
    assert sorted(map(len, rows))[1:] == [B] * (len(rows) - 1)
    for (ids, _), found in zip(batches, rows, strict=True):
        assert ids.shape == (len(found), lengths[found].max())
    spread = 1 if seed is None else 1.2
    for one, other in combinations([lengths[row] for row in rows], 2):
        assert one.max() <= spread * other.min() or other.max() <= spread * one.min()


def test_columns_of_nothing_but_padding_are_cut_off_at_both_ends():
    texts = torch.nn.functional.pad(TEXTS[:3], (1, 2))
    ((batch, _),) = labeled_batches(texts, LABELS[:3], 3, padding_id=0)
    torch.testing.assert_close(batch, TEXTS[:3, 1:])
    ((batch, _),) = labeled_batches(torch.zeros(2, 3).long(), LABELS[:2], 3, padding_id=0)
    torch.testing.assert_close(batch, torch.zeros(2, 1).long())
    ((batch, _),) = labeled_batches(torch.zeros(2, 0).long(), LABELS[:2], 3, padding_id=0)
    assert batch.shape == (2, 0)


def test_the_shuffle_depends_on_seed_and_epoch_alone():
    texts, labels = torch.arange(40).view(20, 2), torch.arange(20)

    def order(**options):
        return torch.cat([y for _, y in labeled_batches(texts, labels, 3, **options)]).tolist()

    assert order(seed=1, epoch=2) == order(seed=1, epoch=2)
    assert len({tuple(order(seed=s, epoch=e)) for s in (1, 2) for e in (1, 2)}) == 4
    assert order(seed=1) == order(seed=1, epoch=1) != order() == labels.tolist()
    arrays = labeled_batches(texts.numpy().astype(np.int32), labels.numpy(), 3, seed=1)
    assert torch.cat([y for _, y in arrays]).tolist() == order(seed=1)
    assert arrays[0][0].dtype == torch.int64


@pytest.mark.parametrize(
    ("texts", "labels", "options", "message"),
    [
        (TEXTS, LABELS, {"B": 0}, "at least 1, not 0 and 1"),
        (TEXTS, LABELS, {"B": 2, "epoch": 0}, "at least 1, not 2 and 0"),
        (TEXTS, LABELS[:4], {"B": 2}, "5 texts and 4 labels"),
        (TEXTS[:0], LABELS[:0], {"B": 2}, "0 texts"),
        (TEXTS[0], LABELS, {"B": 2}, r"expected integers of shape \(N, T\)"),
        (TEXTS, LABELS[:, None], {"B": 2}, r"expected integers of shape \(N\)"),
        (TEXTS.double(), LABELS, {"B": 2}, "float64"),
        (TEXTS, LABELS, {"B": 2, "by_length": True}, "give padding_id"),
        (TEXTS, LABELS.float(), {"B": 2}, "float32"),
    ],
)
def test_bad_texts_and_labels_are_refused(shapes_unchecked, texts, labels, options, message):
    with pytest.raises(ValueError, match=message):
        labeled_batches(texts, labels, **options)


def pairs(n, S=5, T=4):
    """Sources of which each is told by its first id, and targets that begin with it too."""
    rng = np.random.default_rng(n)
    first = np.arange(1, n + 1)[:, None]
    lengths = rng.integers(1, S + 1, size=(n, 1))
    source = np.where(np.arange(S) < lengths, first, 0)
    return source, np.where(np.arange(T) < np.minimum(lengths, T), first, 0)


@given(st.integers(1, 30), st.integers(1, 9), st.booleans(), st.sampled_from([None, 3]))
def test_every_source_comes_once_with_its_target(n, B, by_length, seed):
    source, target = pairs(n)
    batches = pair_batches(source, target, B, seed=seed, padding_id=0, by_length=by_length)
    assert all((x[:, 0] == y[:, 0]).all() for x, y in batches)
    assert sorted(torch.cat([x[:, 0] for x, _ in batches]).tolist()) == list(range(1, n + 1))
    for x, y in batches:  # what was cut off is padding alone
        rows = x[:, 0].numpy() - 1
        assert source[rows].sum() == x.sum()
        assert target[rows].sum() == y.sum()
        assert x[:, -1].any()
        assert y[:, -1].any()


def test_whole_batches_leave_out_another_rest_in_each_epoch():
    source, target = pairs(23)
    rests = set()
    for epoch in (1, 2, 3):
        batches = pair_batches(source, target, 10, seed=0, epoch=epoch, whole=True)
        assert [len(x) for x, _ in batches] == [10, 10]
        assert all(x.shape == (10, 5) and y.shape == (10, 4) for x, y in batches)
        seen = torch.cat([x[:, 0] for x, _ in batches]).tolist()
        rests.add(frozenset(range(1, 24)) - set(seen))
    assert len(rests) == 3


@pytest.mark.parametrize(
    ("n", "m", "options", "message"),
    [
        (3, 3, {"B": 0}, "B and epoch must be at least 1, not 0 and 1"),
        (3, 3, {"epoch": 0}, "must be at least 1, not 2 and 0"),
        (3, 2, {}, "3 sources and 2 targets; expected one a source"),
        (0, 0, {}, "0 sources and 0 targets"),
        (3, 3, {"by_length": True}, "give padding_id"),
        (3, 3, {"B": 4, "whole": True}, "3 pairs do not fill a batch of 4: lower B"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_pairs_that_give_no_batch_are_refused(n, m, options, message):
    with pytest.raises(ValueError, match=message):
        pair_batches(pairs(3)[0][:n], pairs(3)[1][:m], **{"B": 2} | options)


@pytest.mark.usefixtures("shapes_unchecked")
def test_pairs_that_are_no_integers_in_rows_are_refused():
    source, target = pairs(3)
    with pytest.raises(ValueError, match="source is torch.float64 of shape"):
        pair_batches(source.astype(float), target, 2)
    with pytest.raises(ValueError, match="target is torch.int64 of shape"):
        pair_batches(source, target[0], 2)
