"""The product of probabilities, in log space."""

import functools
import math
import operator
from typing import Any

import tensorflow as tf

from apps_rec.legacy_keras import keras

_MINUS_LOG_2 = -math.log(2.0)


def log_product(*logits: tf.Tensor) -> tf.Tensor:
    """Returns log(p q ...) of `p = sigmoid(logits[0])`, `q = sigmoid(logits[1])` and so on."""
    return functools.reduce(operator.add, map(tf.math.log_sigmoid, logits))


def log_complement_of_product(*logits: tf.Tensor) -> tf.Tensor:
    """Returns log(1 - p q ...) of the probabilities of logits, right to float precision.

    Above a product of 1/2 it is computed as log((1 - p) + p (1 - q) + ...), since 1 - p q has few digits left there.
    Below, it is computed as log1p(-p q), since the sum would be the difference of two nearly equal numbers.
    """
    log_p_q = log_product(*logits)
    # Both branches are computed for every row, and the gradient of the other one is multiplied by 0: keep both finite.
    below_half = tf.math.log1p(-tf.exp(tf.minimum(log_p_q, _MINUS_LOG_2)))
    terms = [tf.math.log_sigmoid(-logits[0])]
    terms += [log_product(*logits[:at]) + tf.math.log_sigmoid(-logits[at]) for at in range(1, len(logits))]
    above_half = tf.reduce_logsumexp(tf.stack(terms, axis=-1), axis=-1)
    return tf.where(log_p_q > _MINUS_LOG_2, above_half, below_half)


class MultiplicativeHead(keras.layers.Layer):
    """Multiplies the probabilities of a click and a conversion: `pctcvr = sigmoid(ctr_logit) * sigmoid(cvr_logit)`.

    Further logits, of steps behind the conversion, multiply it by their probabilities.

    The product is returned as logarithms too, because at a click rate of 0.4 % a loss on clipped probabilities loses
    its gradient. Departs from the paper, which computes the loss from the product itself; the value is the same.

    Args:
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: `ctr_logit`, `cvr_logit` and any further ones, any shape, all the same; usually `(batch,)`.
    Output shape: the same, for each of "ctcvr_log_prob", log(pctcvr); "ctcvr_log_complement", log(1 - pctcvr); and
        "pctcvr". Never in half precision.

    Example:
        >>> outputs = MultiplicativeHead(name="head")(tf.constant([0.0]), tf.constant([0.0]))
        >>> outputs["pctcvr"].numpy()
        array([0.25], dtype=float32)

    References: Ma et al. 2018, Entire Space Multi-Task Model (arXiv 1804.07931), equations 1 to 3.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

    def call(
        self,
        ctr_logit: tf.Tensor,
        cvr_logit: tf.Tensor,
        *later_logits: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Returns the product and its logarithms. `training` and `seed` change nothing."""
        logits = [tf.cast(logit, self.variable_dtype) for logit in (ctr_logit, cvr_logit, *later_logits)]
        if not all(logit.shape.is_compatible_with(logits[0].shape) for logit in logits):
            shapes = " and ".join(str(logit.shape) for logit in logits)
            raise ValueError(f"{self.name}: the logits must have one shape, got {shapes}.")
        log_prob = log_product(*logits)
        return {
            "ctcvr_log_prob": log_prob,
            "ctcvr_log_complement": log_complement_of_product(*logits),
            "pctcvr": tf.exp(log_prob),
        }
