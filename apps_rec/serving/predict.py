"""Scores the rows of a file with an export, in the columns that the export asks for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import tensorflow as tf

from apps_rec.data import RowStream, build_schema, column_names, data_files, schema_for_file
from apps_rec.data.dataset import wrong_value
from apps_rec.errors import DataError, RunError
from apps_rec.serving.columns import to_tensors
from apps_rec.serving.engine import open_export
from apps_rec.serving.schema import DEFAULT

log = logging.getLogger("apps_rec")
SECONDS_BETWEEN_LINES = 10.0
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True)
class PredictResult:
    """Where the scores are, how many rows they are, and how many were dropped as bad."""

    output: str
    rows: int
    dropped: int


def predict_file(
    export: str,
    input_path: str,
    output: str,
    keep: Sequence[str] | None = None,
    skip_bad_rows: bool = False,
    batch_size: int = 4096,
) -> PredictResult:
    """Scores every row of the input, in order, and writes the kept columns and all outputs.

    Args:
        export: a version's folder, as `export` wrote it.
        input_path: CSV (with a header), Parquet or TFRecord: a path, a glob, or several separated by commas.
        output: .parquet, .csv or .csv.gz; written aside and renamed when whole.
        keep: columns to copy; default: those of key_fields and label_fields that the input has.
        skip_bad_rows: leave bad rows out of the output and count them; False: as the export's config says.
        batch_size: rows scored at once.

    Raises:
        RunError: export is no export, or the output cannot be written.
        DataError: a mistake in the input.
    """
    folder, config = open_export(export)
    files = data_files(input_path, "input")
    schema = schema_for_file(build_schema(config, "predict"), files[0])
    if skip_bad_rows:
        schema = replace(schema, bad_rows="SKIP")
    if keep is None:
        present = set(column_names(files[0], schema))
        wanted = dict.fromkeys([*config.data_config.key_fields, *config.data_config.label_fields])
        keep = [name for name in wanted if name in present]
    score = _load_signature(folder)
    names = sorted(score.structured_outputs)
    clash = [name for name in keep if name in names]
    if clash:
        raise DataError(f"column {clash[0]} of {files[0]} is called like an output; leave it out with --keep")
    stream = RowStream(files, schema, batch_size, keep=keep)
    rows, started, last = 0, time.monotonic(), time.monotonic()
    with _open_writer(output) as write:
        for batch in stream.batches():
            inputs = to_tensors(batch.columns, schema.columns)
            try:
                outputs = score(**inputs)
            except tf.errors.InvalidArgumentError as error:
                raise wrong_value(error, files) or error from None
            kept = {name: batch.kept[name] for name in keep} if batch.kept is not None else {}
            write(pa.table({**kept, **{name: pa.array(outputs[name].numpy()) for name in names}}))
            rows += batch.size
            if time.monotonic() - last > SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                log.info("%s rows scored, %s rows/s", f"{rows:,}", f"{rows / (last - started):,.0f}")
    log.info("%s rows scored to %s", f"{rows:,}", output)
    return PredictResult(output, rows, stream.counts.dropped.total())


def _load_signature(folder: Path) -> Any:
    try:
        return tf.saved_model.load(str(folder)).signatures[DEFAULT]
    except (OSError, ValueError, LookupError, tf.errors.OpError) as error:
        raise RunError(f"{folder} cannot be loaded: it is damaged or cut short ({error}). Export again") from error


@contextmanager
def _open_writer(output: str) -> Iterator[Callable[[pa.Table], None]]:
    """A function that appends a table; the output gets its name when all of it is written."""
    path = Path(output)
    aside = path.with_name(f".{path.name}.partial")
    if not output.endswith((".parquet", ".csv", ".csv.gz")):
        raise RunError(f"output {output}: expected a name that ends in .parquet, .csv or .csv.gz")
    opened: list[_Opened] = []
    sink = None

    def write(table: pa.Table) -> None:
        nonlocal sink
        table = _writable(table, as_text=not output.endswith(".parquet"))
        try:
            if opened:
                table = table.cast(opened[0].schema)
            elif output.endswith(".parquet"):
                writer = pyarrow.parquet.ParquetWriter(aside, table.schema, compression="zstd")
                opened.append(_Opened(writer, table.schema))
            else:
                sink = pa.output_stream(str(aside), compression="gzip" if output.endswith(".gz") else None)
                opened.append(_Opened(pyarrow.csv.CSVWriter(sink, table.schema), table.schema))
            opened[0].writer.write_table(table)
        except pa.ArrowException as error:
            raise RunError(
                f"cannot write {output}: {error}. Kept columns need one type in all files, and one that "
                f"{path.suffix} can hold; choose others with --keep"
            ) from error

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            try:
                yield write
            finally:
                for item in opened:
                    item.writer.close()
                if sink is not None:
                    sink.close()
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"cannot write {output}: {error.strerror or error}; choose another with -o") from error


@dataclass(frozen=True)
class _Opened:
    """A writer, and the columns that it was opened with."""

    writer: pyarrow.parquet.ParquetWriter | pyarrow.csv.CSVWriter
    schema: pa.Schema


def _writable(table: pa.Table, as_text: bool) -> pa.Table:
    """Dictionaries as their values, and for CSV, which has no lists, lists as text joined by "|"."""
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(field.type.value_type))
        elif as_text and any(check(field.type) for check in _LISTS):
            lists = table.column(i).to_pylist()
            texts = [None if values is None else "|".join(str(value) for value in values) for values in lists]
            table = table.set_column(i, field.name, pa.array(texts, pa.string()))
    return table
