"""Zero-inflated log-normal: most rows are zero, and the others spread over orders of magnitude, as payments do."""

from __future__ import annotations

import math

import tensorflow as tf

from apps_rec.losses.cross_entropy import sigmoid_cross_entropy
from apps_rec.losses.rows import Rows, Terms

# Where softplus is no more than this, the density of a log-normal number leaves float32.
LEAST_SIGMA = math.sqrt(1e-7)
_LEAST_LOG = -80.0


def ziln(
    labels: tf.Tensor,
    logits: tf.Tensor,
    rows: Rows,
    mu_regularization: float = 0.01,
    sigma_regularization: float = 0.01,
    max_sigma: float = 5.0,
    classification_weight: float = 1.0,
    regression_weight: float = 1.0,
) -> tuple[Terms, Terms]:
    """Computes cross entropy of y > 0 over all rows, and `-log LogNormal(y; mu, sigma)` over those with y > 0.

    The logits are those of y > 0, mu, and sigma before softplus. The mean over positives stands apart, as in EasyRec;
    the paper divides both sums by the number of all rows.

    Args:
        labels: numbers of 0 or more, `(batch,)`.
        logits: any numbers, `(batch, 3)`.
        rows: weights of the rows.
        mu_regularization: weight of mu^2, over all rows.
        sigma_regularization: weight of the squared third logit, over all rows.
        max_sigma: largest sigma.
        classification_weight: weight of the first part.
        regression_weight: weight of the second part.

    References: Wang, Liu, Miao 2019, A Deep Probabilistic Model for Customer Lifetime Value Prediction
        (arXiv 1912.07753), equations 2 to 4.
    """
    labels = tf.cast(labels, logits.dtype)
    is_positive = labels > 0
    positive = tf.cast(is_positive, logits.dtype)
    mu, sigma = logits[:, 1], sigma_of(logits, max_sigma)
    log_label = tf.math.log(tf.where(is_positive, labels, 1.0))
    distance = (log_label - mu) / sigma
    density = log_label + tf.math.log(sigma) + 0.5 * math.log(2 * math.pi) + 0.5 * tf.square(distance)
    of_all = classification_weight * sigmoid_cross_entropy(positive, logits[:, 0])
    of_all += mu_regularization * tf.square(mu) + sigma_regularization * tf.square(logits[:, 2])
    return (
        Terms(of_all, rows.weights),
        Terms(regression_weight * tf.where(is_positive, density, 0.0), rows.weights * positive),
    )


def sigma_of(logits: tf.Tensor, max_sigma: float) -> tf.Tensor:
    """Returns sigma, `(batch,)`."""
    return tf.clip_by_value(tf.nn.softplus(logits[:, 2]), LEAST_SIGMA, max_sigma)


def log_expected_value(logits: tf.Tensor, max_sigma: float = 5.0, max_log: float = 20.0) -> tf.Tensor:
    """Returns the logarithm of `sigmoid(z_0) exp(mu + sigma^2 / 2)`, between -80 and `max_log`, `(batch,)`."""
    log_mean = tf.math.log_sigmoid(logits[:, 0]) + logits[:, 1] + 0.5 * tf.square(sigma_of(logits, max_sigma))
    return tf.clip_by_value(log_mean, _LEAST_LOG, max_log)
