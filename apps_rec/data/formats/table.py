"""The table of file formats: how the columns, the units and the rows of each are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from apps_rec.data.formats.csv_reader import csv_columns, read_csv
from apps_rec.data.formats.parquet_reader import parquet_columns, parquet_types, parquet_units, read_parquet
from apps_rec.data.formats.source import Chunk, ReadUnit, Unit, file_units
from apps_rec.data.schema import Schema


@dataclass(frozen=True)
class Format:
    """A row of the table.

    Attributes:
        columns: of a path and the schema: names of all columns of the file; of its first records where rows differ.
        read: of a unit, names and the schema: chunks of rows.
        units: of all files: what is read one after the other.
        types: of a path: the type of each column, by name; None: the files do not say.
        counts_rows: the files say how many rows they hold, and so do their units.
        by_tensorflow: TensorFlow opens the files, which takes fewer paths than Arrow.
    """

    columns: Callable[[str, Schema], list[str]]
    read: ReadUnit
    units: Callable[[Sequence[str]], list[Unit]] = file_units
    types: Callable[[str], dict[str, pa.DataType]] | None = None
    counts_rows: bool = False
    by_tensorflow: bool = False


# TensorFlow takes seconds to import, and no other format needs it.
def _tfrecord_columns(path: str, schema: Schema) -> list[str]:
    from apps_rec.data.formats.tfrecord_reader import tfrecord_columns

    return tfrecord_columns(path)


def _read_tfrecord(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    from apps_rec.data.formats.tfrecord_reader import read_tfrecord

    return read_tfrecord(unit, names, schema)


# By `Schema.input_type`.
FORMATS = {
    "csv": Format(csv_columns, read_csv),
    "parquet": Format(
        lambda path, schema: parquet_columns(path), read_parquet, parquet_units, parquet_types, counts_rows=True
    ),
    "tfrecord": Format(_tfrecord_columns, _read_tfrecord, by_tensorflow=True),
}
