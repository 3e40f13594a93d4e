"""Cleans and completes raw columns for an export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from apps_rec.data import Column
from apps_rec.data.pipeline.packing import TF_TYPES

Tensors = Mapping[str, tf.Tensor]


def to_tensors(columns: Mapping[str, np.ndarray | Sequence[Any]], asked: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Turns a batch of raw columns into the tensors that a signature takes."""
    return {column.name: tf.constant(columns[column.name], TF_TYPES[column.dtype]) for column in asked}


def of_length(columns: Tensors, column: Column, shape: Sequence[tf.Tensor | int]) -> tf.Tensor:
    """Returns a column in a shape. The operation has the column's name, so the error about a wrong size shows it."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", column.name)
    return tf.reshape(columns[column.name], shape, name=f"column_{name}")


def filled_rows(columns: Iterable[Column], rows: tf.Tensor | int) -> dict[str, tf.Tensor]:
    """Returns columns with their default in each of `rows` rows."""
    return {column.name: tf.fill([rows], tf.constant(column.default, TF_TYPES[column.dtype])) for column in columns}


def cleaned(columns: Tensors, asked: Sequence[Column]) -> dict[str, tf.Tensor]:
    """Returns the columns with the default in place of missing values: empty texts and numbers that are not finite."""
    clean = dict(columns)
    for column in asked:
        values = columns[column.name]
        if values.dtype.is_floating:
            clean[column.name] = finite(values, tf.cast(column.default, values.dtype))
        elif column.dtype == "STRING" and column.default:
            clean[column.name] = there(values, tf.constant(column.default, tf.string))
    return clean


def there(texts: tf.Tensor, defaults: tf.Tensor) -> tf.Tensor:
    """Returns texts with the default in place of empty ones. Arguments are those of `finite`."""
    return tf.where(tf.equal(texts, ""), tf.broadcast_to(defaults, tf.shape(texts)), texts)


def finite(values: tf.Tensor, defaults: tf.Tensor) -> tf.Tensor:
    """Returns values with the default in place of those that are not finite.

    Args:
        values: numbers of any shape.
        defaults: one default, or one for each place of the last axis.
    """
    # Of one shape: choosing with a broadcast costs several times as much.
    return tf.where(tf.math.is_finite(values), values, tf.broadcast_to(defaults, tf.shape(values)))
