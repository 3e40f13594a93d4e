"""The types of columns that are passed through, for files that hold no rows to tell them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from apps_rec.data.dtypes import DTYPES
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.schema import Schema


def empty_kept(path: str, schema: Schema, keep: Sequence[str]) -> pa.Table:
    """Returns a table without rows, with the columns that `RowStream` would keep of a file.

    Some files, such as Parquet's, hold the types, and what their folders give is text. In others a column has its
    declared type, or is text.

    Args:
        path: path of the file.
        schema: schema of the file's format.
        keep: names of columns that the file has.
    """
    types = FORMATS[schema.input_type].types
    if types is None:
        return pa.table({name: pa.array([], _declared_type(name, schema)) for name in keep})
    stored = types(path)
    return pa.table({name: pa.array([], stored.get(name, pa.string())) for name in keep})


def _declared_type(name: str, schema: Schema) -> pa.DataType:
    column = schema.column(name)
    return pa.string() if column is None or column.dtype == "STRING" else DTYPES[column.dtype].arrow
