"""Parses serialized tf.train.Examples inside a graph, with any kind of list that the reader of files takes.

TensorFlow's own parser takes one kind of list for each column and refuses every other. So each record is first split
into three, one for the features of each kind. Those are then parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import tensorflow as tf

from apps_rec.data import Column
from apps_rec.data.graph_assert import expect
from apps_rec.data.pipeline.packing import TF_TYPES
from apps_rec.data.tfrecords.graph_cells import KIND_TYPES, list_texts, read_cells
from apps_rec.data.tfrecords.graph_checks import READABLE_KINDS
from apps_rec.serving.raw_columns import there
from apps_rec.serving.saved_model.unusual import EMPTY, TAGS, escaped, unusual_patterns

# A feature that no request holds stands behind those of each record, once they are all in one row.
_END_NAME = b"apps_rec: end of record"
_END = b"\x0a" + bytes([len(_END_NAME)]) + _END_NAME
# Seven bits a byte, the lowest first; those that others follow have the eighth.
_BYTES = [bytes([number]) for number in range(8)]
_PAIRS = [bytes([number & 0x7F | 0x80, number >> 7 | 0x80]) for number in range(1 << 14)]


def parse_examples(examples: tf.Tensor, columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Parses serialized tf.Examples into columns by name. An absent feature, or an empty list, takes its default.

    Features have the names of columns in files: column_name if the config gives one. Kinds of lists and values are
    those of the reader of files. Values of a list column are joined by its separator, and none may hold it. A value
    that does not fit, or several where one is expected, is an error of the engine that names the column.

    Args:
        examples: serialized tf.Examples, `(batch,)`.
        columns: columns to find in them.
    """
    # A branch costs such a request a little, taking records of any kind apart ten times as much.
    return tf.cond(
        _are_usual(examples, columns),
        lambda: _usual(examples, columns),
        lambda: _of_any_kind(_by_kind(_features(examples), tf.size(examples)), columns),
    )


class _Features(NamedTuple):
    """The features of all records, one after the other."""

    entries: tf.Tensor  # serialized, with their names
    names: tf.Tensor
    values: tf.Tensor  # serialized tf.train.Features
    tags: tf.Tensor  # first byte of values
    rows: tf.Tensor  # number of the record


def _features(examples: tf.Tensor) -> _Features:
    # One record more, without a feature, as the decoder wants at least one.
    examples = tf.concat([examples, [b""]], axis=0)
    features = tf.strings.reduce_join(_decoded(examples, "Example", ["features"])[0], axis=-1)  # [B + 1]
    # In one row, as decoding many rows would pad all to the longest.
    end = b"\x0a" + bytes([len(_END)]) + _END
    joined = tf.strings.reduce_join(tf.strings.join([features, end]))[tf.newaxis]
    entries = _decoded(joined, "Features", ["feature"])[0][0]
    is_end = tf.equal(entries, _END)
    is_right = expect(
        tf.equal(tf.math.count_nonzero(is_end, dtype=tf.int32), tf.size(examples)),
        ["Input examples expects one tf.train.Example each"],
    )
    with tf.control_dependencies([is_right]):
        rows = tf.cumsum(tf.cast(is_end, tf.int32), exclusive=True)
    decoded = _decoded(entries, "Features.FeatureEntry", ["key", "value"])
    names, values = (tf.strings.reduce_join(part, axis=-1) for part in decoded)
    return _Features(entries, names, values, tf.strings.substr(tf.strings.join([values, b"\x00"]), 0, 1), rows)


def _are_usual(examples: tf.Tensor, columns: Sequence[Column]) -> tf.Tensor:
    """Tells whether each column that is there is a list of the kind that `convert` writes, and not empty.

    It is one look at the bytes, which takes a fraction of the time of decoding them. Bytes of a value that look like a
    feature only cost time. A value before its name, which no serializer writes, is an error of TensorFlow's parser.
    """
    unusual = tf.zeros_like(examples, tf.bool)
    for pattern in unusual_patterns(columns):
        unusual |= tf.strings.regex_full_match(examples, pattern)
    return ~tf.reduce_any(unusual)


def _usual(examples: tf.Tensor, columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Parses columns of records of the usual kinds."""
    features = {}
    for column in columns:
        dtype = KIND_TYPES[READABLE_KINDS[column.dtype][0]]
        if column.list_separator is not None:
            features[column.stored] = tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64)
        else:
            # Read as missing where it may be, else the default itself.
            default = {tf.string: "", tf.float32: float("nan")}.get(dtype)
            default = int(column.default) if default is None else default
            features[column.stored] = tf.io.FixedLenFeature([], dtype, default)
    parsed = tf.io.parse_example(examples, features)
    found = {}
    for dtype, group in groupby(sorted(columns, key=lambda column: column.dtype), lambda column: column.dtype):
        alike = list(group)
        if dtype == "STRING":
            found.update({column.name: _words(parsed[column.stored], column) for column in alike})
        elif dtype == "INT64":  # all that the list holds
            found.update({column.name: parsed[column.stored] for column in alike})
        else:
            found.update(_read_together(parsed, alike))
    return {column.name: found[column.name] for column in columns}


def _words(cells: tf.Tensor | tf.RaggedTensor, column: Column) -> tf.Tensor:
    texts = cells if column.list_separator is None else _joined(cells, column)
    return there(texts, tf.constant(column.default, tf.string)) if column.default else texts


def _read_together(parsed: dict[str, tf.Tensor], alike: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Reads columns of one type and one value in a row together, with the operations that one of them takes."""
    cells = tf.stack([parsed[column.stored] for column in alike])  # [columns, B]
    places = tf.range(tf.size(cells)) // tf.shape(cells)[1]
    read, missing = (tf.reshape(part, tf.shape(cells)) for part in read_cells(tf.reshape(cells, [-1]), alike, places))
    if cells.dtype != tf.int64:  # whose defaults the parser has put in place
        defaults = tf.constant([[column.default] for column in alike], read.dtype)
        read = tf.where(missing, tf.broadcast_to(defaults, tf.shape(read)), read)
    return dict(zip((column.name for column in alike), tf.unstack(read, len(alike)), strict=True))


def _of_any_kind(by_kind: dict[str, tf.Tensor], columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    single = [column for column in columns if column.list_separator is None]
    lists = [column for column in columns if column.list_separator is not None]
    found = {**_single(by_kind, single), **_lists(by_kind, lists)}
    return {column.name: found[column.name] for column in columns}


def _by_kind(features: _Features, records: tf.Tensor) -> dict[str, tf.Tensor]:
    """Makes records of the features of each kind of list, `(batch,)` each, without features that have no value."""
    pairs = tf.constant(_PAIRS)  # 66 kB of an export, so they stand there once
    entries = _field(features.entries, pairs)
    found = {}
    for kind, tag in TAGS.items():
        taken = tf.equal(features.tags, tag)
        for empty in EMPTY[kind]:
            taken &= tf.not_equal(features.values, empty)
        row = tf.boolean_mask(features.rows, taken)
        joined = tf.strings.unsorted_segment_join(tf.boolean_mask(entries, taken), row, records)
        found[kind] = _field(joined, pairs)
    return found


def _decoded(messages: tf.Tensor, name: str, fields: list[str]) -> list[tf.Tensor]:
    """Decodes fields of messages, still serialized: `[..., most values]` each."""
    return list(tf.io.decode_proto(messages, f"tensorflow.{name}", fields, [tf.string] * len(fields)).values)


def _field(values: tf.Tensor, pairs: tf.Tensor) -> tf.Tensor:
    """Encodes texts as field 1 of a protobuf message: tag, length, text. `pairs` is the tensor of _PAIRS."""
    length = tf.strings.length(values)
    # Five bytes of seven bits each, whatever the length: protobuf reads zeros behind the last one that counts.
    low, middle, high = (tf.bitwise.right_shift(length, bits) for bits in (0, 14, 28))
    parts = [tf.gather(pairs, tf.bitwise.bitwise_and(part, 0x3FFF)) for part in (low, middle)]
    return tf.strings.join([b"\x0a", *parts, tf.gather(tf.constant(_BYTES), high), values])


def _single(by_kind: dict[str, tf.Tensor], columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Reads columns of one value in a row, `(batch,)` each. Those of one type are read together."""
    if not columns:
        return {}
    texts = _dense(by_kind["bytes_list"], columns, "")
    floats = _dense(by_kind["float_list"], columns, float("nan"))
    whole, again = (_dense(by_kind["int64_list"], columns, default) for default in (0, 1))
    found: dict[str, tf.Tensor] = {}
    for dtype, group in groupby(sorted(columns, key=lambda column: column.dtype), lambda column: column.dtype):
        alike = list(group)
        values = tf.constant([column.default for column in alike], TF_TYPES[dtype])
        values = tf.broadcast_to(values, [tf.size(by_kind["bytes_list"]), len(alike)])
        words, numbers, integers = (_stacked(dense, alike) for dense in (texts, floats, whole))
        there = (
            tf.not_equal(words, ""),
            ~tf.math.is_nan(numbers),
            # Where two defaults give two numbers there is none in the record.
            tf.equal(integers, _stacked(again, alike)),
        )
        for cells, is_there in zip((words, numbers, integers), there, strict=True):
            # Cells of another kind than most are few, or none: only those that are there are looked at.
            places = tf.where(is_there)
            read, missing = read_cells(tf.gather_nd(cells, places), alike, places[:, 1])
            read = tf.where(missing, tf.gather_nd(values, places), read)
            values = tf.tensor_scatter_nd_update(values, places, read)
        found.update(zip((column.name for column in alike), tf.unstack(values, axis=1), strict=True))
    return {column.name: found[column.name] for column in columns}


def _dense(records: tf.Tensor, columns: Sequence[Column], default: str | float | int) -> dict[str, tf.Tensor]:
    dtype = {str: tf.string, float: tf.float32, int: tf.int64}[type(default)]
    # An error of the parser, too many values, names the column.
    features = {column.stored: tf.io.FixedLenFeature([], dtype, default) for column in columns}
    parsed = tf.io.parse_example(records, features)
    return {column.name: parsed[column.stored] for column in columns}


def _stacked(columns: dict[str, tf.Tensor], alike: Sequence[Column]) -> tf.Tensor:
    return tf.stack([columns[column.name] for column in alike], axis=1)  # [B, columns]


def _lists(by_kind: dict[str, tf.Tensor], columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Reads columns of lists, joined, `(batch,)` each."""
    if not columns:
        return {}
    found = {column.name: tf.fill(tf.shape(by_kind["bytes_list"]), column.default) for column in columns}
    for kind, dtype in KIND_TYPES.items():
        features = {column.stored: tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64) for column in columns}
        parsed = tf.io.parse_example(by_kind[kind], features)
        for column in columns:
            lists = parsed[column.stored]
            joined = _joined(lists.with_values(list_texts(lists.values, column)), column)
            found[column.name] = tf.where(tf.equal(joined, ""), found[column.name], joined)
    return found


def _joined(lists: tf.RaggedTensor, column: Column) -> tf.Tensor:
    separator = column.list_separator or ""
    pattern = f"(?s).*{escaped(separator.encode())}.*"
    holds = tf.reduce_any(tf.strings.regex_full_match(lists.values, pattern))
    is_right = expect(
        ~holds, [f'Column "{column.name}" expects a value of a list in each value, without the separator {separator}']
    )
    with tf.control_dependencies([is_right]):
        return tf.strings.reduce_join(lists, axis=-1, separator=separator)
