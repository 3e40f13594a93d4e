"""Losses of pairs of rows, of which one has the larger label. Pairs are within a replica's part of the batch."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from apps_rec.losses.focal import binary_focal
from apps_rec.losses.rows import Rows, Terms, hardest


class Pairs(NamedTuple):
    """The pairs of a batch, in which the first row has the larger label.

    Attributes:
        logits: logit of the first row minus that of the second, `(pairs,)`.
        labels: label of the first row minus that of the second, above 0.
        weights: product of the weights of both rows, so that a row of weight 2 counts like two rows.
    """

    logits: tf.Tensor
    labels: tf.Tensor
    weights: tf.Tensor


def pairs_of(labels: tf.Tensor, logits: tf.Tensor, rows: Rows) -> Pairs:
    """Returns the pairs of rows that both count, of one session."""
    labels = tf.cast(labels, logits.dtype)
    counts = rows.weights > 0
    is_pair = (labels[:, tf.newaxis] > labels) & counts[:, tf.newaxis] & counts  # [B, B]
    if rows.sessions is not None:
        is_pair &= rows.sessions[:, tf.newaxis] == rows.sessions
    # Few of all pairs have two labels where positives are rare: only those are kept for the gradient.
    better, worse = tf.unstack(tf.where(is_pair), num=2, axis=1)  # [P]
    return Pairs(
        tf.gather(logits, better) - tf.gather(logits, worse),
        tf.gather(labels, better) - tf.gather(labels, worse),
        tf.gather(rows.weights, better) * tf.gather(rows.weights, worse),
    )


def pairwise_margin(
    labels: tf.Tensor, logits: tf.Tensor, rows: Rows, margin: float = 0.0, temperature: float = 1.0
) -> Terms:
    """Computes `log(1 + exp(margin - (s_i - s_j)))` for each pair with y_i > y_j, of scores s = logits / temperature.

    References: Burges et al. 2005, Learning to Rank using Gradient Descent, equation 3, where the margin is 0.
    """
    pairs = pairs_of(labels, logits / temperature, rows)
    return Terms(tf.nn.softplus(margin - pairs.logits), pairs.weights)


def pairwise_logistic(
    labels: tf.Tensor,
    logits: tf.Tensor,
    rows: Rows,
    temperature: float = 1.0,
    hinge_margin: float | None = None,
    ohem_ratio: float = 1.0,
    use_label_margin: bool = False,
) -> Terms:
    """Computes `log(1 + exp(m - (s_i - s_j)))` for each pair with y_i > y_j, of scores s = logits / temperature.

    Args:
        labels: numbers, `(batch,)`; the larger, the better.
        logits: any numbers, `(batch,)`.
        rows: weights and sessions of the rows.
        temperature: above 0.
        hinge_margin: m; None: 0.
        ohem_ratio: share of the pairs that counts, those with the largest loss.
        use_label_margin: whether m is the difference of the labels, divided by the temperature.

    References: Burges et al. 2005, Learning to Rank using Gradient Descent, equation 3.
    """
    pairs = pairs_of(labels, logits / temperature, rows)
    margin = pairs.labels / temperature if use_label_margin else (hinge_margin or 0.0)
    return hardest(Terms(tf.nn.softplus(margin - pairs.logits), pairs.weights), ohem_ratio)


def pairwise_hinge(
    labels: tf.Tensor,
    logits: tf.Tensor,
    rows: Rows,
    temperature: float = 1.0,
    margin: float = 1.0,
    ohem_ratio: float = 1.0,
    label_is_logits: bool = True,
    use_label_margin: bool = True,
) -> Terms:
    """Computes `max(0, m - (s_i - s_j))` for each pair with y_i > y_j, of scores s = logits / temperature.

    Args:
        labels: numbers, `(batch,)`; the larger, the better.
        logits: any numbers, `(batch,)`.
        rows: weights and sessions of the rows.
        temperature: above 0.
        margin: m.
        ohem_ratio: share of the pairs that counts, those with the largest loss.
        label_is_logits: whether labels are divided by the temperature too.
        use_label_margin: whether m is the difference of the labels.

    References: Herbrich, Graepel, Obermayer 2000, Large Margin Rank Boundaries for Ordinal Regression, section 3.
    """
    pairs = pairs_of(labels, logits / temperature, rows)
    wanted = pairs.labels / (temperature if label_is_logits else 1.0) if use_label_margin else margin
    return hardest(Terms(tf.nn.relu(wanted - pairs.logits), pairs.weights), ohem_ratio)


def pairwise_focal(
    labels: tf.Tensor,
    logits: tf.Tensor,
    rows: Rows,
    gamma: float = 2.0,
    alpha: float | None = None,
    hinge_margin: float = 1.0,
    ohem_ratio: float = 1.0,
    temperature: float = 1.0,
) -> Terms:
    """Computes the focal loss of `s_i - s_j` with label 1 for each pair with y_i > y_j, of s = logits / temperature.

    Args:
        labels: numbers, `(batch,)`; the larger, the better.
        logits: any numbers, `(batch,)`.
        rows: weights and sessions of the rows.
        gamma: see `binary_focal`.
        alpha: see `binary_focal`.
        hinge_margin: difference of the scores from which on a pair does not count.
        ohem_ratio: share of the pairs that counts, those with the largest loss.
        temperature: above 0.

    References: Lin et al. 2017, Focal Loss (arXiv 1708.02002), equation 5, of pairs as in Burges et al. 2005.
    """
    pairs = pairs_of(labels, logits / temperature, rows)
    weights = tf.where(pairs.logits < hinge_margin, pairs.weights, 0.0)
    return binary_focal(tf.ones_like(pairs.logits), pairs.logits, Rows(weights), gamma, alpha, ohem_ratio)
