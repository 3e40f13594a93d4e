"""Reads Parquet files that hold a vector for each id, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apps_rec.data import storage
from apps_rec.data.formats.parquet_reader import open_parquet
from apps_rec.data.values.kinds import plain
from apps_rec.errors import DataError
from apps_rec.nearest import did_you_mean, nearest

# Numbers that are held at once, 16 MiB of float32, and rows.
_NUMBERS, _ROWS = 1 << 22, 1 << 16
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True)
class Vectors:
    """Some rows of a file.

    Attributes:
        ids: ids of the type that was asked for, none of them null.
        vectors: vector of each id, float32 `[N, dim]`, finite.
        first_row: number of the first row in the file, from 1.
    """

    ids: pa.Array
    vectors: np.ndarray
    first_row: int


def read_vectors(path: str, id_column: str, vector_column: str, id_type: pa.DataType, dim: int) -> Iterator[Vectors]:
    """Yields the rows of a file in its order. Memory holds some thousand rows.

    Args:
        path: path or URI of a Parquet file.
        id_column: name of the column of the ids.
        vector_column: name of the column of the vectors, lists of numbers.
        id_type: type that the ids become: text, or a type of whole numbers.
        dim: length that each vector must have.

    Raises:
        DataError: the file cannot be read, lacks a column, or has an id or a vector that is missing or wrong.
    """
    file = open_parquet(path)
    for name in (id_column, vector_column):
        if (count := file.schema_arrow.names.count(name)) != 1:
            known = ", ".join(file.schema_arrow.names[:30])
            found = f"{count} columns" if count else "no column"
            guess = did_you_mean(nearest(name, file.schema_arrow.names)) if not count else ""
            raise DataError(f'{path}: there is {found} "{name}"; expected one. Columns are {known}.{guess}')
    kind = file.schema_arrow.field(vector_column).type
    if not any(check(kind) for check in _LISTS) or not _is_number(kind.value_type):
        raise DataError(f'{path}: column "{vector_column}": expected lists of numbers, got {kind}')
    row = 1
    batches = file.iter_batches(max(1, min(_ROWS, _NUMBERS // dim)), columns=[id_column, vector_column])
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as error:
            text = storage.reason(path, error)
            raise DataError(f"{path}: after row {row - 1}: cannot be read as Parquet: {text}") from error
        if batch is None:
            return
        ids = _ids(path, id_column, batch.column(id_column), id_type, row)
        yield Vectors(ids, _vectors(path, vector_column, batch.column(vector_column), dim, row), row)
        row += batch.num_rows


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind)


def _ids(path: str, name: str, column: pa.Array, id_type: pa.DataType, row: int) -> pa.Array:
    column = plain(column)
    _check(path, name, row, pc.is_null(column), "an id, got a missing one")
    try:
        return column.cast(id_type)
    except pa.ArrowException as error:
        text = (
            f'{path}: column "{name}": expected ids of type {id_type}, as the feature\'s column has, got {column.type}'
        )
        raise DataError(f"{text}: {error}") from error


def _vectors(path: str, name: str, column: pa.Array, dim: int, row: int) -> np.ndarray:
    _check(path, name, row, pc.is_null(column), "a vector, got a missing one")
    lengths = pc.list_value_length(column)
    wrong = pc.not_equal(lengths, dim)
    if pc.any(wrong).as_py():
        got = lengths[pc.index(wrong, True).as_py()].as_py()
        _check(path, name, row, wrong, f"{dim} numbers, the embedding_dim of the feature, got {got}")
    numbers = column.flatten().cast(pa.float32(), safe=False)
    values = numbers.to_numpy(zero_copy_only=False).reshape(-1, dim)
    # A missing number is nan here.
    _check(
        path, name, row, pa.array(~np.isfinite(values).all(axis=1)), "finite numbers of 32 bits, got one that is none"
    )
    return values


def _check(path: str, name: str, first_row: int, is_wrong: pa.Array, expected: str) -> None:
    """Raises DataError if a row is wrong; the message has the first one."""
    if (at := pc.index(is_wrong, True).as_py()) >= 0:
        raise DataError(f'{path}: row {first_row + at}, column "{name}": expected {expected}')
