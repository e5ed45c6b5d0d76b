"""The gradient check itself."""

import numpy as np
import pytest

from textbook_nlp.by_hand import numerical_gradient, relative_error


def test_the_gradient_check_restores_what_it_nudged():
    x = np.arange(3.0)
    with pytest.raises(ZeroDivisionError):
        numerical_gradient(lambda: 1 / 0, x)
    np.testing.assert_array_equal(x, np.arange(3.0))


def test_the_gradient_check_refuses_single_precision(shapes_unchecked):
    with pytest.raises(TypeError, match="float64"):
        numerical_gradient(lambda: 0.0, np.zeros(2, np.float32))


def test_relative_error():
    np.testing.assert_allclose(relative_error(np.array([1.0, 2.0]), np.array([1.0, 1.0])), 0.5)
    np.testing.assert_allclose(relative_error(np.zeros(2), np.zeros(2)), 0)
    one, two = np.array([1], np.uint8), np.array([2], np.uint8)
    np.testing.assert_allclose(relative_error(one, two), 0.5)
    with pytest.raises(ValueError, match="compare"):
        relative_error(np.zeros(2), np.zeros(3))
