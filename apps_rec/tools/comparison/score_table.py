"""Columns of files with scores, in Arrow's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from apps_rec.data import storage
from apps_rec.data.files import data_files, guess_input_type
from apps_rec.errors import DataError
from apps_rec.nearest import did_you_mean, nearest


@dataclass(frozen=True)
class ScoreTable:
    """Columns of all rows of some files.

    Attributes:
        what: name in a message: A, B or labels, with its path.
        columns: values by name.
        rows: number of rows.
    """

    what: str
    columns: dict[str, pa.ChunkedArray]
    rows: int


def read_scores(paths: str, what: str, wanted: Sequence[str], optional: Sequence[str]) -> ScoreTable:
    """Reads columns of Parquet files, or of CSV files with a header.

    Args:
        paths: files, in all that a path of `train_input_path` may be.
        what: name in a message.
        wanted: columns that have to be there.
        optional: columns that are read where they are there.

    Raises:
        DataError: there is no such file, it cannot be read, or it has no such column.
    """
    what = f"{what} ({paths})"
    tables = []
    for path in data_files(paths, what):
        there = _names(path)
        missing = [name for name in dict.fromkeys(wanted) if name not in there]
        if missing:
            hint = did_you_mean(nearest(missing[0], there))
            raise DataError(f"{path}: expected a column {missing[0]}, got only {', '.join(there)}.{hint}")
        names = [name for name in dict.fromkeys((*wanted, *optional)) if name in there]
        tables.append(_read(path, names))
    first = tables[0].column_names
    for table in tables[1:]:
        if table.column_names != first:
            raise DataError(f"{what}: expected the same columns in every file, got {first} and {table.column_names}")
    whole = pa.concat_tables(tables, promote_options="permissive")
    return ScoreTable(what, {name: whole[name] for name in first}, whole.num_rows)


def _names(path: str) -> list[str]:
    try:
        if guess_input_type(path) == "csv":
            with storage.open_stream(path) as stream:
                return list(pyarrow.csv.open_csv(stream).schema.names)
        if guess_input_type(path) != "parquet":
            raise DataError(f"{path}: expected scores in Parquet or CSV")
        with storage.open_bytes(path) as file:
            return list(pq.ParquetFile(file).schema_arrow.names)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: cannot be read: {storage.reason(path, error)}") from None


def _read(path: str, names: Sequence[str]) -> pa.Table:
    try:
        if guess_input_type(path) == "csv":
            convert = pyarrow.csv.ConvertOptions(include_columns=names)
            with storage.open_stream(path) as stream:
                return pyarrow.csv.read_csv(stream, convert_options=convert)
        with storage.open_bytes(path) as file:
            return pq.ParquetFile(file).read(names)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: cannot be read: {storage.reason(path, error)}") from None
