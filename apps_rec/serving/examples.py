"""Serialized tf.train.Examples inside a graph: columns of any kind of list, as the reader of files takes them.

TensorFlow's own parser is told one kind of list for each column and refuses every other. So the features of each kind
go into records of their own first, three for each record that came, and those are parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import tensorflow as tf

from apps_rec.data import Column
from apps_rec.data.expect import expect
from apps_rec.data.graph_cells import KIND_TYPES, list_texts, read_cells
from apps_rec.data.packing import TF_TYPES

# First byte of a tf.train.Feature, protobuf's tag of its list, and what all of it is without values.
_TAGS = {"bytes_list": b"\x0a", "float_list": b"\x12", "int64_list": b"\x1a"}
_EMPTY = {
    kind: [tag + b"\x00", *([tag + b"\x02\x0a\x00"] if kind != "bytes_list" else [])] for kind, tag in _TAGS.items()
}
# A feature that no request holds stands behind those of each record, once they are all in one row.
_END_NAME = b"apps_rec: end of record"
_END = b"\x0a" + bytes([len(_END_NAME)]) + _END_NAME
# Seven bits a byte, the lowest first; those that others follow have the eighth.
_BYTES = [bytes([number]) for number in range(8)]
_PAIRS = [bytes([number & 0x7F | 0x80, number >> 7 | 0x80]) for number in range(1 << 14)]


def parse_examples(examples: tf.Tensor, columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Serialized tf.Examples -> columns by name; a feature that is absent, or an empty list, takes its default.

    Features are called as the columns of files are, by column_name where the config gives one.
    Each column is taken of the kinds of list, and becomes the values, that the reader of files takes and makes. Values
    of a list column are joined by its separator, and none may hold it. A value that is none, or several where one is
    expected, are the engine's error, which names the column.

    Args:
        examples: `(batch,)`.
        columns: to find in them.
    """
    by_kind = _by_kind(examples)
    single = [column for column in columns if column.list_separator is None]
    lists = [column for column in columns if column.list_separator is not None]
    return {**_single(by_kind, single), **_lists(by_kind, lists)}


def _by_kind(examples: tf.Tensor) -> dict[str, tf.Tensor]:
    """Records of the features of each kind of list alone, those without a value left out; `(batch,)` each."""
    # One more, without a feature, as the decoder wants at least one.
    examples = tf.concat([examples, [b""]], axis=0)
    rows = tf.size(examples)
    features = tf.strings.reduce_join(_decoded(examples, "Example", "features"), axis=-1)  # [B]
    # In one row, as decoding many rows would pad all to the longest.
    end = b"\x0a" + bytes([len(_END)]) + _END
    entries = _decoded(tf.strings.reduce_join(tf.strings.join([features, end]))[tf.newaxis], "Features", "feature")[0]
    is_end = tf.equal(entries, _END)
    is_right = expect(
        tf.equal(tf.math.count_nonzero(is_end, dtype=tf.int32), rows),
        ["Input examples expects one tf.train.Example each"],
    )
    with tf.control_dependencies([is_right]):
        row = tf.cumsum(tf.cast(is_end, tf.int32), exclusive=True)
    values = _decoded(entries, "Features.FeatureEntry", "value")
    values = tf.strings.reduce_join(values, axis=-1)  # [features]
    tags = tf.strings.substr(tf.strings.join([values, b"\x00"]), 0, 1)
    entries = _field(entries)
    records = {}
    for kind, tag in _TAGS.items():
        taken = tf.equal(tags, tag)
        for empty in _EMPTY[kind]:
            taken &= tf.not_equal(values, empty)
        # Joined by rows.
        joined = tf.strings.unsorted_segment_join(tf.boolean_mask(entries, taken), tf.boolean_mask(row, taken), rows)
        records[kind] = _field(joined)[:-1]
    return records


def _decoded(messages: tf.Tensor, name: str, field: str) -> tf.Tensor:
    """A field of messages, serialized: `[..., most values]`."""
    return tf.io.decode_proto(messages, f"tensorflow.{name}", [field], [tf.string]).values[0]


def _field(values: tf.Tensor) -> tf.Tensor:
    """Texts as field 1 of a protobuf message: tag, length, text."""
    length = tf.strings.length(values)
    # Five bytes of seven bits each, whatever the length: protobuf reads zeros behind the last one that counts.
    low, middle, high = (tf.bitwise.right_shift(length, bits) for bits in (0, 14, 28))
    pairs = tf.constant(_PAIRS)
    parts = [tf.gather(pairs, tf.bitwise.bitwise_and(part, 0x3FFF)) for part in (low, middle)]
    return tf.strings.join([b"\x0a", *parts, tf.gather(tf.constant(_BYTES), high), values])


def _single(by_kind: dict[str, tf.Tensor], columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Columns of one value in a row, `(batch,)` each; those of one type are read together."""
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
    """Columns of lists, joined, `(batch,)` each."""
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
    pattern = f"(?s).*{''.join(f'[{_hex(letter)}]' for letter in separator)}.*"
    holds = tf.reduce_any(tf.strings.regex_full_match(lists.values, pattern))
    is_right = expect(
        ~holds, [f'Column "{column.name}" expects a value of a list in each value, without the separator {separator}']
    )
    with tf.control_dependencies([is_right]):
        return tf.strings.reduce_join(lists, axis=-1, separator=separator)


def _hex(letter: str) -> str:
    return f"\\x{{{ord(letter):x}}}"
