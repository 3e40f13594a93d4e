"""Intervals of the metrics of tasks, over all rows that each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals.interval import FEWEST_UNITS, LEVEL, Interval, interval_of
from apps_rec.evaluation.intervals.resampling import Resampling, resampled, weighted_metrics
from apps_rec.evaluation.metrics.weighted import Weighted
from apps_rec.evaluation.tasks import TaskMetrics

Bounds = Mapping[str, Interval | None]


@dataclass(frozen=True)
class Intervals:
    """Intervals of metrics.

    Attributes:
        resampling: how they were made.
        count: number of units that were drawn: users, or rows.
        metrics: intervals by the full name of the metric; None where there is none.
        as_exported: same for a model measured as its export scores too; else None.
    """

    resampling: Resampling
    count: int
    metrics: Bounds
    as_exported: Bounds | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of metrics.json."""
        return {
            "level": LEVEL,
            "users": self.resampling.users or None,
            "count": self.count,
            "resamples": self.resampling.resamples,
            "seed": self.resampling.seed,
            "metrics": bounds_to_json(self.metrics),
            **({} if self.as_exported is None else {"as_exported": bounds_to_json(self.as_exported)}),
        }

    def __str__(self) -> str:
        users = f"{self.count:,} values of {self.resampling.users}" if self.resampling.users else f"{self.count:,} rows"
        line = f"\xb1 half of a {LEVEL * 100:g} % interval: {self.resampling.resamples} resamples of {users}"
        if any(interval is None for interval in self.metrics.values()):
            line += (
                f"\n\xb1 ?: fewer than {FEWEST_UNITS} of these have rows, or more than one of 20 resamples has no value"
            )
        return line


def bounds_to_json(metrics: Bounds) -> dict[str, list[float] | None]:
    """Returns the ends of intervals, by name."""
    return {name: None if interval is None else list(interval.bounds) for name, interval in metrics.items()}


def intervals_of(collector: MetricCollector, tasks: Sequence[TaskMetrics], resampling: Resampling) -> Intervals:
    """Computes the interval of every metric of some tasks.

    Args:
        collector: collector that holds the column of users, or the places of rows.
        tasks: some of its tasks.
        resampling: how to resample.
    """
    metrics: list[Weighted] = []
    known: dict[str, float | int | None] = {}
    counts: dict[str, int] = {}
    count = 0
    for task in tasks:
        rows, units = collector.rows_of(task, task.users), collector.units(task, resampling.users)
        known |= rows.metrics(task)
        metrics += weighted_metrics(task, rows, units)
        counts |= dict.fromkeys(task.names, len(np.unique(units.codes)))
        count = units.count
    values = resampled(metrics, count, resampling)
    intervals = {
        name: interval_of(value, column, counts[name])
        for (name, value), column in zip(known.items(), values.T, strict=True)
    }
    return Intervals(resampling, count, intervals)
