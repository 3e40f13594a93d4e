"""Measures how far the values of a column in evaluation are from those in training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from apps_rec.profile.columns import present_sql
from apps_rec.profile.engine import Engine, quoted, text
from apps_rec.profile.facts import NUMBERS, ColumnFacts
from apps_rec.profile.findings.finding import NOTE, WARNING, FeatureFacts, Finding

# Bands of the index: below .1 the same, from .25 on another population (Siddiqi 2006, Credit Risk Scorecards, chapter
# 10; first in Lewis 1994, An Introduction to Credit Scoring).
MODERATE, STRONG = 0.1, 0.25
_NUMBER_BINS = 10
_WORD_BINS = 20
# Rows that are added to each bin, so that an empty one has a logarithm.
_PRIOR = 0.5
_DEVIATIONS = 3.0


def psi(first: Sequence[int], second: Sequence[int]) -> float:
    """Returns the population stability index of two counts of the same bins: sum((q - p) ln(q / p)), 0 or more.

    Args:
        first: rows of training in each bin.
        second: rows of evaluation in each bin.

    Example:
        >>> round(psi([500_000, 500_000], [250_000, 750_000]), 4)
        0.2747
    """
    sizes = [sum(counts) + _PRIOR * len(counts) for counts in (first, second)]
    shares = [((a + _PRIOR) / sizes[0], (b + _PRIOR) / sizes[1]) for a, b in zip(first, second, strict=True)]
    return sum((q - p) * math.log(q / p) for p, q in shares)


def psi_of_chance(bins: int, first: int, second: int) -> float:
    """Returns the index that equal populations hardly exceed: three deviations above its mean.

    It is (1/first + 1/second) times a chi-square of bins - 1 degrees (Yurdakul, Naranjo 2020, Statistical Properties of
    the Population Stability Index, theorem 1).

    Args:
        bins: number of bins.
        first: rows of training.
        second: rows of evaluation.
    """
    if bins < 2 or not first or not second:
        return 0.0
    return (1 / first + 1 / second) * (bins - 1 + _DEVIATIONS * math.sqrt(2 * (bins - 1)))


def read_drift(engine: Engine, column: ColumnFacts, train: str, evaluation: str) -> tuple[float, float] | None:
    """Returns the index of a column and that of chance; None where training has no value.

    Bins are the tenths of training's numbers, or its twenty most frequent words; a missing value and all other words
    have a bin each.

    Args:
        engine: database.
        column: facts of the column in training.
        train: training rows in SQL.
        evaluation: evaluation rows in SQL.
    """
    name = quoted(column.name)
    there = present_sql(name, column.family)
    if column.family in NUMBERS and len(column.words) > _WORD_BINS:
        # Far quicker than a list of the cuts.
        expression = " + ".join(f"({name} > {cut!r})::TINYINT" for cut in _tenths(column))
        number = f"CASE WHEN NOT COALESCE({there}, false) THEN -1 ELSE {expression} END"
    else:
        words = [word for word, _ in column.words[:_WORD_BINS]]
        if not words:
            return None
        listed = ", ".join(text(word) for word in words)
        place = f"COALESCE(list_position([{listed}], CAST({name} AS VARCHAR)), 0)"
        number = f"CASE WHEN NOT COALESCE({there}, false) THEN -1 ELSE {place} END"
    counts: list[dict[int, int]] = [
        dict(engine.rows(f"SELECT {number}, count(*) FROM {source} GROUP BY 1")) for source in (train, evaluation)
    ]
    bins = sorted({*counts[0], *counts[1]})
    first, second = ([one.get(at, 0) for at in bins] for one in counts)
    return psi(first, second), psi_of_chance(len(bins), sum(first), sum(second))


def _tenths(column: ColumnFacts) -> list[float]:
    step = max(1, len(column.quantiles) // _NUMBER_BINS)
    return [float(cut) for cut in sorted({0.0, *column.quantiles[step - 1 :: step]})]


def judge_drift(features: Sequence[FeatureFacts]) -> Iterator[Finding]:
    """Yields the columns that drift by more than chance."""
    told = set()
    for one in features:
        if one.psi is None or one.column in told or one.psi < max(MODERATE, one.psi_chance or 0):
            continue
        told.add(one.column)
        is_strong = one.psi >= STRONG
        text = (
            f"PSI {one.psi:.3f} of evaluation against training: {'another' if is_strong else 'a somewhat other'} "
            f"population ({STRONG:g} or more is strong, {MODERATE:g} or more moderate)"
        )
        yield Finding(WARNING if is_strong else NOTE, "drift", f'column "{one.column}"', text)
