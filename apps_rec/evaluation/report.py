"""Metrics as one JSON object for programs, as a table for people, and as a file beside the model."""

import json
import math
import os
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

from apps_rec.atomic_file import replace_text
from apps_rec.evaluation.intervals.interval import Interval
from apps_rec.evaluation.metrics import METRICS
from apps_rec.terminal.table import aligned

METRIC_COLUMNS = tuple(METRICS)
# Of two metrics, one may begin with the name of the other.
_LONGEST_FIRST = sorted(METRICS, key=len, reverse=True)

Metrics = Mapping[str, float | int | None]


def to_json(metrics: Mapping[str, Any]) -> str:
    """Writes metrics as one JSON object on one line: None is null, floats have all their digits.

    Args:
        metrics: values by name. A value may be nested, such as metrics by slice.

    Raises:
        ValueError: a value is nan or infinite, which JSON cannot say.

    Example:
        >>> to_json({"auc_ctr": 0.75, "auc_ctcvr": None, "rows": 4})
        '{"auc_ctr": 0.75, "auc_ctcvr": null, "rows": 4}'
    """
    return json.dumps({name: _plain(name, value) for name, value in metrics.items()}, allow_nan=False)


def to_table(
    metrics: Metrics,
    missing: Mapping[str, str] | None = None,
    intervals: Mapping[str, Interval | None] | None = None,
    rows_read: int | None = None,
) -> str:
    """Lays metrics out as a table: a line for each task, a column for each metric; others, such as `rows`, below.

    Args:
        metrics: values by full name.
        missing: reasons why a task's metrics are None, by suffix, from `MetricCollector.missing`. None: they are told
            from which of its metrics are None.
        intervals: intervals by full name; None: none are shown.
        rows_read: number of rows that `rows` is a part of; None, or the same number: only `rows` is shown.

    Example:
        >>> print(to_table({"auc_ctr": 0.75, "calibration_ctr": 1.5, "rows": 4}))
        task      auc  calibration
        ctr   0.75000      1.50000
        rows 4
    """
    tasks, more = _by_task(metrics)
    others = [f"{name} {'n/a' if value is None else value}" for name, value in more.items()]
    if rows_read is not None and rows_read != more.get("rows"):
        others = [f"{text} of {rows_read} read" if text.startswith("rows ") else text for text in others]
    columns = [metric for metric in METRIC_COLUMNS if any(metric in values for values in tasks.values())]
    lines = [["task", *columns]] if tasks else []
    for task, values in tasks.items():
        reason = _reason(values) if missing is None else missing.get(task, "one class")
        lines.append([task, *(_cell(values, f"{metric}_{task}", metric, reason, intervals) for metric in columns)])
    return "\n".join([*([aligned(lines, right_from=1)] if lines else []), *([", ".join(others)] if others else [])])


def to_lines(metrics: Metrics) -> list[str]:
    """Writes a line for each task, with the metrics that have a value, for a log.

    Example:
        >>> to_lines({"auc_ctr": 0.75, "calibration_ctr": 1.5, "auc_ctcvr": None, "rows": 4000})
        ['evaluated on 4,000 rows  ctr    auc 0.75000  calibration 1.50000', 'evaluated on 4,000 rows  ctcvr  auc n/a']
    """
    tasks, others = _by_task(metrics)
    rows = others.pop("rows", None)
    head = "evaluated" if rows is None else f"evaluated on {rows:,} rows"
    width = max(map(len, tasks), default=0)
    lines = [(task.ljust(width), values) for task, values in tasks.items()]
    if others:
        lines.append(("".ljust(width), others))
    return [
        "  ".join([head, *([task] if width else []), *(f"{name} {_shown(value)}" for name, value in values.items())])
        for task, values in lines
    ]


def _shown(value: float | int | None) -> str:
    if value is None:
        return "n/a"
    return f"{value:.5f}" if isinstance(value, float) else f"{value:,}"


def _by_task(metrics: Metrics) -> tuple[dict[str, dict[str, float | int | None]], dict[str, float | int | None]]:
    """Returns the metrics of each task by their names without it, and those of no task."""
    tasks: dict[str, dict[str, float | int | None]] = {}
    others: dict[str, float | int | None] = {}
    for name, value in metrics.items():
        metric = next((m for m in _LONGEST_FIRST if name.startswith(f"{m}_")), None)
        if metric is None:
            others[name] = value
        else:
            tasks.setdefault(name.removeprefix(f"{metric}_"), {})[metric] = value
    return tasks, others


def shown_metric(name: str, value: float | None, intervals: Mapping[str, Interval | None] | None = None) -> str:
    """Returns the cell of a metric: its value, with half of its interval where intervals are shown."""
    if value is None:
        return "n/a"
    if intervals is None:
        return f"{value:.5f}"
    interval = intervals.get(name)
    return f"{value:.5f} \xb1{f'{interval.half_width:.5f}' if interval else '?'}"


def write_metrics(path: str | os.PathLike[str], metrics: Mapping[str, Any]) -> None:
    """Writes the metrics as JSON; a reader never sees half a file."""
    path = Path(path)
    text = to_json(metrics) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text)


def _plain(name: str, value: Any) -> Any:
    """Turns numpy's numbers into Python's, however deep: json does not know numpy's."""
    if isinstance(value, Mapping):
        return {key: _plain(f"{name}.{key}", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(name, item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if not math.isfinite(value):
        raise ValueError(f"metric {name}: expected a finite number or None, got {value}.")
    return float(value)


def _reason(values: Mapping[str, float | int | None]) -> str:
    """Returns why a task's metrics are None, by what their rows in `METRICS` have a value over."""
    absent = [METRICS[name] for name, value in values.items() if value is None and not METRICS[name].none_where]
    if any(metric.of_negatives for metric in absent):
        return "no rows"
    return "no positives" if any(metric.of_positives for metric in absent) else "one class"


def _cell(
    values: Mapping[str, float | int | None],
    name: str,
    metric: str,
    reason: str,
    intervals: Mapping[str, Interval | None] | None,
) -> str:
    if metric not in values:
        return "-"
    value = values[metric]
    return f"n/a ({METRICS[metric].none_where or reason})" if value is None else shown_metric(name, value, intervals)
