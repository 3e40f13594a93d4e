"""Sums the gradients of a table's rows over repeated ids, in two ways for two kinds of device.

A TPU runs only programs that XLA compiles. XLA compiles no operation whose size depends on the data, such as tf.unique.
Sorting works with shapes that are known beforehand, but costs a CPU or GPU more.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def sum_rows(gradient: tf.IndexedSlices, table_rows: int) -> tf.IndexedSlices:
    """Returns the same gradient with every row once. The cost grows with the ids of the batch, not with the table.

    A table with no more rows than the batch has ids is summed row by row. That is quicker than looking ids up, and puts
    the rows in their order in memory. The sums are the same to the bit.

    Args:
        gradient: gradient of values `(n, columns)` and indices `(n,)`.
        table_rows: number of rows of the table.

    Output shape: values `(distinct ids, columns)`, indices `(distinct ids,)`: known when the step runs.
    """
    values, rows = tf.cond(
        tf.size(gradient.indices) >= table_rows,
        lambda: _sum_by_table(gradient, table_rows),
        lambda: _sum_by_unique(gradient),
    )
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _sum_by_unique(gradient: tf.IndexedSlices) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns sums and rows, in the order of first appearance."""
    rows, places = tf.unique(gradient.indices)
    return _add_up(gradient.values, places, tf.size(rows)), rows


def _sum_by_table(gradient: tf.IndexedSlices, table_rows: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns sums and rows, ascending."""
    sums = _add_up(gradient.values, gradient.indices, table_rows)
    # Counting on a GPU is refused where operations have to be deterministic.
    with tf.device("/CPU:0"):
        counts = tf.math.bincount(tf.cast(gradient.indices, tf.int32), minlength=table_rows, maxlength=table_rows)
        rows = tf.cast(tf.where(counts > 0)[:, 0], gradient.indices.dtype)
    return tf.gather(sums, rows), rows


def _add_up(values: tf.Tensor, places: tf.Tensor, count: int | tf.Tensor) -> tf.Tensor:
    """Adds each row i to row `places[i]` of `count` rows of zeros, in the order of the rows.

    On a CPU it is the product with a sparse matrix of ones. `unsorted_segment_sum` gives the same bits there, but costs
    two to seven times as much.
    """
    if tf.config.list_logical_devices("GPU"):
        return tf.math.unsorted_segment_sum(values, places, count)
    size = tf.size(places)
    with tf.device("/CPU:0"):  # a worker of parameter servers may have a GPU that this process does not see
        return tf.raw_ops.SparseTensorDenseMatMul(
            a_indices=tf.stack([places, tf.range(size, dtype=places.dtype)], axis=1),
            a_values=tf.ones([size], values.dtype),
            a_shape=tf.cast(tf.stack([count, size]), tf.int64),
            b=values,
        )


def sum_by_sort(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """Returns the same gradient in ascending order of rows: the first of each run has its sum, the others have 0.

    It still adds up to the same gradient. Its norm is that of the sums: each distinct row counts once. Values computed
    from it row by row are right at the first of a run only: `copy_first_of_run` copies those to the others.

    Input shape: values `(n, columns)`, indices `(n,)`.
    Output shape: the input's.
    """
    order = tf.argsort(gradient.indices, stable=True)
    rows = tf.gather(gradient.indices, order)
    is_first, runs = _runs(rows)
    sums = tf.math.unsorted_segment_sum(tf.gather(gradient.values, order), runs, _size(rows))
    values = tf.where(is_first[:, tf.newaxis], tf.gather(sums, runs), tf.zeros([], sums.dtype))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def copy_first_of_run(rows: tf.Tensor, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Copies the values at the first of each run of equal rows to all places of the run.

    Such values can be written to their rows in any order, as those for one row are copies to the bit. Nothing has to be
    left out, which a fixed shape does not allow: whether a row number out of range is written depends on the device.

    Args:
        rows: row numbers, ascending, `(n,)`.
        tensors: values, `(n, columns)` each.
    """
    _, runs = _runs(rows)
    size = _size(rows)
    firsts = tf.math.unsorted_segment_min(tf.range(size), runs, size)
    places = tf.gather(firsts, runs)
    return [tf.gather(tensor, places) for tensor in tensors]


def gather_over_replicas(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """Gathers the rows of all replicas, one replica's behind another's.

    TPUStrategy would sum a gradient as large as the table.

    Input shape: values `(n, columns)`, indices `(n,)`, of one `n` on all replicas.
    Output shape: values `(replicas x n, columns)`, indices `(replicas x n,)`.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return gradient
    values, rows = context.all_gather([gradient.values, gradient.indices], axis=0)
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _runs(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns for each of ascending rows whether it is the first of its run, and the number of its run from 0."""
    # A row before the first would have to differ from it: rows are no negative numbers.
    before = tf.concat([tf.constant([-1], rows.dtype), rows[:-1]], axis=0)
    is_first = tf.not_equal(rows, before)
    return is_first, tf.cumsum(tf.cast(is_first, tf.int32)) - 1


def _size(rows: tf.Tensor) -> int | tf.Tensor:
    return tf.size(rows) if rows.shape[0] is None else rows.shape[0]
