"""Crosses of lists: each value of a cell with each value of the other cells of its row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import tensorflow as tf

from apps_rec.features.columns.cells import as_text, kept
from apps_rec.features.specs import CrossListFeature


def crossed(spec: CrossListFeature, columns: Mapping[str, tf.Tensor]) -> tf.RaggedTensor:
    """Returns the joined values of each row, `(batch, None)`; the last column's values change first."""
    parts = [
        _values(as_text(columns[name]), separator)
        for name, separator in zip(spec.columns, spec.separators, strict=True)
    ]
    return reduce(lambda left, right: _pairs(left, right, spec.separator), parts)


def _values(cells: tf.Tensor, separator: str) -> tf.RaggedTensor:
    """Returns the values of cells: those of a list without the empty ones, or the cell itself."""
    if not separator:
        return tf.RaggedTensor.from_uniform_row_length(cells, 1, validate=False)
    words = tf.strings.split(cells, separator)
    return kept([words], tf.not_equal(words.values, ""))[0]


def _pairs(left: tf.RaggedTensor, right: tf.RaggedTensor, separator: str) -> tf.RaggedTensor:
    rows = left.value_rowids()
    # Times that a value of the left stands: with each value of the right.
    times = tf.gather(right.row_lengths(), rows)
    places = tf.ragged.range(times)
    starts = tf.gather(right.row_starts(), rows)
    of_left = places.value_rowids()
    ones = tf.gather(left.values, of_left)
    others = tf.gather(right.values, places.values + tf.gather(starts, of_left))
    joined = tf.strings.join([ones, others], separator=separator)
    lengths = left.row_lengths() * right.row_lengths()
    return tf.RaggedTensor.from_row_lengths(joined, lengths, validate=False)
