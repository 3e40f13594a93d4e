"""Writes some rows of a table."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def put_rows(table: tf.Variable, rows: np.ndarray | tf.Tensor, values: np.ndarray | tf.Tensor) -> None:
    """Writes the first columns of some rows; the others, such as first-order weights, stay.

    Args:
        table: variable of a table, perhaps cut over parameter servers.
        rows: numbers of rows, `[N]`.
        values: new values, `[N, columns]`.
    """
    rows, values = tf.convert_to_tensor(rows), tf.convert_to_tensor(values)
    columns = values.shape[1]
    if table.shape[1] > columns:
        # Not tf.gather: the table may be cut over parameter servers.
        values = tf.concat([values, tf.nn.embedding_lookup(table, rows)[:, columns:]], axis=1)
    table.scatter_update(tf.IndexedSlices(values, rows))
