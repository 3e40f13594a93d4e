"""Metrics of rows that count several times each, for a bootstrap: what no weight changes is done once, as sorting is.

A resample gives every unit, such as a user, a whole number: how often all of its rows are there. A function here takes
labels, scores and units once, and returns one that takes such numbers, `(units,)`, and gives the metric.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Weighted = Callable[[np.ndarray], float | None]


@dataclass(frozen=True)
class Units:
    """The unit that each row belongs to, such as its user: in a resample its rows are there together or not at all.

    Attributes:
        codes: number of the unit of each row, `(rows,)`, from 0 to `count` - 1.
        count: number of units.
    """

    codes: np.ndarray
    count: int


@dataclass(frozen=True)
class OfSums:
    """A metric that is a function of sums over rows, as a mean is.

    Attributes:
        terms: function of labels, scores and options; it returns arrays to sum, `(rows,)` each.
        value: function of the number of rows and of the sums.
    """

    terms: Callable[..., tuple[np.ndarray, ...]]
    value: Callable[..., float | None]

    def compute(self, labels: np.ndarray, scores: np.ndarray, **options: object) -> float | None:
        """Computes the metric over rows; sums are float64."""
        terms = self.terms(labels, scores, **options)
        return self.value(len(terms[0]), *(float(term.sum(dtype=np.float64)) for term in terms))

    def weigh(self, labels: np.ndarray, scores: np.ndarray, units: Units, **options: object) -> Weighted:
        """Sums the terms within units, once, and returns the metric as a function of the units' weights."""
        terms = self.terms(labels, scores, **options)
        sums = [np.bincount(units.codes, term, units.count) for term in (None, *terms)]
        of_units = np.stack(sums, axis=1).astype(np.float64)  # [units, 1 + terms]

        def value(weights: np.ndarray) -> float | None:
            return self.value(*(weights.astype(np.float64) @ of_units).tolist())

        return value


def mean(rows: float, total: float) -> float | None:
    """Returns the mean of a term, or None where there is no row."""
    return total / rows if rows else None


def by_score(kept: np.ndarray, scores: np.ndarray, units: Units) -> tuple[np.ndarray, np.ndarray]:
    """Returns the scores of some rows in ascending order, and the unit of each of these rows."""
    scores, codes = scores[kept], units.codes[kept]
    order = np.argsort(scores)
    return scores[order], codes[order]


def below_each(counts: np.ndarray) -> np.ndarray:
    """Returns how many there are before each place and, at the end, in all: one number more than `counts`."""
    sums = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, dtype=np.int64, out=sums[1:])
    return sums


def unit_of_groups(groups: np.ndarray, units: Units) -> np.ndarray | None:
    """Returns the unit of each group of rows, by code, 0 where no row has the code; None where some lie in several."""
    of_group = np.zeros(int(groups.max()) + 1 if groups.size else 0, np.int64)
    of_group[groups] = units.codes
    return of_group if np.array_equal(of_group[groups], units.codes) else None


def repeat_rows(compute: Callable[..., float | None]) -> Callable[..., Weighted]:
    """Makes a `weigh` for any metric: it repeats rows and computes anew, with all its sorting, for each resample.

    A user that lies within one unit, such as itself, is another user in each repetition.
    """

    def weigh(labels: np.ndarray, scores: np.ndarray, units: Units, **options: object) -> Weighted:
        users = options.get("users")
        is_within = isinstance(users, np.ndarray) and unit_of_groups(users, units) is not None

        def value(weights: np.ndarray) -> float | None:
            times = weights[units.codes].astype(np.int64)
            rows = np.repeat(np.arange(len(times)), times)
            changed = dict(options)
            if isinstance(users, np.ndarray):
                copy = np.arange(len(rows)) - np.repeat(below_each(times)[:-1], times)
                changed["users"] = users[rows].astype(np.int64) * (int(weights.max(initial=0)) + 1) + copy * is_within
            return compute(labels[rows], scores[rows], **changed)

        return value

    return weigh
