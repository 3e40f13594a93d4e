"""Rows written as files of the config's format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apps_rec.data.dtypes import DTYPES, REAL, TEXT, TRUTH
from apps_rec.data.schema import Column, Schema

_ROWS_IN_RECORD = 64

# Text cells by column; None where a cell is empty.
Cells = Mapping[str, np.ndarray]


def write_rows(path: Path, schema: Schema, columns: Sequence[Column], cells: Cells) -> None:
    """Writes rows to a file.

    Args:
        path: file to write.
        schema: options of the format.
        columns: columns in the order of the file.
        cells: texts of each column.
    """
    {
        "csv": _write_csv,
        "parquet": _write_parquet,
        "tfrecord": _write_tfrecords,
        "batchtfrecord": _write_batchtfrecords,
    }[schema.input_type](path, schema, columns, cells)


def _write_csv(path: Path, schema: Schema, columns: Sequence[Column], cells: Cells) -> None:
    written = [[_csv_cell(text, column, schema) for text in cells[column.name]] for column in columns]
    with open(path, "w", encoding="utf-8", newline="") as file:
        if schema.with_header:
            header = (_csv_cell(column.stored, Column(column.name), schema) for column in columns)
            file.write(schema.separator.join(header) + "\n")
        for row in zip(*written, strict=True):
            file.write(schema.separator.join(row) + "\n")


def _csv_cell(text: str | None, column: Column, schema: Schema) -> str:
    if text is None:
        return ""
    if DTYPES[column.dtype].kind == REAL and schema.decimal_separator != ".":
        text = text.replace(".", schema.decimal_separator)
    if schema.escape_char:
        text = text.replace(schema.escape_char, schema.escape_char * 2)
    if schema.quoting == "MINIMAL":
        return (
            '"' + text.replace('"', '""') + '"' if any(c in text for c in (schema.separator, '"', "\n", "\r")) else text
        )
    return text.replace(schema.separator, schema.escape_char + schema.separator) if schema.escape_char else text


def _write_parquet(path: Path, schema: Schema, columns: Sequence[Column], cells: Cells) -> None:
    arrays = {}
    for column in columns:
        texts = pa.array(cells[column.name].tolist(), pa.string())
        kind = DTYPES[column.dtype].kind
        arrays[column.stored] = texts if kind == TEXT else texts.cast(DTYPES[column.dtype].arrow)
    pq.write_table(pa.table(arrays), path, compression="zstd")


def _write_tfrecords(path: Path, schema: Schema, columns: Sequence[Column], cells: Cells) -> None:
    # TensorFlow takes seconds to import, and no other format needs it.
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in _examples(columns, cells):
            writer.write(record)


def _write_batchtfrecords(path: Path, schema: Schema, columns: Sequence[Column], cells: Cells) -> None:
    import tensorflow as tf

    examples = _examples(columns, cells)
    with tf.io.TFRecordWriter(str(path)) as writer:
        while rows := list(islice(examples, _ROWS_IN_RECORD)):
            features = [tf.train.Example.FromString(row).features.feature for row in rows]
            record = tf.train.SequenceExample()
            for column in columns:
                cells_of = record.feature_lists.feature_list[column.stored].feature
                for row in features:
                    cells_of.add().CopyFrom(row[column.stored] if column.stored in row else tf.train.Feature())
            writer.write(record.SerializeToString())


def _examples(columns: Sequence[Column], cells: Cells) -> Iterator[bytes]:
    """Yields each row as a serialized tf.train.Example."""
    from apps_rec.data.tfrecords.encode import ColumnEncoder, encode_examples

    values, encoders = {}, {}
    for column in columns:
        encoder = ColumnEncoder(column)
        texts = cells[column.name]
        if any(text is None for text in texts):
            # An object array, in which None is a missing value.
            values[column.name] = np.array([None if text is None else _value(text, column) for text in texts], object)
        else:
            kind = DTYPES[column.dtype]
            values[column.name] = np.array([_value(text, column) for text in texts], kind.numpy)
        encoders[column.name] = encoder
    yield from encode_examples(values, encoders)


def _value(text: str, column: Column) -> object:
    kind = DTYPES[column.dtype].kind
    if kind == TEXT:
        return text.encode()
    if kind == TRUTH:
        return text == "true"
    return float(text) if kind == REAL else int(text)
