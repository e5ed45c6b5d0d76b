import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.text import pad, turned_around


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, [[1, 2, 3], [4, 0, 0], [0, 0, 0]]),
        ({"padding": "pre"}, [[1, 2, 3], [0, 0, 4], [0, 0, 0]]),
        ({"length": 2}, [[1, 2], [4, 0], [0, 0]]),
        ({"length": 2, "truncating": "pre"}, [[2, 3], [4, 0], [0, 0]]),
        ({"length": 4, "padding_id": 9}, [[1, 2, 3, 9], [4, 9, 9, 9], [9, 9, 9, 9]]),
    ],
)
def test_pad(options, rows):
    result = pad([[1, 2, 3], np.array([4]), []], **options)
    np.testing.assert_array_equal(result, rows, strict=False)
    assert result.dtype == np.int64


def test_pad_of_nothing_but_empty_sequences():
    assert pad([[], []]).shape == (2, 0)
    np.testing.assert_array_equal(pad([[]], length=2), [[0, 0]])


@pytest.mark.parametrize(
    ("sequences", "options", "error", "message"),
    [
        ([], {}, ValueError, "no sequences"),
        ([[1]], {"length": 0}, ValueError, "length is 0"),
        ([[1]], {"length": -2}, ValueError, "length is -2"),
        (
            [[1.5]],
            {},
            TypeError,
            r"sequence 0 .* \(1,\) and type float64; expected a flat",
        ),
        ([[1], ["a"]], {}, TypeError, "sequence 1 is of shape .* encode tokens first"),
        ([[[1]]], {}, TypeError, r"shape \(1, 1\)"),
        ([[2**70]], {}, TypeError, "type object"),
        ([np.array([1], dtype=object)], {}, TypeError, "on an array of objects"),
        ([np.array([1], np.uint64)], {}, TypeError, r"uint64, .* use \.astype"),
        (iter([[1]]), {}, TypeError, "sequences is a list_iterator: pass a list"),
        ([[1], [1, 2]], {"padding_id": 0.5}, TypeError, "padding_id is 0.5: give an integer"),
        ([[1]], {"padding_id": "a"}, TypeError, "padding_id is 'a'"),
        ([[1]], {"padding_id": 2**70}, ValueError, "does not fit into int64"),
        ([[1]], {"padding_id": -1, "dtype": np.uint8}, ValueError, "does not fit into uint8"),
        ([[1]], {"padding_id": 0.5, "dtype": np.float32}, TypeError, "dtype is float32"),
        ([[1]], {"dtype": bool}, TypeError, "dtype is bool"),
        ([[2**40]], {"dtype": np.int32}, ValueError, "do not fit into int32"),
        ([[-1]], {"dtype": np.uint8}, ValueError, "do not fit into uint8"),
        ([[1]], {"padding": "left"}, ValueError, "padding is 'left'"),
        ([[1]], {"truncating": "left"}, ValueError, "truncating is 'left'"),
        (["text"], {}, TypeError, "sequence 0 is a str"),
        ([3], {}, TypeError, "sequence 0 is a int"),
    ],
)
@pytest.mark.usefixtures("shapes_unchecked")
def test_pad_refuses(sequences, options, error, message):
    with pytest.raises(error, match=message):
        pad(sequences, **options)


@given(
    st.lists(st.lists(st.integers(1, 99), max_size=6), min_size=1), st.sampled_from(["pre", "post"])
)
def test_turning_around_is_padding_what_was_turned_around(rows, side):
    ids = pad(rows, 6, padding=side)
    turned = turned_around(ids, ids != 0)
    np.testing.assert_array_equal(turned, pad([row[::-1] for row in rows], 6, padding=side))
    np.testing.assert_array_equal(turned_around(turned, ids != 0), ids)
    np.testing.assert_array_equal(turned_around(ids), [row[::-1] for row in ids.tolist()])


@pytest.mark.usefixtures("shapes_unchecked")
def test_a_mask_of_another_shape_or_kind_is_refused():
    ids = pad([[1, 2], [3]])
    for mask in (np.ones((2, 3), bool), np.ones((2, 2))):
        with pytest.raises(ValueError, match="expected bool of shape"):
            turned_around(ids, mask)
