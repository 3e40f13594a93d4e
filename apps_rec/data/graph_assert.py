"""Assertions inside a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def expect(condition: tf.Tensor, words: Sequence[Any]) -> tf.Operation | None:
    """What has to run before values are used, and stops the graph with these words where the condition does not hold.

    In a graph tf.Assert puts a branch around itself, and a graph with branches runs on the slower of TensorFlow's
    executors: a small request would pay for it.

    Args:
        condition: a bool.
        words: texts and tensors that the error shows, "assertion failed: [...".
    """
    if tf.executing_eagerly():
        return tf.Assert(condition, list(words))
    return tf.raw_ops.Assert(condition=condition, data=[tf.convert_to_tensor(word) for word in words])
