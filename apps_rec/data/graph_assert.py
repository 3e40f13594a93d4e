"""Assertions inside a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def expect(condition: tf.Tensor, words: Sequence[Any]) -> tf.Operation | None:
    """Returns an operation that stops the graph with these words if the condition does not hold.

    It has to run before the checked values are used. tf.Assert would put a branch around itself, and a graph with
    branches runs on the slower of TensorFlow's executors. A small request would pay for that.

    Args:
        condition: scalar bool.
        words: texts and tensors that the error shows: "assertion failed: [...".
    """
    if tf.executing_eagerly():
        return tf.Assert(condition, list(words))
    return tf.raw_ops.Assert(condition=condition, data=[tf.convert_to_tensor(word) for word in words])
