"""Two models on the same rows: the difference of each metric, with its interval and p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.errors import DataError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.intervals.interval import FEWEST_UNITS, LEVEL, Interval, interval_of
from apps_rec.evaluation.intervals.resampling import Resampling, resampled, weighted_metrics
from apps_rec.evaluation.metrics.weighted import Units, Weighted
from apps_rec.evaluation.plan import better
from apps_rec.evaluation.tasks import TaskMetrics
from apps_rec.terminal.table import aligned

# Where p is smaller, two models are said to differ: their interval leaves 0 out.
_LEAST_P = 1 - LEVEL


@dataclass(frozen=True)
class Pair:
    """The rows of a task with the scores of two models.

    Attributes:
        task: the task with its metrics.
        a: rows with the scores of A.
        b: the same rows with the scores of B.
        units: units of these rows.
    """

    task: TaskMetrics
    a: RowsOfTask
    b: RowsOfTask
    units: Units


@dataclass(frozen=True)
class Difference:
    """One metric of two models.

    Attributes:
        metric: name of the metric.
        suffix: task that it measures.
        a: value of A; None: it has none.
        b: value of B; None: it has none.
        interval: difference B - A; None: it has no interval.
    """

    metric: str
    suffix: str
    a: float | None
    b: float | None
    interval: Interval | None

    @property
    def verdict(self) -> str:
        """Returns "A better" or "B better" at p < .05, "differ" where the metric is best at 1; else "not shown"."""
        if self.interval is None or self.interval.p >= _LEAST_P:
            return "not shown"
        sign = better(self.metric)
        return "differ" if not sign else "B better" if sign * self.interval.value > 0 else "A better"

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the metric, within its task."""
        known = self.interval
        return {
            "a": self.a,
            "b": self.b,
            "difference": None if self.a is None or self.b is None else self.b - self.a,
            "interval": None if known is None else list(known.bounds),
            "p": None if known is None else known.p,
            "verdict": self.verdict,
        }

    def cells(self) -> list[str]:
        """Returns the cells of the table."""
        values = ["n/a" if value is None else f"{value:.5f}" for value in (self.a, self.b)]
        if self.interval is None:
            return [self.suffix, self.metric, *values, "n/a", "n/a", "n/a", self.verdict]
        low, high = self.interval.bounds
        p = "<0.001" if self.interval.p < 0.001 else f"{self.interval.p:.3f}"
        numbers = [f"{self.interval.value:+.5f}", f"{low:+.5f} to {high:+.5f}", p]
        return [self.suffix, self.metric, *values, *numbers, self.verdict]


@dataclass(frozen=True)
class Comparison:
    """All metrics of two models on the same rows.

    Attributes:
        a: name of A.
        b: name of B.
        rows: number of rows.
        count: number of units that were drawn: users, or rows.
        resampling: how they were drawn.
        differences: metrics, task by task.
        left_out: suffixes of tasks that only one of the two has.
    """

    a: str
    b: str
    rows: int
    count: int
    resampling: Resampling
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns one object, with metrics by task and name."""
        tasks: dict[str, dict[str, Any]] = {}
        for item in self.differences:
            tasks.setdefault(item.suffix, {})[item.metric] = item.to_json()
        return {
            "a": self.a,
            "b": self.b,
            "rows": self.rows,
            "level": LEVEL,
            "users": self.resampling.users or None,
            "count": self.count,
            "resamples": self.resampling.resamples,
            "seed": self.resampling.seed,
            "tasks": tasks,
            "left_out": list(self.left_out),
        }

    def __str__(self) -> str:
        header = ["task", "metric", "A", "B", "B - A", f"{LEVEL * 100:g} % interval", "p", f"at p < {_LEAST_P:.2f}"]
        table = aligned([header, *(item.cells() for item in self.differences)], right_from=2)
        drawn = f"{self.count:,} values of {self.resampling.users}" if self.resampling.users else "them"
        notes = [
            f"A: {self.a}",
            f"B: {self.b}",
            f"{self.rows:,} rows, the same of both; {self.resampling.resamples} resamples of {drawn}",
        ]
        if self.left_out:
            notes.append(f"of one of the two alone, and left out: {', '.join(self.left_out)}")
        if any(item.interval is None for item in self.differences):
            notes.append(
                f"n/a: the metric has no value, fewer than {FEWEST_UNITS} of what is drawn have rows, or more than one "
                "of 20 resamples has no value"
            )
        return "\n".join([table, *notes])


def pairs_of(
    a: MetricCollector, b: MetricCollector, tasks: Sequence[TaskMetrics], resampling: Resampling
) -> list[Pair]:
    """Returns the rows of tasks with the scores of two collectors.

    Args:
        a: collector of A, which holds the column of users, or the places of rows.
        b: collector of B, over the same rows, with the same tasks among its own.
        tasks: the tasks.
        resampling: how to resample.

    Raises:
        DataError: the two collectors have other rows: as many, but with other labels or users.
    """
    if a.rows != b.rows:
        raise DataError(f"expected the same rows of A and B, got {a.rows:,} of A and {b.rows:,} of B")
    pairs = []
    for task in tasks:
        columns = tuple(dict.fromkeys((*task.users, *((resampling.users,) if resampling.users else ()))))
        rows, others, units = a.rows_of(task, columns), b.rows_of(task, columns), a.units(task, resampling.users)
        # Codes count the users in the order of their first rows, so that equal users have equal codes.
        same = [np.array_equal(rows.labels, others.labels)]
        same += [np.array_equal(rows.codes[column], others.codes[column]) for column in columns]
        if not all(same):
            names = [", ".join(task.labels), *columns]
            differ = ", ".join(name for name, is_same in zip(names, same, strict=True) if not is_same)
            raise DataError(
                f"{task.suffix}: expected the same rows of A and B in the same order, got other values of {differ}"
            )
        pairs.append(Pair(task, rows, others, units))
    return pairs


def differences(pairs: Sequence[Pair], resampling: Resampling) -> tuple[Difference, ...]:
    """Returns the difference B - A of each metric of each task; both models see the same resamples.

    Args:
        pairs: tasks with their rows.
        resampling: how to resample.
    """
    weighted: list[Weighted] = []
    for pair in pairs:
        for rows in (pair.a, pair.b):
            weighted += weighted_metrics(pair.task, rows, pair.units)
    values = iter(resampled(weighted, pairs[0].units.count, resampling).T)
    found = []
    for pair in pairs:
        count = len(np.unique(pair.units.codes))
        of_both = [[next(values) for _ in pair.task.metrics] for _ in "ab"]
        known = zip(pair.a.metrics(pair.task).values(), pair.b.metrics(pair.task).values(), strict=True)
        for metric, (a, b), of_a, of_b in zip(pair.task.metrics, known, *of_both, strict=True):
            difference = None if a is None or b is None else b - a
            interval = interval_of(difference, of_b - of_a, count)
            found.append(Difference(metric.name, pair.task.suffix, a, b, interval))
    return tuple(found)
