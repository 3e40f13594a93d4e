"""Contributions of columns, or features, to the outputs of some rows: as a table for people and as one for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from apps_rec.atomic_file import replace_text
from apps_rec.errors import ArgumentError, RunError
from apps_rec.serving.batch.output import Output, open_output, plan_output
from apps_rec.terminal.table import aligned

COLUMNS, FEATURES = "columns", "features"
# Name of a part in the table for programs, and of what stands beside it.
NAMES = {COLUMNS: ("column", "features"), FEATURES: ("feature", "columns")}
_VALUES = ("cell", "task", "output", "value", "without", "contribution", "base")
JSON = ".json"
# Parts that are shown of each row, and letters of a cell.
_SHOWN, _LETTERS = 20, 24
# Numbers from here on are shown by their size.
_LONG = 1e6


@dataclass(frozen=True)
class Part:
    """A part of a row that is left out.

    Attributes:
        name: name of the column or feature.
        columns: names of its columns.
        others: features that read the column, or columns that the feature reads.
    """

    name: str
    columns: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class ExplainedOutput:
    """A number of the model that is explained.

    Attributes:
        label: name of the output, with the place where it has several numbers: `logits_rating[2]`.
        task: name of the tower; "": the score, which is of all.
        output: name of the output.
        place: place of the number, from 0; None: the output has one.
    """

    label: str
    task: str
    output: str
    place: int | None = None

    def of(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Returns the number of each row, float64, from the outputs of a request."""
        values = outputs[self.output]
        return np.asarray(values if self.place is None else values[:, self.place], np.float64)


@dataclass(frozen=True)
class Explanation:
    """Contributions to the outputs of some rows: the output of the row, less that of the row without a part.

    Printed, it is a table for each row.

    Attributes:
        by: "columns" or "features".
        rows: number of each row in the input, from 1; int64 `[R]`.
        kept: columns that were copied, a row each.
        parts: parts that were left out, one at a time; P of them.
        outputs: outputs, the score first; O of them.
        cells: text of each part's cells, by part and row.
        values: outputs of the rows, `[R, O]`.
        without: outputs of the rows without a part, `[P, R, O]`.
        base: outputs of the row without any part, `[O]`.
        filled: columns of positions, which are no inputs, with the value that every row gets.
        sorted_at: place of the output by whose contributions the printed table of a row is sorted.
    """

    by: str
    rows: np.ndarray
    kept: pa.Table
    parts: tuple[Part, ...]
    outputs: tuple[ExplainedOutput, ...]
    cells: Sequence[Sequence[str]]
    values: np.ndarray
    without: np.ndarray
    base: np.ndarray
    filled: Mapping[str, Any] = field(default_factory=dict)
    sorted_at: int = 0

    def sorted_by(self, task: str) -> Explanation:
        """Returns the same explanation, printed by the contributions to a task, the largest first.

        Raises:
            ArgumentError: there is no such task.
        """
        tasks = [output.task for output in self.outputs]
        if task not in tasks[1:]:
            known = ", ".join(dict.fromkeys(tasks[1:]))
            text = '{sort_by}: expected a task, one of {known}, got "{got}"'
            raise ArgumentError(text, "sort_by", known=known, got=task)
        return replace(self, sorted_at=tasks.index(task))

    @property
    def contributions(self) -> np.ndarray:
        """Returns the contributions, `[P, R, O]`."""
        return self.values[np.newaxis] - self.without

    def table(self) -> pa.Table:
        """Returns a line for each row, output and part; of a row and an output the largest contribution first."""
        sizes = -np.abs(self.contributions)
        # [R, O, P]: of equal ones the earlier part comes first.
        order = np.argsort(sizes.transpose(1, 2, 0), axis=2, kind="stable")
        rows, outputs, parts = (axis.ravel() for axis in np.indices(order.shape))
        parts = order.ravel()
        name, others = NAMES[self.by]
        columns: dict[str, Any] = {"row": self.rows[rows]}
        columns |= {kept: self.kept.column(kept).take(pa.array(rows)) for kept in self.kept.column_names}
        columns[name] = [self.parts[part].name for part in parts]
        columns[others] = [",".join(self.parts[part].others) for part in parts]
        columns["cell"] = [self.cells[int(part)][int(row)] for part, row in zip(parts, rows, strict=True)]
        columns["task"] = [self.outputs[output].task for output in outputs]
        columns["output"] = [self.outputs[output].label for output in outputs]
        columns["value"] = self.values[rows, outputs]
        columns["without"] = self.without[parts, rows, outputs]
        columns["contribution"] = self.contributions[parts, rows, outputs]
        columns["base"] = self.base[outputs]
        return pa.table(columns)

    def __str__(self) -> str:
        blocks = [self._block(row) for row in range(len(self.rows))]
        notes = [f"{name}: no input; every row gets {value}" for name, value in self.filled.items()]
        return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])

    def _block(self, row: int) -> str:
        """Returns the table of a row: the largest contribution to the score, or to a task, first."""
        changes = self.contributions[:, row]
        order = np.lexsort((-np.abs(changes).sum(axis=1), -np.abs(changes[:, self.sorted_at])))
        name, others = NAMES[self.by]
        lines = [[name, others, "cell", *(output.label for output in self.outputs)]]
        lines.append(["the row", "", "", *map(_number, self.values[row])])
        for part in order[:_SHOWN]:
            words = (self.parts[part].name, ", ".join(self.parts[part].others), self.cells[part][row])
            lines.append([*map(_short, words), *map(_signed, changes[part])])
        lines.append(["all left out", "", "", *map(_number, self.base)])
        kept = [f"{key} {self.kept.column(key)[row].as_py()}" for key in self.kept.column_names]
        left = len(order) - _SHOWN
        sorted_by = self.outputs[self.sorted_at].label
        more = [f"and {left} more of smaller contributions to {sorted_by}; an output file has all"] if left > 0 else []
        return "\n".join([f"row {self.rows[row]}{': ' if kept else ''}{', '.join(kept)}", aligned(lines, 3), *more])


def names_of_table(by: str) -> list[str]:
    """Returns the names of the columns of `Explanation.table`, those kept left out."""
    return ["row", *NAMES[by], *_VALUES]


def plan_explanation(output: str, escape_formulas: bool = False) -> Output | None:
    """Plans the file of an explanation; None: it is JSON.

    Raises:
        RunError: the ending is of no format, or formulas are to be escaped in a file that is no CSV.
    """
    if output.endswith(JSON):
        if escape_formulas:
            text = "{escape_formulas}: is for CSV, and {name} is JSON; leave it out"
            raise ArgumentError(text, "escape_formulas", name=output)
        if Path(output).is_dir():
            raise RunError(f"output {output}: is a folder; choose another file")
        return None
    if not output.endswith((".csv", ".csv.gz", ".parquet")):
        raise RunError(f"output {output}: expected a file whose name ends in .csv, .csv.gz, .parquet or .json")
    return plan_output(output, escape_formulas=escape_formulas)


def write_explanation(explanation: Explanation, output: str, escape_formulas: bool = False) -> None:
    """Writes the table for programs: CSV, Parquet, or JSON, a list of objects. The file appears whole.

    Raises:
        RunError: the file cannot be written.
    """
    planned, table = plan_explanation(output, escape_formulas), explanation.table()
    if planned is not None:
        with open_output(planned) as files:
            files.write(table)
        return
    lines = [{name: _plain(value) for name, value in line.items()} for line in table.to_pylist()]
    try:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        replace_text(Path(output), json.dumps(lines, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    except OSError as error:
        raise RunError(f"cannot write {output}: {error.strerror or error}; choose another") from error


def _plain(value: Any) -> Any:
    """Returns a value as JSON has it: a kept cell may be a date, bytes, or no number."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _short(text: str) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= _LETTERS else line[: _LETTERS - 1] + "…"


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < _LONG else f"{value:.4g}"


def _signed(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:+.4f}" if 5e-5 <= abs(value) < _LONG else f"{value:+.0e}"
