"""Losses of the later steps of a funnel alone, as they would be over all rows."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence

import tensorflow as tf

from apps_rec.losses import Terms, doubly_robust_losses, inverse_propensity_loss, sigmoid_cross_entropy
from apps_rec.models.specs import CounterfactualSpec, Task

Tensors = Mapping[str, tf.Tensor]
# By name in logs: the weight in the model's sum, and what the loss is the mean of.
FurtherLosses = dict[str, tuple[float, Terms]]


def counterfactual_losses(
    spec: CounterfactualSpec,
    tasks: Sequence[Task],
    logits: Tensors,
    imputed: Tensors,
    labels: Tensors,
    weights: Tensors,
) -> FurtherLosses:
    """Returns the losses of each step but the first. They are means over all rows, by the weights of the step's task.

    Args:
        spec: the estimator and its options.
        tasks: the steps from the first to the last.
        logits: logits by task, `(batch,)`.
        imputed: outputs of the imputation towers by task, `(batch,)`, for a doubly robust estimator. Their softplus is
            what the error is expected to be, since an error is 0 or more.
        labels: labels by column, `(batch,)`.
        weights: weight of each row by task, `(batch,)`.
    """
    found: FurtherLosses = {}
    for at, task in enumerate(tasks[1:], 1):
        before = tasks[:at]
        happened = functools.reduce(operator.mul, (labels[step.label] for step in before))
        log_propensity = tf.add_n([tf.math.log_sigmoid(logits[step.name]) for step in before])
        errors = sigmoid_cross_entropy(labels[task.label], logits[task.name])
        of_rows, least = weights[task.name], spec.min_propensity
        if spec.is_doubly_robust:
            expected = tf.nn.softplus(imputed[task.name])
            loss, of_imputation = doubly_robust_losses(errors, expected, happened, log_propensity, least)
            found[f"loss_dr_{task.name}"] = (spec.weight, Terms(loss, of_rows))
            weight = spec.weight * spec.imputation_weight
            found[f"loss_imputation_{task.name}"] = (weight, Terms(of_imputation, of_rows))
        else:
            loss = inverse_propensity_loss(errors, happened, log_propensity, least)
            found[f"loss_ips_{task.name}"] = (spec.weight, Terms(loss, of_rows))
    return found
