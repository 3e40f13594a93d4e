"""Shows metrics: one JSON object for programs, a table for people, a file beside the model."""

import json
import os
import tempfile
from collections.abc import Mapping
from numbers import Integral
from pathlib import Path

METRIC_COLUMNS = ("auc", "gauc", "log_loss", "calibration")

Metrics = Mapping[str, float | int | None]


def to_json(metrics: Metrics) -> str:
    """One JSON object on one line: None is null, floats have all their digits.

    Raises:
        ValueError: a value is nan or infinite, which JSON cannot say.

    Example:
        >>> to_json({"auc_ctr": 0.75, "auc_ctcvr": None, "rows": 4})
        '{"auc_ctr": 0.75, "auc_ctcvr": null, "rows": 4}'
    """
    for name, value in metrics.items():
        if value is not None and not -float("inf") < value < float("inf"):
            raise ValueError(f"metric {name}: expected a finite number or None, got {value}.")
    return json.dumps({name: _plain(value) for name, value in metrics.items()}, allow_nan=False)


def to_table(metrics: Metrics, missing: Mapping[str, str] | None = None) -> str:
    """Lay the metrics out, a line a task and a column a metric, with what is no task's metric (`rows`, `step`) below.

    Args:
        metrics: flat, by name.
        missing: why a task's metrics are None, by suffix, as `MetricCollector.missing` says it. Left out: told from
            the calibration, which is None exactly where there are no positives.

    Example:
        >>> print(to_table({"auc_ctr": 0.75, "calibration_ctr": 1.5, "rows": 4}))
        task      auc  calibration
        ctr   0.75000      1.50000
        rows 4
    """
    tasks: dict[str, dict[str, float | int | None]] = {}
    others = []
    for name, value in metrics.items():
        metric = next((m for m in METRIC_COLUMNS if name.startswith(f"{m}_")), None)
        if metric is None:
            others.append(f"{name} {'n/a' if value is None else value}")
        else:
            tasks.setdefault(name.removeprefix(f"{metric}_"), {})[metric] = value
    columns = [metric for metric in METRIC_COLUMNS if any(metric in values for values in tasks.values())]
    lines = [["task", *columns]] if tasks else []
    for task, values in tasks.items():
        reason = _reason(values) if missing is None else missing.get(task, "one class")
        lines.append([task, *(_cell(values, metric, reason) for metric in columns)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns) + 1)] if lines else []
    text = [
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zipped)).rstrip()
        for zipped in (list(zip(line, widths, strict=True)) for line in lines)
    ]
    return "\n".join([*text, *([", ".join(others)] if others else [])])


def write_metrics(path: str | os.PathLike[str], metrics: Metrics) -> None:
    """Write the metrics as JSON: aside first and then renamed, so that a reader never sees half a file."""
    path = Path(path)
    text = to_json(metrics) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(aside, 0o644)  # mkstemp lets the owner alone read
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise


def _plain(value: float | int | None) -> float | int | None:
    """Turn a number into one of Python's own: json does not know numpy's."""
    if value is None:
        return None
    return int(value) if isinstance(value, Integral) else float(value)


def _reason(values: Mapping[str, float | int | None]) -> str:
    no_rows = "log_loss" in values and values["log_loss"] is None
    no_positives = "calibration" in values and values["calibration"] is None
    return "no positives" if no_positives and not no_rows else "one class"


def _cell(values: Mapping[str, float | int | None], metric: str, reason: str) -> str:
    if metric not in values:
        return "-"
    value = values[metric]
    return f"n/a ({reason})" if value is None else f"{value:.5f}"
