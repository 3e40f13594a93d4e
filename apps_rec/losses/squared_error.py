"""Squared errors of a logit and of its sigmoid."""

import tensorflow as tf


def squared_error(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Computes `(y - z)^2` for each row; reduces nothing.

    Example:
        >>> squared_error([1.0, -2.0], tf.constant([0.5, 1.0])).numpy()
        array([0.25, 9.  ], dtype=float32)
    """
    return tf.square(tf.cast(labels, logits.dtype) - logits)


def sigmoid_squared_error(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Computes `(y - sigmoid(z))^2` for each row; reduces nothing.

    Also known as the Brier score.

    Example:
        >>> sigmoid_squared_error([1.0, 0.25], tf.constant([0.0, 0.0])).numpy()
        array([0.25  , 0.0625], dtype=float32)

    References: Brier 1950, Verification of Forecasts Expressed in Terms of Probability.
    """
    return tf.square(tf.cast(labels, logits.dtype) - tf.sigmoid(logits))
