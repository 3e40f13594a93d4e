"""Counts the rows of a file without reading a column of it."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa

from apps_rec.data import storage
from apps_rec.data.folders import COMPRESSED
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.schema import Schema
from apps_rec.data.tfrecords.manifest import manifest_beside
from apps_rec.errors import DataError

_LENGTH = struct.Struct("<Q")
# A record is its length, a checksum of that, the data, a checksum of the data.
_BEFORE, _AFTER = 12, 4
_LARGEST = 1 << 31
# Bytes of a file that are read to estimate its number of rows.
_SAMPLE_BYTES = 1 << 20


def counts_exactly(schema: Schema) -> bool:
    """Tells whether `count_rows` knows the exact number of rows; of CSV files it knows the number of lines."""
    return FORMATS[schema.input_type].counts_rows or schema.input_type == "tfrecord"


def count_rows(path: str, schema: Schema) -> int:
    """Counts the rows of a file, before filters and checks.

    It reads `manifest.json` beside the file, or Parquet's own metadata. Else it makes one pass over the records'
    lengths, or over the lines of a CSV file. Blank lines do not count, but a line break in quotes makes two rows.

    Raises:
        DataError: the file cannot be read, or ends inside a record.
    """
    try:
        manifest = manifest_beside(path)
        entry = manifest.entry(path) if manifest else None
        if entry is not None:
            return entry.rows
        if FORMATS[schema.input_type].counts_rows:
            return sum(unit.rows or 0 for unit in FORMATS[schema.input_type].units([path]))
        with storage.open_bytes(path) as plain, _unzipped(plain, path) as file:
            if schema.input_type == "csv":
                return _count_lines(file, schema.with_header)
            if schema.input_type == "tfrecord":
                return _count_records(file, path)
        raise DataError(f"{path}: {schema.input_type} files do not say how many rows they hold")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read to count its rows: {storage.reason(path, error)}") from error


def estimate_rows(files: Sequence[str], schema: Schema) -> tuple[int, bool] | None:
    """Estimates the rows of some files before filters and checks. Returns the number, and whether it is exact.

    It reads `manifest.json` beside a file, or Parquet's own metadata. Else it divides the size of the file by the mean
    size of a row in its first MiB. It does not look into URIs, pipes and unreadable files: the result is then None.
    """
    total, is_exact = 0, True
    for path in files:
        try:
            rows, is_counted = _estimate(path, schema)
        except (DataError, OSError, EOFError, ValueError, zlib.error):
            return None  # reading it says what is wrong
        total, is_exact = total + rows, is_exact and is_counted
    return total, is_exact


def _estimate(path: str, schema: Schema) -> tuple[int, bool]:
    manifest = manifest_beside(path)
    entry = manifest.entry(path) if manifest else None
    if entry is not None:
        return entry.rows, True
    if FORMATS[schema.input_type].counts_rows:
        return count_rows(path, schema), True
    if schema.input_type not in ("csv", "tfrecord"):
        raise ValueError("only reading it tells")
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("reading it here would take its rows away")
    with open(path, "rb") as plain, _unzipped(plain, path) as file:
        sample = file.read(_SAMPLE_BYTES)
        share = min(1.0, plain.tell() / max(1, os.fstat(plain.fileno()).st_size))
    rows = sample.count(b"\n") - schema.with_header if schema.input_type == "csv" else _records_in(sample)
    # A last line may have no end.
    rows += schema.input_type == "csv" and share == 1 and not sample.endswith(b"\n")
    return round(rows / max(share, 1e-9)), False


def _records_in(sample: bytes) -> float:
    """Counts the records in the first bytes of a file, the last one in part."""
    count = end = 0
    while len(sample) - end >= _BEFORE:
        length = _BEFORE + _LENGTH.unpack_from(sample, end)[0] + _AFTER
        if end + length > len(sample):
            return count + (len(sample) - end) / length
        count, end = count + 1, end + length
    return count


def _unzipped(file: BinaryIO, path: str) -> BinaryIO:
    compression = COMPRESSED.get(os.path.splitext(path.lower())[1])
    if compression is None:
        return file
    if compression == "gzip":
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]
    return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, "r"), compression))


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
