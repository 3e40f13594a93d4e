"""What every file format hands to the reader: units of rows and chunks of them."""

from collections.abc import Callable, Iterator, Sequence
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
    """Rows that are read one after the other: a file, or some row groups of one.

    Args:
        path: of the file.
        file_index: its place in the sorted list of files.
        rows: how many rows there are, None where only reading tells.
        first_row: number of the first one in the file, from 1.
        row_groups: of a Parquet file.
    """

    path: str
    file_index: int
    rows: int | None = None
    first_row: int = 1
    row_groups: tuple[int, ...] = ()


class BadRow(NamedTuple):
    """A row whose cells cannot be told from each other.

    Args:
        row: its number in the file, from 1.
        text: what was expected and what came.
        reason: in a word or two, for counting.
        line: its first line in the file, from 1; None where files have no lines.
    """

    row: int
    text: str
    reason: str = RAGGED
    line: int | None = None


@dataclass(frozen=True)
class Chunk:
    """Some rows of a unit, as they stand in the file.

    Args:
        data: the columns that were asked for.
        rows: number of each row in its file, from 1: int64 `[N]`.
        ragged: rows that had to be left out for want of cells, or with wrong quotes.
        line_of: number of one of the rows -> its first line in the file, from 1; None where files have no lines.
        absent: columns that the file does not have; they are null.
    """

    data: pa.RecordBatch
    rows: np.ndarray
    ragged: list[BadRow] = field(default_factory=list)
    line_of: Callable[[int], int] | None = None
    absent: tuple[str, ...] = ()

    def with_columns(self, names: Sequence[str], absent: Sequence[str]) -> "Chunk":
        """These columns in their order, nulls for those that the file does not have."""
        if not absent and self.data.schema.names == list(names):
            return self
        columns = [pa.nulls(len(self.rows)) if name in absent else self.data.column(name) for name in names]
        return replace(self, data=pa.RecordBatch.from_arrays(columns, list(names)), absent=tuple(absent))

    def slice(self, start: int, length: int | None = None) -> "Chunk":
        """Rows start .. start + length; the ragged rows stay with the first row."""
        stop = len(self.rows) if length is None else start + length
        ragged = self.ragged if start == 0 else []
        data, rows = self.data.slice(start, stop - start), self.rows[start:stop]
        return replace(self, data=data, rows=rows, ragged=ragged)


# Reads one unit: (unit, names of the columns, schema) -> chunks.
ReadUnit = Callable[[Unit, Sequence[str], Schema], Iterator[Chunk]]


def file_units(files: Sequence[str]) -> list[Unit]:
    """One unit a file."""
    return [Unit(path, index) for index, path in enumerate(files)]
