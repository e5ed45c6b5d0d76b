"""Linear models with a hidden state and normal noise: the best forecast and its error are known."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov


@dataclass(frozen=True, eq=False)
class StateSpace:
    """A hidden state that moves by a matrix and noise, and is seen through another, with noise.

    `s' = A s + q` with q from N(0, Q), and what is seen is `y = C s + r` with r from N(0, R). All
    of it is normal, so what is to come, given what was seen, is normal too: the best forecast is
    its mean, and its variance does not depend on what was seen.

    Attributes:
        A: (S, S); its powers go to zero.
        Q: (S, S), of full rank.
        C: (K, S).
        R: (K, K), of full rank.

    Source: Kalman, "A new approach to linear filtering and prediction problems" (1960).
    """

    A: Float[np.ndarray, "S S"]
    Q: Float[np.ndarray, "S S"]
    C: Float[np.ndarray, "K S"]
    R: Float[np.ndarray, "K K"]

    @cached_property
    def stationary(self) -> Float[np.ndarray, "S S"]:
        """The covariance of the state at any time, when nothing was seen."""
        return solve_discrete_lyapunov(self.A, self.Q)

    def sample(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n K"]:
        """Draw what is seen over n steps; a larger n continues a smaller one."""
        S, K = len(self.A), len(self.C)
        first, move, error = map(np.linalg.cholesky, (self.stationary, self.Q, self.R))
        state = first @ rng.standard_normal(S)
        noise = rng.standard_normal((n, S + K))
        moves, errors = noise[:, :S] @ move.T, noise[:, S:] @ error.T
        states = np.empty((n, S))
        for t in range(n):
            states[t] = state
            state = self.A @ state + moves[t]
        return states @ self.C.T + errors

    def forecasts(self, seen: Float[np.ndarray, "n K"], delay: int) -> Float[np.ndarray, "n K"]:
        """Return at each step the best forecast for `delay` steps later, from all that was seen."""
        ahead = self.C @ np.linalg.matrix_power(self.A, delay)
        means = np.empty((len(seen), len(self.A)))
        mean = np.zeros(len(self.A))
        covariance, steady = self.stationary, False
        for t, y in enumerate(seen):
            if not steady:
                gain, after = self._update(covariance)
                steady = np.allclose(self._move(after), covariance, rtol=1e-10, atol=0.0)
                covariance = self._move(after)
            mean = mean + gain @ (y - self.C @ mean)
            means[t] = mean
            mean = self.A @ mean
        return means @ ahead.T

    def forecast_covariance(
        self, delay: int, steps: int | None = None, every: int = 1
    ) -> Float[np.ndarray, "K K"]:
        """Return the covariance of what is seen `delay` steps later, given what was seen until now.

        Args:
            delay: at least 1.
            steps: how many times was looked; None for the whole past.
            every: steps from one look to the next, the last of which is now.
        """
        if steps is None:
            covariance = solve_discrete_are(
                self._power(every).T, self.C.T, self._drift(every), self.R
            )
            covariance = self._update(covariance)[1]
        else:
            covariance = self.stationary
            for look in range(steps):
                if look:
                    covariance = self._move(covariance, every)
                covariance = self._update(covariance)[1]
        return self.C @ self._move(covariance, delay) @ self.C.T + self.R

    def _update(self, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gain of one look, and the covariance of the state after it."""
        seen = self.C @ covariance @ self.C.T + self.R
        gain = np.linalg.solve(seen, self.C @ covariance).T
        kept = np.eye(len(self.A)) - gain @ self.C
        return gain, kept @ covariance @ kept.T + gain @ self.R @ gain.T

    def _move(self, covariance: np.ndarray, steps: int = 1) -> np.ndarray:
        power = self._power(steps)
        return power @ covariance @ power.T + self._drift(steps)

    def _power(self, steps: int) -> np.ndarray:
        return np.linalg.matrix_power(self.A, steps)

    def _drift(self, steps: int) -> np.ndarray:
        """Return the covariance of the noise that the state gathers over some steps."""
        power = self._power(steps)
        return self.stationary - power @ self.stationary @ power.T
