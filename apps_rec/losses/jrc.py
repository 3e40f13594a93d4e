"""Joint optimisation of ranking and calibration."""

import tensorflow as tf

from apps_rec.losses.cross_entropy import softmax_cross_entropy
from apps_rec.losses.rows import Rows, Terms
from apps_rec.losses.sessions import log_sum_exp, places_of


def jrc(labels: tf.Tensor, logits: tf.Tensor, rows: Rows, alpha: float = 0.5, same_label_loss: bool = True) -> Terms:
    """Computes `-alpha log p(y|x) - (1 - alpha) log p(x|y)` for each row, of two logits f_0 and f_1 a row.

    p(y|x) is the softmax over the two logits of the row. p(x|y) is the softmax of f_y over the rows of the session:
    the model ranks the clicked row above the others by f_1, and the others above it by f_0.

    Args:
        labels: 0 or 1, `(batch,)`.
        logits: any numbers, `(batch, 2)`.
        rows: weights and sessions of the rows; a row of weight 0 is in no session.
        alpha: weight of p(y|x), in [0, 1].
        same_label_loss: whether p(x|y) compares a row with all rows of its session; else with itself and those of the
            other label.

    References: Sheng et al. 2022, Joint Optimization of Ranking and Calibration with Contextualized Hybrid Model
        (arXiv 2208.06164), equations 7 to 9.
    """
    places, count = places_of(rows)
    is_positive, counts = tf.cast(labels, tf.int32) == 1, rows.weights > 0
    own = tf.where(is_positive, logits[:, 1], logits[:, 0])
    if same_label_loss:
        sums = [log_sum_exp(logits[:, k], counts, places, count) for k in (0, 1)]
        log_sum = tf.where(is_positive, sums[1], sums[0])
    else:
        others_of = counts & is_positive, counts & ~is_positive
        sums = [log_sum_exp(logits[:, k], others_of[k], places, count) for k in (0, 1)]
        others = tf.where(is_positive, sums[1], sums[0])
        log_sum = tf.reduce_logsumexp(tf.stack([own, others], axis=1), axis=1)
    ranking = tf.where(counts, log_sum - own, 0.0)
    return Terms(alpha * softmax_cross_entropy(labels, logits) + (1.0 - alpha) * ranking, rows.weights)
