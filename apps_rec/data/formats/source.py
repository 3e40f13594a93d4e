"""Units of rows and chunks of them, as every file format hands them to the stream of rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from apps_rec.data.schema import Schema

# Rows that are converted in one go: enough to make Arrow quick, few enough to stay small.
CHUNK_ROWS = 16384

# Why a row was left out, in a word or two.
RAGGED, STRAY_QUOTE = "ragged", "stray quote"


@dataclass(frozen=True)
class Unit:
    """Rows that are read one after the other: a file, or some row groups of a file.

    Args:
        path: path of the file.
        file_index: place of the file in the sorted list of files.
        rows: number of rows; None if only reading tells.
        first_row: number of the first row in the file, from 1.
        row_groups: numbers of the row groups of a Parquet file.
    """

    path: str
    file_index: int
    rows: int | None = None
    first_row: int = 1
    row_groups: tuple[int, ...] = ()


class BadRow(NamedTuple):
    """A row whose cells cannot be told apart.

    Args:
        row: number of the row in the file, from 1.
        text: message: the expectation, and the text that came.
        reason: cause in a word or two, for counting.
        line: number of its first line in the file, from 1; None if files have no lines.
    """

    row: int
    text: str
    reason: str = RAGGED
    line: int | None = None


@dataclass(frozen=True)
class Chunk:
    """Some rows of a unit, unchanged from the file.

    Args:
        data: columns that were asked for.
        rows: number of each row in its file, from 1: int64 `[N]`.
        ragged: rows left out for wrong quotes, or for too few or too many cells.
        line_of: function of a row's number that returns its first line in the file, from 1; None: files have no lines.
        absent: names of columns that the file does not have; they are null in `data`.
    """

    data: pa.RecordBatch
    rows: np.ndarray
    ragged: list[BadRow] = field(default_factory=list)
    line_of: Callable[[int], int] | None = None
    absent: tuple[str, ...] = ()

    def with_columns(
        self, names: Sequence[str], absent: Sequence[str], given: Mapping[str, pa.Array] | None = None
    ) -> "Chunk":
        """Returns the chunk with these columns in this order: `given` ones, and nulls for those that are absent."""
        if not absent and not given and self.data.schema.names == list(names):
            return self
        more = dict(given or {}) | {name: pa.nulls(len(self.rows)) for name in absent}
        columns = [more[name] if name in more else self.data.column(name) for name in names]
        return replace(self, data=pa.RecordBatch.from_arrays(columns, list(names)), absent=tuple(absent))

    def slice(self, start: int, length: int | None = None) -> "Chunk":
        """Returns the rows start .. start + length - 1. The ragged rows stay with the first row."""
        stop = len(self.rows) if length is None else start + length
        ragged = self.ragged if start == 0 else []
        data, rows = self.data.slice(start, stop - start), self.rows[start:stop]
        return replace(self, data=data, rows=rows, ragged=ragged)


# Reads one unit: (unit, names of the columns, schema) -> chunks.
ReadUnit = Callable[[Unit, Sequence[str], Schema], Iterator[Chunk]]


def file_units(files: Sequence[str]) -> list[Unit]:
    """Makes one unit of each file."""
    return [Unit(path, index) for index, path in enumerate(files)]
