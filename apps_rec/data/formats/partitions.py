"""Reads rows with the columns that the folders of their path give, in every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data.formats.source import Chunk, Unit
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.hive_paths import partition_values
from apps_rec.data.schema import Column, Schema
from apps_rec.data.values.cast_lists import convert
from apps_rec.data.values.decimals import has_decimals
from apps_rec.data.values.kinds import UnreadableColumnError
from apps_rec.errors import DataError


def columns_of(path: str, schema: Schema) -> list[str]:
    """Returns the names of all columns of a file, those of its folders last. Of TFRecord the first records are read."""
    inside = FORMATS[schema.input_type].columns(path, schema)
    return [*inside, *(key for key in partition_values(path) if key not in inside)]


def read_rows(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    """Yields the rows of a unit, with the columns that the folders of its path give as text.

    Raises:
        DataError: a column has other values in the file than its folder says.
    """
    made_by = FORMATS[schema.input_type]
    given = {key: value for key, value in partition_values(unit.path).items() if key in names}
    if not given:
        yield from made_by.read(unit, names, schema)
        return
    inside = made_by.columns(unit.path, schema)
    # A file is asked for one column at least, as some tell by a column how many rows there are.
    asked = [name for name in names if name not in given or name in inside] or inside[:1]
    columns = {column.stored: column for column in schema.declared}
    for chunk in made_by.read(unit, asked, schema):
        cells = {}
        for key, value in given.items():
            column = columns.get(key, Column(key))
            if key in inside:
                _check_equal(chunk, key, value, column, unit.path)
            else:
                cells[key] = _repeated(value, column, len(chunk.rows), schema)
        yield chunk.with_columns(names, chunk.absent, cells)


def _repeated(value: str, column: Column, rows: int, schema: Schema) -> pa.Array:
    if not value:
        return pa.nulls(rows, pa.string())
    if schema.input_type == "csv" and schema.decimal_separator != "." and has_decimals(column):
        # Writers of folders know no decimal commas; all cells of such a column are read by one rule.
        value = value.replace(".", schema.decimal_separator)
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _check_equal(chunk: Chunk, key: str, value: str, column: Column, path: str) -> None:
    cells = chunk.data.column(key)
    try:
        (found, problems), (said, _) = convert(cells, column), convert(pa.array([value or None], pa.string()), column)
    except UnreadableColumnError as error:
        raise DataError(f"{path}: {error}.") from error
    equal = pc.fill_null(pc.equal(found, said[0]), False) if said[0].is_valid else pc.is_null(found)
    differs = ~equal.to_numpy(zero_copy_only=False)
    for problem in problems:  # a wrong cell is told as one
        differs &= ~problem.mask
    if differs.any():
        place = int(np.argmax(differs))
        raise DataError(
            f'{path}: row {chunk.rows[place]}: column "{key}": expected "{value}", as its folder says, got '
            f'"{found[place].as_py()}" in the file; correct the file, or move it to the folder of its rows'
        )
