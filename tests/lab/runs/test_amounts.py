"""Numbers as people read them."""

import pytest

from textbook_nlp.lab.runs.amounts import amount, number


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (2.15928, "2.159"), (135.6, "135.6"), (1234.5, "1,234"), (0.00392, "0.003920")],
)
def test_numbers_have_four_digits(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "unit", "exact", "expected"),
    [
        (0.121, "share", True, "12.1 %"),
        (0.121, "share", False, "12.10 %"),
        (0.5, "share of pairs", True, "50 % of pairs"),
        (135.6, "perplexity", True, "135.6"),
        (246913, "parameters", True, "246,913 parameters"),
        (2.7581, "CPU seconds", False, "2.758 CPU seconds"),
    ],
)
def test_amounts_have_their_unit(value, unit, exact, expected):
    assert amount(value, unit, exact) == expected
