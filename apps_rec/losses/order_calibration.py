"""Excess of a probability over others that are never below it."""

from collections.abc import Sequence

import tensorflow as tf


def order_calibration(probability: tf.Tensor, above: Sequence[tf.Tensor]) -> tf.Tensor:
    """Computes `sum_k max(0, p - q_k)` for each row: a download is not more probable than its click.

    Args:
        probability: p, `(batch,)`.
        above: probabilities q_k, `(batch,)` each.

    Example:
        >>> order_calibration(tf.constant([0.5, 0.25]), [tf.constant([0.25, 0.5])]).numpy()
        array([0.25, 0.  ], dtype=float32)

    References: Xi et al. 2021, Modeling the Sequential Dependence among Audience Multi-step Conversions
        (arXiv 2105.08489), equation 9.
    """
    return tf.add_n([tf.nn.relu(probability - other) for other in above])
