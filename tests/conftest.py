"""Settings that all tests share."""

import jaxtyping
import pytest
from hypothesis import settings

# No test waits on a clock, and every run draws the same examples.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")


@pytest.fixture
def shapes_unchecked(monkeypatch):
    """Switch the shape checks of the test run off, to see the errors that a user gets."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
