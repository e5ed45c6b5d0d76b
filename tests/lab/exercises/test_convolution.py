"""The exercises of chapter 18: right answers in other forms, and hints that name the mistake."""

import numpy as np
import pytest
import torch

from textbook_nlp.lab.exercises import convolution as check
from textbook_nlp.layers.pooling import masked_max

W = [[0.0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    "answer",
    [
        (W, np.nan),
        (W, np.inf),
        (W, -1j),
        (np.full((2, 3), np.nan), -1.0),
        (np.where(W, np.inf, 0), -1.0),
        (np.array(W) + 0j, -1.0),
    ],
)
def test_a_kernel_has_finite_numbers(answer):
    result = check.kernel.result(answer)
    assert "finite" in result.message
    assert (result.state, result.error) == ("hint", None)


def test_a_kernel_of_whole_numbers_or_tensors_is_right():
    for answer in ([[0, 1, 0], [0, 0, 1]], -1), (torch.tensor(W), np.array([-1])):
        assert check.kernel.result(answer).state == "right"


def test_the_number_of_layers_is_rounded_up():
    for layers in (np.log2(1000), 9.97):
        assert "round up" in check.field.result(31, layers).message


def test_the_hint_to_a_stride_says_how_many_places_there_are():
    for places in (36 // 2 + 1, 35 / 2 + 1):
        assert "(T - K) // s + 1" in check.count.result(150_100, 36, places).message


def real_places(y, lengths):
    return (np.arange(y.shape[1]) < np.asarray(lengths)[:, None])[:, :, None]


@pytest.mark.parametrize(
    "global_max",
    [
        lambda y, lengths: [row[:n].max(0).tolist() for row, n in zip(y, lengths, strict=True)],
        lambda y, lengths: np.max(y, axis=1, initial=-np.inf, where=real_places(y, lengths)),
        lambda y, lengths: np.nanmax(np.where(real_places(y, lengths), y, np.nan), axis=1),
        lambda y, lengths: np.ma.array(
            y, mask=np.broadcast_to(~real_places(y, lengths), y.shape)
        ).max(1),
        lambda y, lengths: masked_max(
            torch.from_numpy(y).float(), torch.from_numpy(real_places(y, lengths)[:, :, 0])
        ),
    ],
)
def test_the_largest_of_what_is_real_may_be_found_in_several_ways(global_max):
    assert check.global_max.result(global_max).state == "right"


def added(y, lengths, less):
    real = real_places(y, lengths)
    return (y * real - less * (1 - real)).max(1)


@pytest.mark.parametrize(
    ("global_max", "hint"),
    [
        *(
            (lambda y, n, fill=fill: np.where(real_places(y, n), y, fill).max(1), "filled with")
            for fill in (-3.0, -5.0, -10.0, -1e9)
        ),
        *(
            (lambda y, n, less=less: added(y, n, less), "do not calculate with it")
            for less in (50.0, 1e9, 1e30, np.inf)
        ),
        (lambda y, n: np.where(y < 5, y, -np.inf).max(1), "the lengths alone say"),
        (lambda y, n: np.where(y >= 5, -np.inf, y).max(1), "too small"),
        (lambda y, n: np.where(np.isfinite(y), y, -np.inf).max(1), "too large"),
    ],
)
def test_padding_may_hold_anything(global_max, hint):
    assert hint in check.global_max.result(global_max).message
