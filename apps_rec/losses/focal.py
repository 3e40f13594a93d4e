"""Focal loss: rows that are told apart already count little."""

from __future__ import annotations

import tensorflow as tf

from apps_rec.losses.cross_entropy import sigmoid_cross_entropy
from apps_rec.losses.rows import Rows, Terms, hardest


def binary_focal(
    labels: tf.Tensor,
    logits: tf.Tensor,
    rows: Rows,
    gamma: float = 2.0,
    alpha: float | None = None,
    ohem_ratio: float = 1.0,
    label_smoothing: float = 0.0,
) -> Terms:
    """Computes `a_t (1 - p_t)^gamma CE` for each row, with p_t the probability of the row's own label.

    Args:
        labels: 0 or 1, `(batch,)`.
        logits: any numbers, `(batch,)`.
        rows: weights of the rows.
        gamma: 0 or more; 0 is cross entropy.
        alpha: weight of positives in [0, 1]; negatives weigh 1 - alpha. None: both weigh 1.
        ohem_ratio: share of the rows of this replica that counts, those with the largest loss.
        label_smoothing: share of a label in CE that is spread over both classes.

    References: Lin, Goyal, Girshick, He, Dollar 2017, Focal Loss (arXiv 1708.02002), equations 4 and 5.
    """
    labels = tf.cast(labels, logits.dtype)
    # Its logarithm, as (1 - p_t)^gamma has an endless slope at p_t = 1 where gamma is below 1.
    log_missed = tf.math.log_sigmoid((1.0 - 2.0 * labels) * logits)
    values = tf.exp(gamma * log_missed) * sigmoid_cross_entropy(labels, logits, label_smoothing)
    if alpha is not None:
        values *= labels * alpha + (1.0 - labels) * (1.0 - alpha)
    return hardest(Terms(values, rows.weights), ohem_ratio)
