"""Cross entropy whose negatives weigh what they cost in F1."""

import tensorflow as tf

from apps_rec.losses.cross_entropy import sigmoid_cross_entropy
from apps_rec.losses.rows import Rows, Terms
from apps_rec.replicas import sum_over_replicas


def f1_reweighted(
    labels: tf.Tensor, logits: tf.Tensor, rows: Rows, f1_beta_square: float = 1.0, label_smoothing: float = 0.0
) -> Terms:
    """Computes cross entropy with `TP / (beta^2 P + N - TN)` as weight of a negative and 1 as that of a positive.

    P and N count positives and negatives. TP = sum of p over positives and TN = sum of 1 - p over negatives are what
    the model expects of them at this step, without a gradient. All four are sums over the batch of all replicas.

    Args:
        labels: 0 or 1, `(batch,)`.
        logits: any numbers, `(batch,)`.
        rows: weights of the rows.
        f1_beta_square: square of the weight of recall against precision, above 0.
        label_smoothing: share of a label in the cross entropy that is spread over both classes.

    References: Lin, Lu, Han, Sun 2018, Adaptive Scaling for Sparse Detection in Information Extraction
        (arXiv 1805.00250), section 3.2. EasyRec takes the sum of p over all rows for TP.
    """
    labels = tf.cast(labels, logits.dtype)
    probs = tf.sigmoid(logits)
    found = tf.reduce_sum(rows.weights * labels * probs)
    alarms = tf.reduce_sum(rows.weights * (1.0 - labels) * probs)  # N - TN
    positives = tf.reduce_sum(rows.weights * labels)
    found, alarms, positives = tf.unstack(
        sum_over_replicas(tf.stop_gradient(tf.stack([found, alarms, positives]))), num=3
    )
    below = f1_beta_square * positives + alarms
    of_negative = tf.math.divide_no_nan(found, below)
    scale = labels + (1.0 - labels) * of_negative
    return Terms(scale * sigmoid_cross_entropy(labels, logits, label_smoothing), rows.weights)
