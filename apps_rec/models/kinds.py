"""Kinds of tasks: what the logits of each become. apps_rec/config/tasks/kinds.py names the outputs, as here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from apps_rec.losses import log_expected_value

Outputs = dict[str, tf.Tensor]


@dataclass(frozen=True)
class Kind:
    """A kind of task.

    Attributes:
        outputs: function of the task's name, its logits and its options to the outputs by name. Logits are `(batch,)`,
            or `(batch, logits)` where a row has several.
        logits: number of logits of a row; 0: as many as the task has classes.
        score: beginning and end of the output that rows are ranked by, around the task's name.
    """

    outputs: Callable[[str, tf.Tensor, Mapping[str, Any]], Outputs]
    logits: int = 1
    score: tuple[str, str] = ("probs_", "")


def _probability(name: str, logits: tf.Tensor, options: Mapping[str, Any]) -> Outputs:
    return {f"probs_{name}": tf.sigmoid(logits), f"logits_{name}": logits}


def _classes(name: str, logits: tf.Tensor, options: Mapping[str, Any]) -> Outputs:
    probs = tf.nn.softmax(logits)
    return {
        f"probs_{name}": probs,
        f"logits_{name}": logits,
        f"probs_{name}_1": probs[:, 1],
        f"probs_{name}_y": tf.reduce_max(probs, axis=1),
        # A float, as every output is: one of each row's numbers.
        f"y_{name}": tf.cast(tf.argmax(logits, axis=1), logits.dtype),
    }


def _two_logits(name: str, logits: tf.Tensor, options: Mapping[str, Any]) -> Outputs:
    return {
        f"probs_{name}": tf.sigmoid(logits[:, 1] - logits[:, 0]),
        f"logits_{name}": logits,
        f"pos_logits_{name}": logits[:, 1],
    }


def _value(name: str, logits: tf.Tensor, options: Mapping[str, Any]) -> Outputs:
    return {f"y_{name}": logits}


def _share(name: str, logits: tf.Tensor, options: Mapping[str, Any]) -> Outputs:
    return {f"y_{name}": tf.sigmoid(logits)}


def _amount(name: str, logits: tf.Tensor, options: Mapping[str, Any]) -> Outputs:
    log_value = log_expected_value(logits, options.get("max_sigma", 5.0), options.get("max_log_clip_value", 20.0))
    return {
        f"probs_{name}": tf.sigmoid(logits[:, 0]),
        f"y_{name}": log_value if options.get("return_log_pred_value", False) else tf.exp(log_value),
        f"logits_{name}": logits,
    }


PROBABILITY, CLASSES, TWO_LOGITS = "probability", "classes", "two_logits"
VALUE, SHARE, AMOUNT = "value", "share", "amount"
KINDS = {
    PROBABILITY: Kind(_probability),
    CLASSES: Kind(_classes, 0, ("probs_", "_1")),
    TWO_LOGITS: Kind(_two_logits, 2),
    VALUE: Kind(_value, 1, ("y_", "")),
    SHARE: Kind(_share, 1, ("y_", "")),
    AMOUNT: Kind(_amount, 3, ("y_", "")),
}
