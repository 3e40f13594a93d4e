"""How many rows a file holds, without reading a column of it."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from typing import BinaryIO

from apps_rec.data import storage
from apps_rec.data.manifest import manifest_beside
from apps_rec.data.parquet_reader import parquet_units
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError

_LENGTH = struct.Struct("<Q")
# A record is its length, a checksum of that, the data, a checksum of the data.
_BEFORE, _AFTER = 12, 4
_LARGEST = 1 << 31


def count_rows(path: str, schema: Schema) -> int:
    """Rows of a file, before filters and checks.

    `manifest.json` beside the file, Parquet's own metadata, else one pass over the file: over the records' lengths, or
    over the lines of a CSV file, where blank lines are no rows and a line break in quotes would count as two.

    Raises:
        DataError: a file that cannot be read, or one that ends inside a record.
    """
    try:
        manifest = manifest_beside(path)
        entry = manifest.entry(path) if manifest else None
        if entry is not None:
            return entry.rows
        if schema.input_type == "parquet":
            return sum(unit.rows or 0 for unit in parquet_units([path]))
        with storage.open_bytes(path) as plain, _unzipped(plain, path) as file:
            return _count_lines(file, schema.with_header) if schema.input_type == "csv" else _count_records(file, path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read to count its rows: {storage.reason(path, error)}") from error


def _unzipped(file: BinaryIO, path: str) -> BinaryIO:
    return gzip.GzipFile(fileobj=file) if path.lower().endswith(".gz") else file  # type: ignore[return-value]


def _count_lines(file: BinaryIO, with_header: bool) -> int:
    if with_header:
        file.readline()
    return sum(1 for line in file if line.strip(b"\r\n"))


def _count_records(file: BinaryIO, path: str) -> int:
    size = None if isinstance(file, gzip.GzipFile) else storage.size_and_time(path)[0]
    count = end = 0
    while True:
        head = file.read(_BEFORE)
        if not head:
            return count
        length = _LENGTH.unpack_from(head)[0] if len(head) == _BEFORE else _LARGEST
        end += _BEFORE + length + _AFTER
        whole = length < _LARGEST and (size is None or end <= size)
        if whole and size is None:
            whole = len(file.read(length + _AFTER)) == length + _AFTER
        elif whole:
            file.seek(length + _AFTER, os.SEEK_CUR)
        if not whole:
            raise DataError(f"{path}: after row {count}: expected TFRecord data, gzip if the name ends in .gz")
        count += 1
