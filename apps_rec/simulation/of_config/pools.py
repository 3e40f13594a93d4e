"""Pools of values: what the cells of a column are drawn from, as text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

# Few values, so that few rows tell what each of them does.
MOST = 20
# Rows of a hashed table for each value that it gets: fewer would often give two values one row.
_ROWS_PER_VALUE = 20
# Quantiles of a normal number from 2 % to 98 %.
_NORMAL = np.array([-2.05, -1.55, -1.28, -1.04, -0.84, -0.67, -0.52, -0.39, -0.25, -0.13])


@dataclass(frozen=True)
class Pool:
    """Values of a column.

    Attributes:
        values: the values as text, each once.
        is_ordered: whether they are numbers that ascend; the signal is a slope then, else each has its own effect.
        shares: probability of each; (): the first words come most often, and numbers come equally often.
    """

    values: tuple[str, ...]
    is_ordered: bool = False
    shares: tuple[float, ...] = ()

    @property
    def probabilities(self) -> np.ndarray:
        """Returns the probability of each value."""
        if self.shares:
            return np.array(self.shares) / sum(self.shares)
        weights = np.ones(len(self.values)) if self.is_ordered else 1 / (np.arange(len(self.values)) + 4.0)
        return weights / weights.sum()

    def where(self, fits: Callable[[str], bool]) -> Pool:
        """Returns the values that fit, with the shares that they have among each other."""
        kept = [at for at, value in enumerate(self.values) if fits(value)]
        shares = tuple(self.shares[at] for at in kept) if self.shares else ()
        return replace(self, values=tuple(self.values[at] for at in kept), shares=shares)

    def mixed(self, texts: Sequence[str], share: float) -> Pool:
        """Returns a pool in which these texts together have a share of the rows, and the other values the rest."""
        rest = self.where(lambda value: value not in texts)
        if not rest.values:
            return Pool(tuple(texts))
        shares = [share / len(texts)] * len(texts) + list(rest.probabilities * (1 - share))
        return Pool((*texts, *rest.values), shares=tuple(shares))


def words(stem: str, count: int) -> Pool:
    """Makes words of the letters and digits of a name: `brand0` of brand, `c02v0` of c02."""
    letters = re.sub(r"[^A-Za-z0-9]", "", stem).lower() or "w"
    letters += "v" if letters[-1].isdigit() else ""
    return Pool(tuple(f"{letters}{number}" for number in range(max(1, count))))


def whole_numbers(first: int, count: int, step: int = 1) -> Pool:
    """Makes the text of whole numbers that mean ids."""
    return Pool(tuple(str(first + step * number) for number in range(max(1, count))))


def count_for(buckets: int) -> int:
    """Returns how many values a hashed table of so many rows takes with few collisions."""
    return min(MOST, max(2, buckets // _ROWS_PER_VALUE))


def numbered(buckets: int) -> Pool:
    """Makes ids 0 to `buckets - 1`, or some of them."""
    count = min(MOST, buckets)
    return whole_numbers(0, count, max(1, buckets // count))


def numbers(values: Iterable[float], is_whole: bool) -> Pool:
    """Makes an ordered pool of numbers."""
    found = sorted({round(value) for value in values} if is_whole else set(values))
    return Pool(tuple(dict.fromkeys(number_text(value) for value in found)), is_ordered=True)


def number_text(value: float) -> str:
    """Returns a number as files write it: the fewest digits that read back as the same."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def normal(mean: float = 0.0, deviation: float = 1.0, is_whole: bool = False) -> Pool:
    """Makes numbers around a mean; whole ones without a scale are counts from 0 to 20."""
    if is_whole and (mean, deviation) == (0.0, 1.0):
        return numbers(range(21), is_whole)
    quantiles = np.concatenate([_NORMAL, [0.0], -_NORMAL[::-1]])
    return numbers((float(f"{mean + deviation * z:.6g}") for z in quantiles), is_whole)


def between(least: float, most: float, is_whole: bool) -> Pool:
    """Makes numbers from the least to the largest."""
    return numbers((float(f"{value:.6g}") for value in np.linspace(least, most, 21)), is_whole)


def growing(is_whole: bool) -> Pool:
    """Makes numbers of 0 or more whose logarithms are even, such as counts."""
    return numbers((float(f"{math.expm1(power):.4g}") for power in np.linspace(0, 6, 25)), is_whole)


def around_cuts(cuts: Sequence[float], is_whole: bool) -> Pool:
    """Makes a number within each of the ranges that cut points divide, or within some of very many."""
    ends = [cuts[0] - max(1.0, abs(cuts[0]) / 10), *cuts, cuts[-1] + max(1.0, abs(cuts[-1]) / 10)]
    ranges = list(pairwise(ends))
    ranges = ranges[:: math.ceil(len(ranges) / MOST)]
    middles = [(low + high) / 2 for low, high in ranges]
    if is_whole:
        # The middle, or the range's first whole number, if it has any.
        found = [max(math.floor(middle), math.ceil(low)) for middle, (low, _) in zip(middles, ranges, strict=True)]
        middles = [value for value, (low, high) in zip(found, ranges, strict=True) if low <= value < high]
        middles = middles or [ranges[0][0]]
    return numbers((float(f"{value:.9g}") for value in middles), is_whole)


TRUTHS = Pool(("false", "true"), is_ordered=True)
