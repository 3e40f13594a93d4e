"""The table of file formats, with the functions that read the columns, units and rows of each."""

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
    """One row of the table of file formats.

    Attributes:
        columns: function of a path and the schema that returns the names of all columns of the file; of its first
            records if rows differ.
        read: function of a unit, names and the schema that yields chunks of rows.
        units: function of all files that returns their units in order.
        types: function of a path that returns the type of each column by name; None: the files hold no types.
        counts_rows: true if the files and their units hold their number of rows.
        by_tensorflow: true if TensorFlow opens the files. It takes fewer kinds of paths than Arrow does.
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


def _batchtfrecord_columns(path: str, schema: Schema) -> list[str]:
    from apps_rec.data.formats.batchtfrecord_reader import batchtfrecord_columns

    return batchtfrecord_columns(path)


def _read_batchtfrecord(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    from apps_rec.data.formats.batchtfrecord_reader import read_batchtfrecord

    return read_batchtfrecord(unit, names, schema)


# By `Schema.input_type`.
FORMATS = {
    "csv": Format(csv_columns, read_csv),
    "parquet": Format(
        lambda path, schema: parquet_columns(path), read_parquet, parquet_units, parquet_types, counts_rows=True
    ),
    "tfrecord": Format(_tfrecord_columns, _read_tfrecord, by_tensorflow=True),
    "batchtfrecord": Format(_batchtfrecord_columns, _read_batchtfrecord, by_tensorflow=True),
}
