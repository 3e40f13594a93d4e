"""What every file format hands to the reader: units of rows and chunks of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from apps_rec.data.schema import Schema

# Rows that are converted in one go: enough to make Arrow quick, few enough to stay small.
CHUNK_ROWS = 16384


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


@dataclass(frozen=True)
class Chunk:
    """Some rows of a unit, as they stand in the file.

    Args:
        data: the columns that were asked for.
        rows: number of each row in its file, from 1: int64 `[N]`.
        ragged: rows that had to be left out for want of cells, (row number, what is wrong).
    """

    data: pa.RecordBatch
    rows: np.ndarray
    ragged: list[tuple[int, str]] = field(default_factory=list)

    def slice(self, start: int, length: int | None = None) -> "Chunk":
        """Rows start .. start + length; the ragged rows stay with the first row."""
        stop = len(self.rows) if length is None else start + length
        ragged = self.ragged if start == 0 else []
        return Chunk(self.data.slice(start, stop - start), self.rows[start:stop], ragged)


# Reads one unit: (unit, names of the columns, schema) -> chunks.
ReadUnit = Callable[[Unit, Sequence[str], Schema], Iterator[Chunk]]


def file_units(files: Sequence[str]) -> list[Unit]:
    """One unit a file."""
    return [Unit(path, index) for index, path in enumerate(files)]
