"""Softmax over the rows of a session."""

import tensorflow as tf

from apps_rec.losses.rows import Rows, Terms
from apps_rec.losses.sessions import log_sum_exp, places_of


def listwise(
    labels: tf.Tensor, logits: tf.Tensor, rows: Rows, temperature: float = 1.0, label_is_logits: bool = False
) -> Terms:
    """Computes `-sum_i t_i log softmax(s)_i` for each session, of scores s = logits / temperature.

    The target t adds up to 1: it is the labels times the rows' weights, divided by their sum, or the softmax of labels
    with these weights. A session without a label above 0 does not count, and a row of weight 0 is in none.

    Args:
        labels: numbers of 0 or more, `(batch,)`; any numbers if they are logits.
        logits: any numbers, `(batch,)`.
        rows: weights and sessions of the rows.
        temperature: above 0.
        label_is_logits: whether the target is the softmax of labels / temperature.

    References: Cao, Qin, Liu, Tsai, Li 2007, Learning to Rank: From Pairwise Approach to Listwise Approach, equation 4
        and section 5.
    """
    places, count = places_of(rows)
    weights, counts, scores = rows.weights, rows.weights > 0, logits / temperature
    labels = tf.cast(labels, logits.dtype)
    if label_is_logits:
        target = labels / temperature
        share = weights * tf.exp(tf.minimum(target - log_sum_exp(target, counts, places, count), 0.0))
    else:
        share = weights * labels
    log_softmax = scores - log_sum_exp(scores, counts, places, count)
    losses = tf.math.unsorted_segment_sum(-share * tf.where(counts, log_softmax, 0.0), places, count)
    total = tf.math.unsorted_segment_sum(share, places, count)  # [S]
    return Terms(tf.math.divide_no_nan(losses, total), tf.cast(total > 0, logits.dtype))
