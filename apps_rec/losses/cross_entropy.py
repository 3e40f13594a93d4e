"""Cross entropy of logits and of log-probabilities."""

import tensorflow as tf


def sigmoid_cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Computes the cross entropy of `sigmoid(logits)` for each row; reduces nothing.

    Example:
        >>> sigmoid_cross_entropy([1.0, 0.0], tf.constant([0.0, 0.0])).numpy().round(4)
        array([0.6931, 0.6931], dtype=float32)
    """
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.cast(labels, logits.dtype), logits=logits)


def log_prob_cross_entropy(labels: tf.Tensor, log_prob: tf.Tensor, log_complement: tf.Tensor) -> tf.Tensor:
    """Computes `-(y log p + (1 - y) log(1 - p))` for each row, from logarithms.

    Args:
        labels: numbers in [0, 1].
        log_prob: log p.
        log_complement: log(1 - p), computed by a formula of its own: log(1 - exp(log_prob)) has no digits at p = 1.

    Input shape: any, the same for all three.
    Output shape: the same.

    Example:
        >>> log_prob_cross_entropy([1.0, 0.0], tf.math.log([0.25, 0.25]), tf.math.log([0.75, 0.75])).numpy().round(4)
        array([1.3863, 0.2877], dtype=float32)
    """
    labels = tf.cast(labels, log_prob.dtype)
    return -(labels * log_prob + (1.0 - labels) * log_complement)
