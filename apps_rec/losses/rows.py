"""Rows of a batch as a loss sees them besides labels and logits, and the terms that it is the mean of."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Rows(NamedTuple):
    """The rows of a batch.

    Attributes:
        weights: weight of each row for the task, `(batch,)`; 0: the row does not count.
        sessions: session of each row, `(batch,)` whole numbers; None: the batch is one session.
    """

    weights: tf.Tensor
    sessions: tf.Tensor | None = None


class Terms(NamedTuple):
    """A loss before the mean: sum(values x weights) / sum(weights), over all replicas.

    Attributes:
        values: one for each row, pair or session, `(terms,)`.
        weights: how much each counts, `(terms,)`, without a gradient.
    """

    values: tf.Tensor
    weights: tf.Tensor


def hardest(terms: Terms, ratio: float) -> Terms:
    """Leaves the terms with the largest values a weight: a share of those that count on this replica, at least one.

    References: Shrivastava, Gupta, Girshick 2016, Online Hard Example Mining (arXiv 1604.03540), section 4.
    """
    if ratio == 1:
        return terms
    counts = terms.weights > 0
    size = tf.size(terms.values)
    share = tf.round(ratio * tf.reduce_sum(tf.cast(counts, terms.values.dtype)))
    most = tf.maximum(tf.cast(share, tf.int32), 1)
    lowest = terms.values.dtype.min
    order = tf.argsort(tf.where(counts, terms.values, lowest), direction="DESCENDING", stable=True)
    place = tf.scatter_nd(order[:, tf.newaxis], tf.range(size), [size])
    return Terms(terms.values, tf.where(place < most, terms.weights, 0.0))
