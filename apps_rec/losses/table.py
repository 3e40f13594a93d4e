"""The table of losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.losses.cross_entropy import log_prob_cross_entropy, sigmoid_cross_entropy


@dataclass(frozen=True)
class Loss:
    """A row of the table. Its functions take one value a row and reduce nothing: the model divides by the weights.

    Attributes:
        of_logit: function of labels and logits, `(batch,)` each.
        of_log_prob: function of labels, log p and log(1 - p), for a head whose probability is a product; None: there is
            none.
    """

    of_logit: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    of_log_prob: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor] | None = None


CROSS_ENTROPY = "cross_entropy"
LOSSES = {CROSS_ENTROPY: Loss(sigmoid_cross_entropy, log_prob_cross_entropy)}
