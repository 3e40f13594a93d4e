"""Sums over the rows of a session. Sessions are within a replica's part of the batch."""

from __future__ import annotations

import tensorflow as tf

from apps_rec.losses.rows import Rows


def places_of(rows: Rows) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the session of each row as a number from 0, and the number of sessions."""
    if rows.sessions is None:
        return tf.zeros_like(rows.weights, tf.int32), tf.constant(1)
    distinct, places = tf.unique(rows.sessions)
    return places, tf.size(distinct)


def log_sum_exp(logits: tf.Tensor, counts: tf.Tensor, places: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Returns, for each row, `log sum_j exp(z_j)` over the rows of its session that count; very low if there are none.

    Args:
        logits: z, `(batch,)`.
        counts: whether a row counts, `(batch,)`.
        places: session of each row.
        count: number of sessions.
    """
    lowest = tf.constant(-1e30, logits.dtype)
    masked = tf.where(counts, logits, lowest)
    largest = tf.stop_gradient(tf.maximum(tf.math.unsorted_segment_max(masked, places, count), lowest))  # [S]
    # The inner where keeps the gradient of rows that do not count finite.
    shifted = tf.where(counts, logits - tf.gather(largest, places), 0.0)
    total = tf.math.unsorted_segment_sum(tf.where(counts, tf.exp(shifted), 0.0), places, count)
    is_there = total > 0
    logarithm = tf.where(is_there, tf.math.log(tf.where(is_there, total, 1.0)) + largest, lowest)
    return tf.gather(logarithm, places)
