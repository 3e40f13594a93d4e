"""Converts rows of any format to TFRecord files of tf.train.Example, with a manifest beside them."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path

import tensorflow as tf

from apps_rec.atomic_file import replacing
from apps_rec.data.files import check_new, check_sizes
from apps_rec.data.rows.progress import ProgressLog
from apps_rec.data.rows.stream import RowStream, column_names
from apps_rec.data.schema import Column, Schema
from apps_rec.data.schema_of_config import build_schema
from apps_rec.data.tfrecords.encode import ColumnEncoder, encode_examples, written_as
from apps_rec.data.tfrecords.manifest import FileEntry, Manifest, filters_as_text
from apps_rec.data.tfrecords.row_counts import count_rows, counts_exactly
from apps_rec.errors import DataError, RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.terminal.progress_bar import Bar, progress_bar

_LOG = logging.getLogger("apps_rec.data")

ROWS_PER_FILE = 1_000_000
_BATCH_ROWS = 8192


@dataclass(frozen=True)
class Conversion:
    """The result of a conversion.

    Args:
        folder: folder that holds the files.
        files: number of files, without the manifest.
        rows: number of rows in all files.
        summary: numbers of rows read, filtered out and dropped, in a line.
        seconds: duration in seconds.
    """

    folder: Path
    files: int
    rows: int
    summary: str
    seconds: float


def conversion_schema(config: PipelineConfig, files: Sequence[str], schema: Schema, purpose: str) -> Schema:
    """Returns the schema to write: the columns that a job reads, those of filters and holdout, users and keys.

    Rows for evaluation serve both `evaluate` and the choice of a checkpoint. A filter for only one of the two takes no
    row away here, and its column is written.

    Args:
        config: a normalised config.
        files: files to convert. Users (to train) and keys are written if the first file has them.
        schema: schema of the job that would read these files.
        purpose: "train" or "evaluate".
    """
    optional = list(schema.keys)
    if purpose == "train":
        optional += build_schema(config, "evaluate").users
    present = set(column_names(files[0], schema))
    for name in dict.fromkeys(optional):
        if name not in present:
            _LOG.warning(
                '%s: has no column "%s": it is left out (a key or a user, which training does not read)', files[0], name
            )
    wanted = [item.column for item in config.data_config.row_filter]
    wanted += [schema.holdout.column.name] if schema.holdout else []
    wanted += [name for name in optional if name in present]
    known = {column.name for column in schema.columns} | set(schema.labels) | set(schema.weights)
    more = [schema.column(name) or Column(name) for name in dict.fromkeys(wanted) if name not in known]
    filters = schema.filters
    if purpose == "evaluate":
        filters = tuple(item for item in filters if item in build_schema(config, "validate").filters)
    return replace(schema, columns=(*schema.columns, *more), filters=filters)


def convert_files(
    files: Sequence[str],
    schema: Schema,
    output: str,
    *,
    shards: int | None = None,
    rows_per_file: int | None = None,
    config_path: str = "",
) -> Conversion:
    """Writes the rows that a stream of these files hands out, in file order, as `part-00000-of-00008.tfrecord`, ...

    Row filters and the rule for bad rows are applied, so the output holds the rows that training uses and no others.
    A missing value becomes its default, a list column a list of its values. The folder gets its name when it is
    complete. Until then it is `.<name>.partial` beside its place; a failure removes it.

    Args:
        files: sorted paths.
        schema: columns to read and write, see `conversion_schema`.
        output: folder to make.
        shards: number of files, 1 or more. Their numbers of rows differ by one at most. The rows are counted first.
        rows_per_file: number of rows in each file but the last, 1 or more; 1,000,000 if neither is given.
        config_path: path of the config, for the manifest.

    Raises:
        RunError: the folder is there already or cannot be written; shards and rows_per_file are both given, or below 1.
        DataError: a row or file is bad, or there are more shards than rows.
    """
    check_sizes(shards, rows_per_file)
    folder = Path(output)
    check_new(output)
    started = time.monotonic()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with replacing(folder) as aside:
            aside.mkdir()
            stream = RowStream(files, schema, _BATCH_ROWS)
            stream.watch()
            with progress_bar("converting") as bar:
                manifest = _write(stream, aside, shards, rows_per_file or ROWS_PER_FILE, config_path, bar)
            manifest.write(aside)
    except (OSError, tf.errors.OpError) as error:
        raise RunError(f"{output}: cannot be written: {getattr(error, 'strerror', None) or error}") from error
    rows = sum(entry.rows for entry in manifest.files)
    return Conversion(folder, len(manifest.files), rows, stream.counts.summary(), time.monotonic() - started)


def _write(
    stream: RowStream, folder: Path, shards: int | None, rows_per_file: int, config_path: str, bar: Bar
) -> Manifest:
    schema = stream.schema
    encoders = {name: ColumnEncoder(written_as(schema, name), schema.label_rules.get(name)) for name in schema.dtypes()}
    shares = repeat(rows_per_file) if shards is None else iter(_shares(_rows_that_pass(stream), shards))
    files: list[tuple[Path, int]] = []
    progress = ProgressLog("written", bar)
    share = next(shares, 0)
    writer: _Shard | None = None
    try:
        for batch in stream.batches():
            records = encode_examples(batch.columns, encoders)
            start = 0
            while start < len(records):
                if not share:
                    raise DataError(f"{stream.files[0]}: expected as many rows as were counted before, got more")
                if writer is None:
                    writer = _Shard(folder / f"{len(files):05d}")
                taken = records[start : start + share - writer.rows]
                writer.write(taken)
                start += len(taken)
                if writer.rows == share:
                    files.append(writer.close())
                    writer, share = None, next(shares, 0)
            progress.add(len(records), stream.share_read(batch))
    finally:
        if writer is not None:
            files.append(writer.close())
    if shards is not None and len(files) != shards:
        raise DataError(f"{stream.files[0]}: expected as many rows as were counted before, got fewer")
    entries = []
    for number, (path, rows) in enumerate(files):
        name = f"part-{number:05d}-of-{len(files):05d}.tfrecord"
        entries.append(FileEntry(name, rows, os.path.getsize(path)))
        path.rename(folder / name)
    columns = {
        encoder.column.stored: {
            "type": encoder.column.dtype,
            "kind": encoder.kind,
            "separator": encoder.column.list_separator,
        }
        for encoder in encoders.values()
    }
    return Manifest(
        tuple(entries), columns, filters_as_text(schema.filters), stream.files, config_path, stream.counts.read
    )


def _rows_that_pass(stream: RowStream) -> int:
    """Counts the rows to write: without reading if no row is filtered or dropped, else by a pass of the stream."""
    schema = stream.schema
    if counts_exactly(schema) and not schema.filters and schema.bad_rows == "FAIL":
        return sum(count_rows(path, schema) for path in stream.files)
    # Lines of CSV are no sure count of rows: cells may hold line breaks.
    _LOG.info("counting rows, for the shards; a number of rows in each file does without")
    return sum(batch.size for batch in stream.batches())


def _shares(rows: int, shards: int) -> list[int]:
    """Returns the number of rows of each shard. They differ by one at most."""
    if rows < shards:
        raise DataError(f"shards: expected at most as many as there are rows ({rows}), got {shards}")
    return [rows // shards + (number < rows % shards) for number in range(shards)]


class _Shard:
    """A file while it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = tf.io.TFRecordWriter(str(path))
        self.rows = 0

    def write(self, records: Sequence[bytes]) -> None:
        for record in records:
            self._writer.write(record)
        self.rows += len(records)

    def close(self) -> tuple[Path, int]:
        self._writer.close()
        return self._path, self.rows
