"""The table of losses."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from apps_rec import plugins
from apps_rec.errors import PluginError
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


def loss_of(name: str) -> Loss:
    """Returns the row of a loss: one of ours, or one that a plugin gave.

    Raises:
        ValueError: there is none of this name.
    """
    if name in LOSSES:
        return LOSSES[name]
    given = plugins.losses().get(name)
    if given is None:
        raise ValueError(f"no loss is called {name}; expected one of {', '.join([*LOSSES, *plugins.losses()])}")
    functions = {field: getattr(given, field) for field in ("of_logit", "of_log_prob", "of_rows")}
    checked = {field: _checked(name, function) for field, function in functions.items() if function is not None}
    return Loss(**checked, is_squared=given.is_squared)


def _checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a plugin's function, with a check of what it returns."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        found = function(*args, **options)
        is_of_rows = any(isinstance(one, Rows) for one in args)
        parts: Sequence[Any] = (found,) if isinstance(found, Terms) or not is_of_rows else found
        if is_of_rows and not (isinstance(parts, tuple) and parts and all(isinstance(one, Terms) for one in parts)):
            raise PluginError(f'the loss "{name}" returns {type(found).__name__}; expected apps_rec.losses.Terms')
        for tensor in [tensor for one in parts for tensor in (one if is_of_rows else (one,))]:
            shape = getattr(tensor, "shape", None)
            # A batch of one row stands for many where its size is not known: a number too many.
            if shape is None or shape.rank != 1 or not (is_of_rows or shape.is_compatible_with(args[0].shape[:1])):
                what = "values and weights of one shape (terms,)" if is_of_rows else "one value a row, (batch,)"
                got = type(tensor).__name__ if shape is None else f"the shape {shape}"
                raise PluginError(f'the loss "{name}" returns {got}; expected {what}: the model takes the mean')
        return found

    return call
