"""Metrics by the values of a column: a table for each task, the values with most rows first."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps_rec.evaluation.report import METRIC_COLUMNS, Metrics
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
    """

    value: str | int | bool
    rows: int
    metrics: Metrics
    small: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of metrics.json."""
        return {"value": self.value, "rows": self.rows, **self.metrics, "small": list(self.small)}


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
            values = [item.metrics[f"{name}_{suffix}"] for name in columns]
            cells = ["n/a" if value is None else f"{value:.5f}" for value in values]
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
