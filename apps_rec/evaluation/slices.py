"""Metrics by the values of a column: a table for each task, the values with most rows first."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.intervals.interval import Interval, interval_of
from apps_rec.evaluation.intervals.of_tasks import Bounds, bounds_to_json
from apps_rec.evaluation.intervals.resampling import Resampling, resampled, weighted_metrics
from apps_rec.evaluation.metrics.weighted import Units
from apps_rec.evaluation.report import METRIC_COLUMNS, Metrics, shown_metric
from apps_rec.evaluation.tasks import BINARY, TaskMetrics
from apps_rec.terminal.table import aligned

# Number of values whose metrics are computed and shown.
MOST = 50
# With fewer positives, or fewer negatives, the differences of an AUC are noise: its standard error is about .03.
FEW = 100
_WIDTH, _NAMED = 40, 5


@dataclass(frozen=True)
class Slice:
    """The rows with one value of the column.

    Args:
        value: the column's value; text for STRING.
        rows: number of rows with this value.
        metrics: values by full name, with `rows_<suffix>` of every task and `positives_<suffix>` of those whose labels
            are 0 or 1.
        small: suffixes of the tasks with fewer than FEW positives or negatives here; of other tasks, rows.
        intervals: intervals by full name; None: not asked for.
    """

    value: str | int | bool
    rows: int
    metrics: Metrics
    small: tuple[str, ...] = ()
    intervals: Bounds | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of metrics.json."""
        intervals = {} if self.intervals is None else {"intervals": bounds_to_json(self.intervals)}
        return {"value": self.value, "rows": self.rows, **self.metrics, "small": list(self.small), **intervals}


@dataclass(frozen=True)
class Slices:
    """All values of a column.

    Args:
        column: name of the column.
        shown: the values with most rows, at most MOST.
        other_values: the first of the other values, those with most rows first.
        other_count: number of all other values.
        other_rows: number of their rows.
    """

    column: str
    shown: tuple[Slice, ...]
    other_values: tuple[str | int | bool, ...] = ()
    other_count: int = 0
    other_rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of metrics.json."""
        others = {"count": self.other_count, "rows": self.other_rows, "first": list(self.other_values)}
        return {"column": self.column, "slices": [item.to_json() for item in self.shown], "others": others}

    def to_table(self, suffixes: Sequence[str]) -> str:
        """Writes a table for each task; `*` marks the positives, or the rows, of a slice that is small for the task."""
        tables = [self._table(suffix) for suffix in suffixes]
        notes = []
        if any(item.small for item in self.shown):
            are_binary = any(name.startswith("positives_") for name in self.shown[0].metrics)
            few = "positives or negatives" if are_binary else "rows"
            notes.append(f"* fewer than {FEW} {few}: differences are mostly chance")
        if self.other_count:
            named = ", ".join(map(shown_value, self.other_values[:_NAMED]))
            more = ", ..." if self.other_count > _NAMED else ""
            notes.append(f"and {self.other_count:,} more values with {self.other_rows:,} rows: {named}{more}")
        return "\n\n".join([*tables, *(["\n".join(notes)] if notes else [])])

    def _table(self, suffix: str) -> str:
        columns = [name for name in METRIC_COLUMNS if f"{name}_{suffix}" in self.shown[0].metrics]
        counts = [name for name in ("rows", "positives") if f"{name}_{suffix}" in self.shown[0].metrics]
        lines = [[f"{suffix} by {shown_value(self.column)}", *counts, *columns]]
        lines[0][len(counts)] += " "
        for item in self.shown:
            counted = [f"{item.metrics[f'{name}_{suffix}']:,}" for name in counts]
            counted[-1] += "*" if suffix in item.small else " "
            names = [f"{name}_{suffix}" for name in columns]
            cells = [shown_metric(name, item.metrics[name], item.intervals) for name in names]
            lines.append([shown_value(item.value), *counted, *cells])
        return aligned(lines, right_from=1)


def shown_value(value: str | int | bool) -> str:
    """Shortens a value for a terminal and escapes the characters that a terminal obeys."""
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if not value:
        return "(empty)"
    text = "".join(c if c.isprintable() and unicodedata.category(c) != "Cf" else f"\\x{ord(c):x}" for c in value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def slices_of(
    collector: MetricCollector,
    tasks: Sequence[TaskMetrics],
    column: str,
    most: int = MOST,
    resampling: Resampling | None = None,
) -> Slices:
    """Computes the metrics of some tasks within each value of a column.

    Args:
        collector: collector that holds the column, and those of `resampling`.
        tasks: some of its tasks.
        column: the column.
        most: number of values to measure; those with most rows are taken.
        resampling: how to make intervals; None: there will be none.
    """
    values, counts = collector.values_of(column)
    order = np.argsort(-counts, kind="stable")
    codes, others = order[:most].tolist(), order[most:].tolist()
    metrics: dict[int, dict[str, float | int | None]] = {code: {} for code in codes}
    small: dict[int, list[str]] = {code: [] for code in codes}
    intervals: dict[int, dict[str, Interval | None]] = {code: {} for code in codes}
    for task in tasks:
        rows = collector.rows_of(task, (*task.users, column))
        of_row = rows.codes[column]
        by_slice = np.argsort(of_row, kind="stable")
        bounds = np.searchsorted(of_row[by_slice], np.arange(len(values) + 1))
        places = {code: by_slice[bounds[code] : bounds[code + 1]] for code in codes}
        for code in codes:
            mine = rows.at(places[code])
            metrics[code] |= mine.metrics(task)
            metrics[code][f"rows_{task.suffix}"] = len(mine.labels)
            if task.kind == BINARY:
                metrics[code][f"positives_{task.suffix}"] = int(mine.labels.sum(dtype=np.int64))
            if mine.fewest(task) < FEW:
                small[code].append(task.suffix)
        if resampling is not None:
            units = collector.units(task, resampling.users)
            _add_intervals(intervals, metrics, task, rows, places, units, resampling)
    shown = [
        Slice(
            values[code],
            int(counts[code]),
            metrics[code],
            tuple(small[code]),
            None if resampling is None else intervals[code],
        )
        for code in codes
    ]
    return Slices(
        column, tuple(shown), tuple(values[code] for code in others[:most]), len(others), int(counts[others].sum())
    )


def _add_intervals(
    intervals: Mapping[int, dict[str, Interval | None]],
    metrics: Mapping[int, Metrics],
    task: TaskMetrics,
    rows: RowsOfTask,
    places: Mapping[int, np.ndarray],
    units: Units,
    resampling: Resampling,
) -> None:
    """Adds the intervals of a task within each slice; `places` says which of its rows are there."""
    weighted = []
    for at in places.values():
        weighted += weighted_metrics(task, rows.at(at), Units(units.codes[at], units.count))
    values = iter(resampled(weighted, units.count, resampling).T)
    for code, at in places.items():
        count = len(np.unique(units.codes[at]))
        for name in task.names:
            intervals[code][name] = interval_of(metrics[code][name], next(values), count)
