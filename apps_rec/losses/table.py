"""The table of losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from apps_rec.losses.cross_entropy import classification, log_prob_cross_entropy
from apps_rec.losses.f1_reweighted import f1_reweighted
from apps_rec.losses.focal import binary_focal
from apps_rec.losses.jrc import jrc
from apps_rec.losses.listwise import listwise
from apps_rec.losses.order_calibration import order_calibration
from apps_rec.losses.pairwise import pairwise_focal, pairwise_hinge, pairwise_logistic, pairwise_margin
from apps_rec.losses.rows import Rows, Terms
from apps_rec.losses.squared_error import sigmoid_squared_error, squared_error
from apps_rec.losses.ziln import ziln


@dataclass(frozen=True)
class Loss:
    """A row of the table. One of its functions is given; each takes the loss's options by name.

    Attributes:
        of_logit: function of labels and logits, one value a row; it reduces nothing.
        of_log_prob: function of labels, log p and log(1 - p), for a head whose probability is a product, beside
            `of_logit`; None: the loss of the logit log p - log(1 - p) is taken.
        of_rows: function of labels, logits and `Rows` that returns `Terms`, or several whose means are added.
        of_others: function of the tower's probability and those of other towers, one value a row.
        is_squared: whether it is a squared error, which uncertainty weighs by half.
    """

    of_logit: Callable[..., tf.Tensor] | None = None
    of_log_prob: Callable[..., tf.Tensor] | None = None
    of_rows: Callable[..., Terms | tuple[Terms, ...]] | None = None
    of_others: Callable[..., tf.Tensor] | None = None
    is_squared: bool = False

    def terms(self, labels: tf.Tensor, logits: tf.Tensor, rows: Rows, options: Any) -> tuple[Terms, ...]:
        """Returns what the loss is the mean of."""
        if self.of_rows is None:
            assert self.of_logit is not None
            return (Terms(self.of_logit(labels, logits, **options), rows.weights),)
        found = self.of_rows(labels, logits, rows, **options)
        return (found,) if isinstance(found, Terms) else found

    def terms_of_product(
        self, labels: tf.Tensor, log_prob: tf.Tensor, log_complement: tf.Tensor, rows: Rows, options: Any
    ) -> tuple[Terms, ...]:
        """Returns the same for a probability that is known by its logarithm and that of its complement."""
        if self.of_log_prob is None:
            return self.terms(labels, log_prob - log_complement, rows, options)
        return (Terms(self.of_log_prob(labels, log_prob, log_complement, **options), rows.weights),)


CLASSIFICATION = "CLASSIFICATION"

# By their names in protos/loss.proto; apps_rec/config/tasks/losses.py says what each needs, by the same names.
LOSSES = {
    CLASSIFICATION: Loss(classification, log_prob_cross_entropy),
    "L2_LOSS": Loss(squared_error, is_squared=True),
    "SIGMOID_L2_LOSS": Loss(sigmoid_squared_error, is_squared=True),
    "PAIR_WISE_LOSS": Loss(of_rows=pairwise_margin),
    "F1_REWEIGHTED_LOSS": Loss(of_rows=f1_reweighted),
    "BINARY_FOCAL_LOSS": Loss(of_rows=binary_focal),
    "PAIRWISE_FOCAL_LOSS": Loss(of_rows=pairwise_focal),
    "PAIRWISE_LOGISTIC_LOSS": Loss(of_rows=pairwise_logistic),
    "PAIRWISE_HINGE_LOSS": Loss(of_rows=pairwise_hinge),
    "LISTWISE_RANK_LOSS": Loss(of_rows=listwise),
    "JRC_LOSS": Loss(of_rows=jrc),
    "ORDER_CALIBRATE_LOSS": Loss(of_others=order_calibration),
    "ZILN_LOSS": Loss(of_rows=ziln),
}
