"""Gathers the rows that passed in windows, and hands them out in batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from apps_rec.data.rows.columns import Columns, join_columns
from apps_rec.data.rows.validate import Rows
from apps_rec.errors import DataError


@dataclass(frozen=True)
class Batch:
    """Some rows that are ready to use.

    Args:
        columns: arrays `[B]` by column name: numbers, or bytes objects for STRING; labels and weights are float32.
        ends: number of rows of the epoch's order, filtered ones too, up to each row of this batch; int64 `[B]`.
        last: true if this is the last batch of the epoch.
        kept: columns passed through unchanged from the files, row by row beside `columns`; None if there are none.
    """

    columns: Columns
    ends: np.ndarray
    last: bool
    kept: pa.Table | None = None

    @property
    def size(self) -> int:
        """Returns the number of rows."""
        return self.columns.size

    @property
    def end_row(self) -> int:
        """Returns the number of rows of the epoch's order, filtered ones too, up to the end of this batch."""
        return int(self.ends[-1])

    def slice(self, start: int, end: int) -> Batch:
        """Returns the rows start .. end - 1."""
        kept = None if self.kept is None else self.kept.slice(start, end - start)
        last = self.last and end == self.size
        return Batch(self.columns.slice(start, end), self.ends[start:end], last, kept)


class Window:
    """The rows of a run of raw rows that passed.

    Args:
        record_type: type of a record, see `apps_rec.data.rows.columns.record_type`.
    """

    def __init__(self, record_type: np.dtype) -> None:
        self.raw_rows = 0
        self.index = np.zeros(0, np.int64)
        self.records = np.zeros(0, record_type)
        self.texts: dict[str, pa.Array] = {}
        self.kept: pa.Table | None = None
        self._rows: list[Rows] = []
        self._indices: list[np.ndarray] = []

    def add(self, rows: Rows, raw_rows: int) -> None:
        """Appends those of the next `raw_rows` raw rows that passed."""
        self._rows.append(rows)
        self._indices.append(rows.index + self.raw_rows)
        self.raw_rows += raw_rows

    def close(self) -> Window:
        """Lays the numbers out row by row, and every text column in one piece."""
        self.index = np.concatenate(self._indices)
        records: np.ndarray = np.empty(len(self.index), self.records.dtype)
        numbers = records.dtype.names or ()
        end = 0
        for rows in self._rows:
            start, end = end, end + len(rows.index)
            for name in numbers:
                records[name][start:end] = rows.columns[name]
        self.records = records
        for name in self._rows[0].columns:
            if name not in numbers:
                self.texts[name] = pa.concat_arrays([rows.columns[name] for rows in self._rows])
        if self._rows[0].kept is not None:
            self.kept = _concat([pa.Table.from_batches([rows.kept]) for rows in self._rows]).unify_dictionaries()
        self._rows = []
        return self


class Part:
    """Rows of a window in the order in which they are handed out."""

    def __init__(self, window: Window, order: np.ndarray, ends: np.ndarray):
        self.window, self.order, self.ends = window, order, ends
        self.size = len(order)

    def slice(self, start: int, length: int) -> Part:
        """Returns the rows start .. start + length - 1."""
        return Part(self.window, self.order[start : start + length], self.ends[start : start + length])

    def columns(self) -> Columns:
        """Returns the columns of its rows."""
        places = pa.array(self.order)
        texts = {name: text.take(places).to_numpy(zero_copy_only=False) for name, text in self.window.texts.items()}
        # Not by [], which copies field by field.
        return Columns(self.window.records.take(self.order), texts)


def join_parts(parts: list[Part]) -> Batch:
    """Joins the rows of all parts, one after the other, into one batch."""
    kept = [part.window.kept.take(pa.array(part.order)) for part in parts if part.window.kept is not None]
    ends = np.concatenate([part.ends for part in parts])
    return Batch(join_columns([part.columns() for part in parts]), ends, False, _concat(kept) if kept else None)


def join_batches(first: Batch, second: Batch) -> Batch:
    """Joins the rows of two batches, one after the other."""
    kept = [batch.kept for batch in (first, second) if batch.kept is not None]
    ends = np.concatenate([first.ends, second.ends])
    return Batch(join_columns([first.columns, second.columns]), ends, second.last, _concat(kept) if kept else None)


def _concat(tables: list[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(f"the columns to keep have different types in different files: {error}") from error
