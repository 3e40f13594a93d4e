"""A vector of a task that takes over from the task before it."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dense import Dense
from apps_rec.layers.dnn import kernel_regularizer
from apps_rec.legacy_keras import keras


class AdaptiveTransfer(keras.layers.Layer):
    """Mixes a task's own vector q with the vector p that the task before it hands on.

    `z = sum_u w_u h_1(u)` over u in (p, q), with `w = softmax(<h_2(u), h_3(u)> / sqrt(k))` over both and linear layers
    h_1, h_2 and h_3 with k units, the length of either vector. All is computed in the precision of the weights.

    Args:
        l2: weight of half the sum of squares of every kernel, 0 or more; added to the layer's losses.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: a list of p and q, `(batch, k)` each.
    Output shape: `(batch, k)`.

    Raises:
        ValueError: an argument out of range, or vectors of two lengths.

    Example:
        >>> AdaptiveTransfer(name="cvr")([tf.ones([5, 3]), tf.ones([5, 3])]).shape
        TensorShape([5, 3])

    References: Xi, Chen, Yan, Zhang, Zhu, Zhuang, Chen 2021, Modeling the Sequential Dependence among Audience
    Multi-step Conversions with Multi-task Learning in Targeted Display Advertising, equations 3 to 5.
    """

    def __init__(self, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.l2 = arguments.non_negative(self.name, "l2", l2)

    def build(self, input_shape: Sequence[tf.TensorShape]) -> None:
        """Makes the three linear layers."""
        lengths = [tf.TensorShape(shape)[-1] for shape in input_shape]
        if len(lengths) != 2 or lengths[0] != lengths[1]:
            raise ValueError(f"{self.name}: expected two vectors of one length, got lengths {lengths}.")
        self._value, self._key, self._query = (
            Dense(lengths[0], kernel_regularizer=kernel_regularizer(self.l2), name=name, dtype=self.variable_dtype)
            for name in ("value", "key", "query")
        )
        super().build(input_shape)

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the mixture. `training` and `seed` change no value: it has no dropout."""
        vectors = [tf.cast(vector, self.variable_dtype) for vector in inputs]
        root = math.sqrt(vectors[0].shape[-1])
        values = [self._value(vector, training=training) for vector in vectors]
        scores = [
            tf.reduce_sum(self._key(vector, training=training) * self._query(vector, training=training), 1) / root
            for vector in vectors
        ]
        # A softmax over two.
        share = tf.sigmoid(scores[0] - scores[1])[:, tf.newaxis]
        return share * values[0] + (1 - share) * values[1]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "l2": self.l2}
