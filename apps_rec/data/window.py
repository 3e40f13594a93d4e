"""Rows that passed, gathered in windows and handed out in batches."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from apps_rec.data.rows import Rows
from apps_rec.errors import DataError


@dataclass(frozen=True)
class Batch:
    """Some rows, ready to use.

    Args:
        columns: name -> array `[B]`: numbers, or bytes objects for STRING; labels and weights are float32.
        end_row: rows of the epoch's order, filtered ones too, up to the end of this batch.
        last: whether this is the last batch of the epoch.
        kept: columns passed through as they are in the files, row by row beside `columns`; None where none are.
    """

    columns: dict[str, np.ndarray]
    end_row: int
    last: bool
    kept: pa.Table | None = None

    @property
    def size(self) -> int:
        """Rows in it."""
        return len(next(iter(self.columns.values()))) if self.columns else len(self.kept or ())


class Window:
    """Rows that passed out of a run of raw rows."""

    def __init__(self) -> None:
        self.raw_rows = 0
        self.index = np.zeros(0, np.int64)
        self.columns: dict[str, np.ndarray | pa.Array] = {}
        self.kept: pa.Table | None = None
        self._rows: list[Rows] = []
        self._indices: list[np.ndarray] = []

    def add(self, rows: Rows, raw_rows: int) -> None:
        """Appends the rows that passed out of the next raw rows."""
        self._rows.append(rows)
        self._indices.append(rows.index + self.raw_rows)
        self.raw_rows += raw_rows

    def close(self) -> "Window":
        """Lays every column out in one piece."""
        self.index = np.concatenate(self._indices)
        for name, first in self._rows[0].columns.items():
            pieces = [rows.columns[name] for rows in self._rows]
            whole = np.concatenate(pieces) if isinstance(first, np.ndarray) else pa.concat_arrays(pieces)
            self.columns[name] = whole
        if self._rows[0].kept is not None:
            self.kept = _concat([pa.Table.from_batches([rows.kept]) for rows in self._rows]).unify_dictionaries()
        self._rows = []
        return self


class Part:
    """Rows of a window in the order they are handed out."""

    def __init__(self, window: Window, order: np.ndarray, ends: np.ndarray):
        self.window, self.order, self.ends = window, order, ends
        self.size = len(order)

    def slice(self, start: int, length: int) -> "Part":
        """Rows start .. start + length."""
        return Part(self.window, self.order[start : start + length], self.ends[start : start + length])

    def column(self, name: str) -> np.ndarray:
        """Values of a column, text as bytes objects."""
        values = self.window.columns[name]
        if isinstance(values, np.ndarray):
            return values[self.order]
        return values.take(pa.array(self.order)).to_numpy(zero_copy_only=False)


def join_parts(parts: list[Part]) -> Batch:
    """One batch of the rows of all parts, one after the other."""
    columns = {
        name: np.concatenate([part.column(name) for part in parts]) if len(parts) > 1 else parts[0].column(name)
        for name in parts[0].window.columns
    }
    kept = [part.window.kept.take(pa.array(part.order)) for part in parts if part.window.kept is not None]
    return Batch(columns, int(parts[-1].ends[-1]), False, _concat(kept) if kept else None)


def _concat(tables: list[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"the columns to keep have different types in different files: {error}") from error
