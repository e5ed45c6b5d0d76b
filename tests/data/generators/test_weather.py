"""The weather: its cycles, its wind, and the floor against direct computations and samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators.state_space import StateSpace
from textbook_nlp.data.generators.weather import DAY, YEAR, Weather, wind_parts


def random_model(seed, S=3, K=2):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((S, S))
    A *= 0.9 / abs(np.linalg.eigvals(A)).max()
    Q, R = (m @ m.T + 0.1 * np.eye(len(m)) for m in map(rng.standard_normal, ((S, S), (K, K))))
    return StateSpace(A, Q, rng.standard_normal((K, S)), R)


def conditional_covariance(model, delay, steps, every):
    """From the covariance of everything with everything, by the formula for normal vectors."""

    def between(later, earlier):
        power = np.linalg.matrix_power(model.A, later - earlier)
        seen = model.C @ power @ model.stationary @ model.C.T
        return seen + (model.R if later == earlier else 0)

    times = [*range(0, steps * every, every)]
    times.append(times[-1] + delay)
    blocks = [[between(a, b) if a >= b else between(b, a).T for b in times] for a in times]
    joint, K = np.block(blocks), len(model.C)
    past, cross = joint[:-K, :-K], joint[-K:, :-K]
    return joint[-K:, -K:] - cross @ np.linalg.solve(past, cross.T)


@given(st.integers(0, 50), st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
def test_forecast_covariance_is_that_of_the_joint_normal_vector(seed, delay, steps, every):
    model = random_model(seed)
    found = model.forecast_covariance(delay, steps, every)
    np.testing.assert_allclose(found, conditional_covariance(model, delay, steps, every), rtol=1e-8)


@settings(max_examples=15)
@given(st.integers(0, 50), st.integers(1, 4), st.integers(1, 3))
def test_the_whole_past_is_the_limit_of_many_looks(seed, delay, every):
    model = random_model(seed)
    whole = model.forecast_covariance(delay, every=every)
    np.testing.assert_allclose(model.forecast_covariance(delay, 150, every), whole, rtol=1e-6)


def test_the_stationary_covariance_is_that_of_a_sample():
    model = random_model(1)
    drawn = model.sample(200_000, np.random.default_rng(0))
    expected = model.C @ model.stationary @ model.C.T + model.R
    np.testing.assert_allclose(np.cov(drawn.T), expected, rtol=0.05)
    np.testing.assert_array_equal(model.sample(40, np.random.default_rng(0)), drawn[:40])


def test_forecasts_are_conditional_means_and_err_as_promised():
    model = random_model(2)
    drawn = model.sample(50_000, np.random.default_rng(3))
    errors = drawn[3:] - model.forecasts(drawn, 3)[:-3]
    np.testing.assert_allclose(np.cov(errors.T), model.forecast_covariance(3), rtol=0.05)
    # The mean of the second look's forecast, from the joint normal vector of three times.
    lag = [
        model.C @ np.linalg.matrix_power(model.A, k) @ model.stationary @ model.C.T
        for k in range(5)
    ]
    past = np.block([[lag[0] + model.R, lag[1].T], [lag[1], lag[0] + model.R]])
    mean = np.hstack([lag[4], lag[3]]) @ np.linalg.solve(past, drawn[:2].ravel())
    np.testing.assert_allclose(model.forecasts(drawn[:2], 3)[1], mean, rtol=1e-8)


def test_two_years_err_as_the_floor_says_and_not_less():
    weather = Weather()
    readings = weather.sample(2 * YEAR, 4)
    temperature = readings.temperature
    for delay in (6, DAY):
        forecasts = weather.best_forecasts(readings, delay)
        error = np.abs(temperature[delay:] - forecasts[:-delay])[10 * DAY :].mean()
        np.testing.assert_allclose(error, weather.optimum(delay).value, rtol=0.05)
    assert np.abs(temperature[DAY:] - temperature[:-DAY]).mean() > 2 * error


@settings(max_examples=15)
@given(
    st.sampled_from([1, 2, 4]), st.integers(1, 3), st.integers(1, 60), st.sampled_from([1, 6, 18])
)
def test_more_to_see_and_less_to_wait_never_harm(known, further, length, step):
    weather = Weather()
    floor = weather.optimum(DAY, length, step, known).value
    assert weather.optimum(DAY, length + further, step, known).value <= floor + 1e-12
    assert weather.optimum(DAY, length, step, 4).value <= floor + 1e-12
    assert weather.optimum(DAY, known=known).value <= floor + 1e-12
    assert weather.optimum(DAY + 6, length, step, known).value >= floor


def test_normal_temperatures_repeat_after_a_year_and_peak_in_the_afternoon_of_july():
    normal = Weather().normal(2 * YEAR)
    np.testing.assert_allclose(normal[YEAR:], normal[:YEAR])
    day, row = divmod(int(normal[:YEAR].argmax()), DAY)
    assert (day, row) == (200, 15 * 6)
    np.testing.assert_allclose(Weather().normal(np.arange(100, 110)), normal[100:110])


def test_wind_parts_by_hand():
    west, south = wind_parts(np.array([2.0, 2.0, 2.0, 2.0]), np.array([0.0, 90.0, 180.0, 270.0]))
    np.testing.assert_allclose(west, [0, -2, 0, 2], atol=1e-12)
    np.testing.assert_allclose(south, [-2, 0, 2, 0], atol=1e-12)


def test_readings_are_in_hundredths_and_the_wind_comes_from_its_parts():
    weather = Weather()
    readings = weather.sample(3000, 5)
    for column in readings:
        np.testing.assert_array_equal(column, column.round(2))
    assert readings.wind_direction.min() >= 0
    assert readings.wind_direction.max() < 360
    drawn = weather.disturbances.sample(3000, np.random.default_rng(5))
    parts = wind_parts(readings.wind_speed, readings.wind_direction)
    np.testing.assert_allclose(np.stack(parts, axis=1), drawn[:, 2:], atol=0.02)
    np.testing.assert_allclose(readings.temperature, weather.normal(3000) + drawn[:, 0], atol=0.006)


@pytest.mark.parametrize("field", ["period", "memory", "lag", "warmth", "clouds"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_parameters(field, value):
    with pytest.raises(ValueError, match=f"{field} is {value}, expected a positive number"):
        Weather(**{field: value})


@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_arguments():
    with pytest.raises(ValueError, match="n is -1"):
        Weather().sample(-1, 0)
    for name, options in {
        "delay": {"delay": 0},
        "step": {"step": 0},
        "length": {"length": 0},
        "known": {"known": 0},
    }.items():
        with pytest.raises(ValueError, match=f"{name} is 0, expected an integer of at least 1"):
            Weather().optimum(**options)
    with pytest.raises(ValueError, match="known is 3, expected 1, 2 or 4"):
        Weather().optimum(known=3)
    with pytest.raises(TypeError, match=r"delay is 1\.5"):
        Weather().optimum(1.5)
