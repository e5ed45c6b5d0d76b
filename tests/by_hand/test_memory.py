"""What the recurrent layers by hand hold in memory: a line in T, and no more when cut in blocks."""

import tracemalloc

import numpy as np
import pytest

from textbook_nlp.by_hand import gru, lstm, rnn

B, D, H, BLOCK = 8, 24, 32, 20


def peak(cell, blocks):
    """The most memory held in both passes over blocks, the state handed on."""
    p = cell.initialize(D, H, np.random.default_rng(0))
    inputs = [np.ones((B, steps, D)) for steps in blocks]
    tracemalloc.start()
    try:
        state = None
        for x in inputs:
            hs, state, cache = cell.forward(p, x, state)
            cell.backward(np.ones_like(hs), cache)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("cell", [rnn, lstm, gru])
def test_memory_grows_in_a_line_and_is_bounded_by_truncation(cell):
    once, twice, many = (peak(cell, [n * BLOCK]) for n in (4, 8, 16))
    np.testing.assert_allclose([twice - once, many - twice], [many / 4, many / 2], rtol=0.1)
    in_blocks = [peak(cell, [BLOCK] * n) for n in (4, 16)]
    np.testing.assert_allclose(in_blocks[1], in_blocks[0], rtol=0.05)
    assert in_blocks[1] < 0.15 * many
