"""Distillation: losses between outputs of the model and soft labels, what another model said of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from apps_rec.losses import Terms, entropy, soft_cross_entropy, softened
from apps_rec.models.heads import Head
from apps_rec.models.specs import DistillationSpec

Tensors = Mapping[str, tf.Tensor]


def _cross_entropy(spec: DistillationSpec, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    return soft_cross_entropy(softened(labels, spec.is_logits, spec.temperature), logits / spec.temperature)


def _divergence(spec: DistillationSpec, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    target = softened(labels, spec.is_logits, spec.temperature)
    return soft_cross_entropy(target, logits / spec.temperature) - entropy(target)


def _squared_error(spec: DistillationSpec, labels: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
    squares = tf.square(labels - output)
    return squares if output.shape.rank == 1 else tf.reduce_mean(squares, axis=-1)


# By their names in protos/loss.proto: a function of soft labels and logits, and of the output itself for the last one.
FORMS: dict[str, Callable[[DistillationSpec, tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "CROSS_ENTROPY_LOSS": _cross_entropy,
    "BINARY_CROSS_ENTROPY_LOSS": _cross_entropy,
    "CLASSIFICATION": _cross_entropy,
    "KL_DIVERGENCE_LOSS": _divergence,
    "L2_LOSS": _squared_error,
}


def distillation_terms(spec: DistillationSpec, head: Head, logits: Tensors, labels: Tensors) -> Terms:
    """Returns what a loss of distillation is the mean of.

    Args:
        spec: the loss.
        head: head of the model, which makes outputs of logits.
        logits: logits by task, `(batch,)` or `(batch, logits)`.
        labels: labels by column, soft ones and those of spaces too, `(batch,)`; a soft one of several classes in one
            column `(batch, classes)`.
    """
    columns = [labels[name] for name in spec.labels]
    soft = columns[0] if len(columns) == 1 else tf.stack(columns, axis=1)  # [B] or [B, C]
    is_known = soft != spec.unobserved
    of_row = is_known if soft.shape.rank == 1 else tf.reduce_all(is_known, axis=1)
    weights = tf.cast(of_row, soft.dtype)
    if spec.space_label is not None:
        weights *= tf.where(labels[spec.space_label] > 0, spec.in_space_weight, spec.out_space_weight)
    # What is not known becomes a number that any loss takes: 0 times what it gives is 0 then.
    soft = tf.where(is_known, soft, 0.5)
    if spec.loss == "L2_LOSS":
        student = head.outputs(logits, is_corrected=False)[spec.output]
    else:
        student = head.logits_of(spec.output, logits)
    return Terms(FORMS[spec.loss](spec, soft, student), weights)
