"""Raw columns as an export takes them: cleaned, completed, read out of tf.Examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from apps_rec.data import Column
from apps_rec.data.expect import expect
from apps_rec.data.packing import TF_TYPES

Tensors = Mapping[str, tf.Tensor]
_LISTS_OF = {"STRING": tf.string, "FLOAT": tf.float32, "DOUBLE": tf.float32}


def to_tensors(columns: Mapping[str, np.ndarray | Sequence[Any]], asked: Sequence[Column]) -> dict[str, tf.Tensor]:
    """A batch of raw columns as the signature takes them."""
    return {column.name: tf.constant(columns[column.name], TF_TYPES[column.dtype]) for column in asked}


def of_length(columns: Tensors, column: Column, shape: Sequence[tf.Tensor | int]) -> tf.Tensor:
    """A column in a shape; where it has another number of values, the engine's error names the operation: it."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", column.name)
    return tf.reshape(columns[column.name], shape, name=f"column_{name}")


def filled_rows(columns: Iterable[Column], rows: tf.Tensor | int) -> dict[str, tf.Tensor]:
    """Columns with their default in each of `rows` rows."""
    return {column.name: tf.fill([rows], tf.constant(column.default, TF_TYPES[column.dtype])) for column in columns}


def cleaned(columns: Tensors, asked: Sequence[Column]) -> dict[str, tf.Tensor]:
    """The columns, with the default in place of numbers that are not finite: nan and infinity count as missing."""
    clean = dict(columns)
    for column in asked:
        values = columns[column.name]
        if values.dtype.is_floating:
            clean[column.name] = finite(values, tf.cast(column.default, values.dtype))
    return clean


def finite(values: tf.Tensor, defaults: tf.Tensor) -> tf.Tensor:
    """Values, with the default in place of those that are not finite.

    Args:
        values: of any shape.
        defaults: one, or one for each of the last axis.
    """
    # Of one shape: choosing with a broadcast costs several times as much.
    return tf.where(tf.math.is_finite(values), values, tf.broadcast_to(defaults, tf.shape(values)))


def parse_examples(examples: tf.Tensor, columns: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Serialized tf.Examples -> columns by name; a feature that is absent, or an empty list, takes its default.

    INT and BOOL are read from int64_list, FLOAT and DOUBLE from float_list, STRING from bytes_list. Values of a list
    column are joined by its separator, as the reader of files does, and none may hold it.
    """
    features = {}
    for column in columns:
        dtype = _LISTS_OF.get(column.dtype, tf.int64)
        if column.list_separator is not None:
            features[column.name] = tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64)
        else:
            default = int(column.default) if dtype == tf.int64 else column.default
            features[column.name] = tf.io.FixedLenFeature([], dtype, default_value=default)
    parsed = tf.io.parse_example(examples, features)
    return {
        column.name: _joined(parsed[column.name], column)
        if column.list_separator is not None
        else _as_declared(parsed[column.name], column)
        for column in columns
    }


def _joined(lists: tf.RaggedTensor, column: Column) -> tf.Tensor:
    separator = column.list_separator or ""
    pattern = f"(?s).*{''.join(f'[{_hex(letter)}]' for letter in separator)}.*"
    holds = tf.reduce_any(tf.strings.regex_full_match(lists.values, pattern))
    is_right = expect(
        ~holds, [f'Column "{column.name}" expects a value of a list in each value, without the separator {separator}']
    )
    with tf.control_dependencies([is_right]):
        joined = tf.strings.reduce_join(lists, axis=-1, separator=separator)
    return tf.where(lists.row_lengths() > 0, joined, tf.constant(column.default, tf.string))


def _hex(letter: str) -> str:
    return f"\\x{{{ord(letter):x}}}"


def _as_declared(values: tf.Tensor, column: Column) -> tf.Tensor:
    if column.dtype == "INT32":
        fits = tf.reduce_all((values >= tf.int32.min) & (values <= tf.int32.max))
        is_right = expect(fits, [f'Column "{column.name}" expects whole numbers of 32 bits. Got: ', values])
        with tf.control_dependencies([is_right]):
            return tf.cast(values, tf.int32)
    if column.dtype == "BOOL":
        return tf.not_equal(values, 0)
    return tf.cast(values, TF_TYPES[column.dtype])
