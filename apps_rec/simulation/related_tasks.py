"""Two regression tasks that are related to a known degree: the synthetic data of the MMOE paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RelatedTasks:
    """Draws rows of two tasks whose weights have a given cosine.

    `y_k = w_k.x + sum_i sin(alpha_i w_k.x + beta_i) + noise` of standard normal inputs x, where `w_1 = c u_1` and
    `w_2 = c (p u_1 + sqrt(1 - p^2) u_2)`, and u_1 and u_2 are orthogonal unit vectors. The paper leaves c, the sines
    and the number of rows open, and its N(0, 0.01) is read here as a variance of 0.01.

    Attributes:
        cosine: p, the cosine of the weights of both tasks, in [-1, 1]; that of the labels follows, see
            `label_correlation`.
        num_inputs: length of x, 2 or more.
        scale: c, the length of both weights, above 0.
        frequencies: alpha of each sine; none: the tasks are linear.
        phases: beta of each sine, in radians, as many as frequencies.
        noise_stddev: standard deviation of the noise, 0 or more.
        seed: seed of the directions u_1 and u_2, 0 or more.

    Raises:
        ValueError: an attribute out of range.

    Example:
        >>> x, y = RelatedTasks(cosine=0.5).rows(10, seed=1)
        >>> x.shape, y.shape
        ((10, 100), (10, 2))

    References: Ma et al. 2018, Modeling Task Relationships in Multi-task Learning with Multi-gate
    Mixture-of-Experts, section 3.2.
    """

    cosine: float
    num_inputs: int = 100
    scale: float = 1.0
    frequencies: Sequence[float] = (1.0, 2.0, 3.0, 4.0)
    phases: Sequence[float] = (0.0, 0.5, 1.0, 1.5)
    noise_stddev: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if not -1 <= self.cosine <= 1:
            raise ValueError(f"cosine: expected a number from -1 to 1, got {self.cosine}.")
        if self.num_inputs < 2:
            raise ValueError(f"num_inputs: expected 2 or more, for two directions; got {self.num_inputs}.")
        if not self.scale > 0:
            raise ValueError(f"scale: expected a number above 0, got {self.scale}.")
        if not self.noise_stddev >= 0:
            raise ValueError(f"noise_stddev: expected 0 or more, got {self.noise_stddev}.")
        if len(self.frequencies) != len(self.phases):
            raise ValueError(
                f"phases: expected as many as frequencies, {len(self.frequencies)}; got {len(self.phases)}."
            )

    @property
    def weights(self) -> Array:
        """Returns w_1 and w_2, `(2, num_inputs)`."""
        drawn = np.random.default_rng([self.seed, 0]).normal(size=(2, self.num_inputs))
        first = drawn[0] / np.linalg.norm(drawn[0])
        second = drawn[1] - (drawn[1] @ first) * first
        second /= np.linalg.norm(second)
        return self.scale * np.stack([first, self.cosine * first + math.sqrt(1 - self.cosine**2) * second])

    def rows(self, count: int, seed: int) -> tuple[Array, Array]:
        """Draws rows.

        Args:
            count: number of rows, 1 or more.
            seed: seed of inputs and noise, 0 or more; other seeds give other rows of the same tasks.

        Returns:
            Inputs `(count, num_inputs)`, and the labels of both tasks, `(count, 2)`.
        """
        random = np.random.default_rng([self.seed, 1, seed])
        x = random.normal(size=(count, self.num_inputs))
        return x, self.means(x) + self.noise_stddev * random.normal(size=(count, 2))

    def means(self, x: Array) -> Array:
        """Returns the labels without noise, `(rows, 2)`, of inputs `(rows, num_inputs)`."""
        linear = x @ self.weights.T
        waves = [np.sin(a * linear + b) for a, b in zip(self.frequencies, self.phases, strict=True)]
        return linear + sum(waves)

    def label_correlation(self) -> float:
        """Returns Pearson's correlation of both labels, in closed form."""
        return self._covariance(self.cosine) / (self._covariance(1.0) + self.noise_stddev**2)

    def _covariance(self, cosine: float) -> float:
        """Returns the covariance of f(z_1) and f(z_2), f the sum above, of normal z of variance c^2 with a cosine."""
        variance, shared = self.scale**2, self.scale**2 * cosine
        waves = list(zip(self.frequencies, self.phases, strict=True))
        # E[z_1 sin(a z_2 + b)], by Stein's lemma; both orders are alike.
        mixed = sum(a * shared * math.cos(b) * math.exp(-a * a * variance / 2) for a, b in waves)
        products = 0.0
        for a, b in waves:
            for other_a, other_b in waves:
                damped = math.exp(-(a * a + other_a * other_a) * variance / 2) / 2
                difference = math.cos(b - other_b) * math.exp(a * other_a * shared)
                total = math.cos(b + other_b) * math.exp(-a * other_a * shared)
                products += damped * (difference - total)
        mean = sum(math.sin(b) * math.exp(-a * a * variance / 2) for a, b in waves)
        return shared + 2 * mixed + products - mean**2
