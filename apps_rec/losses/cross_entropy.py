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


def soft_cross_entropy(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Computes the cross entropy of soft labels of each row: of a sigmoid where it has one logit, else a softmax.

    Args:
        targets: probabilities, `(batch,)` or `(batch, classes)`.
        logits: any numbers, of the same shape.

    Example:
        >>> soft_cross_entropy(tf.constant([0.25]), tf.constant([0.0])).numpy().round(4)
        array([0.6931], dtype=float32)
    """
    if logits.shape.rank == 1:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    return tf.nn.softmax_cross_entropy_with_logits(labels=targets, logits=logits)


def entropy(probs: tf.Tensor) -> tf.Tensor:
    """Computes the entropy of each row's distribution: of one probability and its complement, or of several."""
    parts = -tf.math.xlogy(probs, probs)
    return parts - tf.math.xlog1py(1.0 - probs, -probs) if probs.shape.rank == 1 else tf.reduce_sum(parts, axis=-1)


def softened(labels: tf.Tensor, is_logits: bool, temperature: float) -> tf.Tensor:
    """Returns soft labels as probabilities at a temperature T: of logits z / T; of p in proportion to p^(1/T).

    Args:
        labels: logits or probabilities, `(batch,)` or `(batch, classes)`.
        is_logits: whether they are logits.
        temperature: T, above 0.

    Example:
        >>> softened(tf.constant([0.2]), False, 2.0).numpy().round(4)  # 1 / (1 + sqrt(0.8 / 0.2))
        array([0.3333], dtype=float32)

    References: Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network (arXiv 1503.02531), equation 1.
    """
    is_single = labels.shape.rank == 1
    if is_logits:
        return tf.sigmoid(labels / temperature) if is_single else tf.nn.softmax(labels / temperature)
    # No logarithms: a probability of 0 stays 0.
    powers = tf.pow(labels, 1.0 / temperature)
    rest = tf.pow(1.0 - labels, 1.0 / temperature) if is_single else 0.0
    return powers / (powers + rest if is_single else tf.reduce_sum(powers, axis=-1, keepdims=True))


def smoothed(target: tf.Tensor, share: float, classes: int) -> tf.Tensor:
    """Spreads a share of each label evenly over all classes."""
    return target * (1.0 - share) + share / classes if share else target
