"""Columns that are passed through, of files that hold no rows to take their types from."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from apps_rec.data.formats.parquet_reader import parquet_types
from apps_rec.data.schema import Schema
from apps_rec.data.values.cast import ARROW_TYPES


def empty_kept(path: str, schema: Schema, keep: Sequence[str]) -> pa.Table:
    """Returns a table without rows, of the columns that `RowStream` would keep of a file.

    A Parquet file says its types; a column of another format has its declared type, or is text.

    Args:
        path: of the file.
        schema: of the file's format.
        keep: names of columns that the file has.
    """
    stored = parquet_types(path) if schema.input_type == "parquet" else {}
    return pa.table({name: pa.array([], stored.get(name) or _declared_type(name, schema)) for name in keep})


def _declared_type(name: str, schema: Schema) -> pa.DataType:
    column = schema.column(name)
    return pa.string() if column is None or column.dtype == "STRING" else ARROW_TYPES[column.dtype]
