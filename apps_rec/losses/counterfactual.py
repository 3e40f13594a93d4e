"""Losses of a conversion over all rows, of which only rows with a click say anything."""

import math

import tensorflow as tf


def inverse_propensity_loss(
    errors: tf.Tensor, happened: tf.Tensor, log_propensity: tf.Tensor, min_propensity: float
) -> tf.Tensor:
    """Computes `o e / max(p, least)` for each row; reduces nothing. Its mean over all rows estimates that of e.

    Propensities have no gradient: they would grow where errors are large.

    Args:
        errors: error e of the conversion, 0 or more, `(batch,)`.
        happened: 1 where the row has the click, else 0, `(batch,)`.
        log_propensity: log p of the probability of the click, `(batch,)`.
        min_propensity: least probability, in (0, 1].

    Example:
        >>> loss = inverse_propensity_loss(tf.constant([0.5, 2.0]), [1.0, 0.0], tf.math.log([0.25, 0.25]), 0.001)
        >>> loss.numpy()
        array([2., 0.], dtype=float32)

    References: Wang et al. 2022, ESCM2 (arXiv 2204.05125), section 4.2.
    """
    return inverse_propensity(happened, log_propensity, min_propensity) * errors


def doubly_robust_losses(
    errors: tf.Tensor, imputed: tf.Tensor, happened: tf.Tensor, log_propensity: tf.Tensor, min_propensity: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes `i + o (e - i) / max(p, least)` and `o (e - i)^2 / max(p, least)` for each row; reduces nothing.

    The mean of the first estimates that of e where either the propensities or the imputed errors are right. The second
    is what the imputation learns. Both have gradients at errors and imputed errors alike, as in the paper.

    Args:
        errors: see `inverse_propensity_loss`.
        imputed: what the error is expected to be, i, `(batch,)`.
        happened: see there.
        log_propensity: see there.
        min_propensity: see there.

    Example:
        >>> both = doubly_robust_losses(tf.constant([0.5]), tf.constant([1.0]), [1.0], tf.math.log([0.25]), 0.001)
        >>> [loss.numpy().tolist() for loss in both]
        [[-1.0], [1.0]]

    References: Wang et al. 2022, ESCM2 (arXiv 2204.05125), section 4.3.
    """
    weights = inverse_propensity(happened, log_propensity, min_propensity)
    difference = errors - imputed
    return imputed + weights * difference, weights * tf.square(difference)


def inverse_propensity(happened: tf.Tensor, log_propensity: tf.Tensor, min_propensity: float) -> tf.Tensor:
    """Returns `o / max(p, least)` of each row, without a gradient."""
    log_propensity = tf.stop_gradient(log_propensity)
    # In logarithms: the probability of a logit of -100 is 0 in float32.
    return tf.cast(happened, log_propensity.dtype) * tf.exp(-tf.maximum(log_propensity, math.log(min_propensity)))
