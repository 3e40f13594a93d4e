"""Cross entropy of logits and of log-probabilities."""

import tensorflow as tf


def sigmoid_cross_entropy(labels: tf.Tensor, logits: tf.Tensor, label_smoothing: float = 0.0) -> tf.Tensor:
    """Computes the cross entropy of `sigmoid(logits)` for each row; reduces nothing.

    Args:
        labels: numbers in [0, 1], `(batch,)`.
        logits: any numbers, `(batch,)`.
        label_smoothing: share s of a label that is spread over both classes: `y (1 - s) + s / 2`.

    Example:
        >>> sigmoid_cross_entropy([1.0, 0.0], tf.constant([0.0, 0.0])).numpy().round(4)
        array([0.6931, 0.6931], dtype=float32)
    """
    labels = smoothed(tf.cast(labels, logits.dtype), label_smoothing, 2)
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)


def softmax_cross_entropy(labels: tf.Tensor, logits: tf.Tensor, label_smoothing: float = 0.0) -> tf.Tensor:
    """Computes `-log softmax(logits)[label]` for each row; reduces nothing.

    Args:
        labels: numbers of classes from 0, `(batch,)`.
        logits: any numbers, `(batch, classes)`.
        label_smoothing: share of a label that is spread evenly over all classes.

    Example:
        >>> softmax_cross_entropy([2.0], tf.constant([[0.0, 0.0, 0.0]])).numpy().round(4)
        array([1.0986], dtype=float32)

    References: Szegedy et al. 2016, Rethinking the Inception Architecture (arXiv 1512.00567), section 7, of smoothing.
    """
    classes = logits.shape[1]
    target = tf.one_hot(tf.cast(labels, tf.int32), classes, dtype=logits.dtype)
    return tf.nn.softmax_cross_entropy_with_logits(labels=smoothed(target, label_smoothing, classes), logits=logits)


def classification(labels: tf.Tensor, logits: tf.Tensor, label_smoothing: float = 0.0) -> tf.Tensor:
    """Computes the cross entropy of a sigmoid where there is one logit a row, of a softmax where there are several."""
    function = sigmoid_cross_entropy if logits.shape.rank == 1 else softmax_cross_entropy
    return function(labels, logits, label_smoothing)


def log_prob_cross_entropy(
    labels: tf.Tensor, log_prob: tf.Tensor, log_complement: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """Computes `-(y log p + (1 - y) log(1 - p))` for each row, from logarithms.

    Args:
        labels: numbers in [0, 1].
        log_prob: log p.
        log_complement: log(1 - p), computed by a formula of its own: log(1 - exp(log_prob)) has no digits at p = 1.
        label_smoothing: see `sigmoid_cross_entropy`.

    Input shape: any, the same for all three.
    Output shape: the same.

    Example:
        >>> log_prob_cross_entropy([1.0, 0.0], tf.math.log([0.25, 0.25]), tf.math.log([0.75, 0.75])).numpy().round(4)
        array([1.3863, 0.2877], dtype=float32)
    """
    labels = smoothed(tf.cast(labels, log_prob.dtype), label_smoothing, 2)
    return -(labels * log_prob + (1.0 - labels) * log_complement)


def smoothed(target: tf.Tensor, share: float, classes: int) -> tf.Tensor:
    """Spreads a share of each label evenly over all classes."""
    return target * (1.0 - share) + share / classes if share else target
