"""The interval of one number, from its values on resamples."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

# Of all samples like this one, the share whose interval holds what a sample without end would give.
LEVEL = 0.95
# With fewer units the values on resamples say little of how they differ.
FEWEST_UNITS = 20
# Share of the resamples on which a metric has to have a value.
_LEAST_SHARE = 0.95
_QUANTILE = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True)
class Interval:
    """A value with its standard error.

    Attributes:
        value: the value on all rows.
        standard_error: standard deviation of the values on resamples.
    """

    value: float
    standard_error: float

    @property
    def half_width(self) -> float:
        """Returns half of the width of the 95 % interval, 1.96 standard errors."""
        return _QUANTILE * self.standard_error

    @property
    def bounds(self) -> tuple[float, float]:
        """Returns the ends of the 95 % interval."""
        return self.value - self.half_width, self.value + self.half_width

    @property
    def p(self) -> float:
        """Returns the two-sided p-value of the value 0: below .05 where the interval leaves 0 out."""
        if not self.standard_error:
            return float(self.value == 0)
        return 2 * NormalDist().cdf(-abs(self.value) / self.standard_error)


def interval_of(value: float | None, values: np.ndarray, units: int) -> Interval | None:
    """Returns the interval of a value, or None where it has none.

    That is where it is no value itself, with fewer than 20 units, and where more than one of 20 resamples gives none.

    Args:
        value: the value on all rows.
        values: values on resamples, `(resamples,)`, nan where there is none.
        units: number of units that have rows.
    """
    known = values[~np.isnan(values)]
    if value is None or units < FEWEST_UNITS or known.size < _LEAST_SHARE * values.size:
        return None
    return Interval(value, float(known.std(ddof=1)))
