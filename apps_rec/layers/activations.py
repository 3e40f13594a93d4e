"""Activations of dense layers: functions, and two with weights of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from apps_rec.layers.batch_norm import GlobalBatchNorm
from apps_rec.layers.request import each_row
from apps_rec.legacy_keras import keras

ACTIVATIONS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "relu": tf.nn.relu,
    "gelu": tf.nn.gelu,
    "elu": tf.nn.elu,
    "selu": tf.nn.selu,
    "silu": tf.nn.silu,
    "swish": tf.nn.silu,
    "tanh": tf.nn.tanh,
    "sigmoid": tf.nn.sigmoid,
    "leaky_relu": tf.nn.leaky_relu,
    "softplus": tf.nn.softplus,
    "linear": tf.identity,
}


class Dice(keras.layers.Layer):
    """Data adaptive activation: `y = p x + (1 - p) alpha x`, where `p = sigmoid((x - mean) / sqrt(variance + 1e-6))`.

    Mean and variance are those of each unit over the rows of all replicas in training, and moving averages elsewhere,
    as in batch norm. Departs from the paper in the constant, 1e-8 there: float32 knows a variance no better.

    Args:
        **kwargs: `name` and `dtype` of a Keras layer.

    Weights: `alpha`, `(units,)`, 0 at the beginning; the moving averages.
    Input shape: `(batch, ..., units)`.
    Output shape: the same.

    Example:
        >>> Dice()(tf.constant([[0.0], [8.0]])).numpy().round(3)  # alpha is 0, mean 0 and variance 1
        array([[0.   ],
               [7.997]], dtype=float32)

    References: Zhou et al. 2018, Deep Interest Network for Click-Through Rate Prediction (arXiv 1706.06978),
        equation 3.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._normalize = GlobalBatchNorm(
            center=False, scale=False, epsilon=1e-6, name="moments", dtype=self.dtype_policy
        )

    def build(self, input_shape: tf.TensorShape) -> None:
        """Makes the weights."""
        self.alpha = self.add_weight(name="alpha", shape=input_shape[-1:], initializer="zeros")
        super().build(input_shape)

    def call(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
        counted: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the outputs.

        Args:
            inputs: `(batch, ..., units)`.
            training: whether moments are those of the rows, and move the averages.
            seed: an argument of every layer; it changes nothing.
            counted: bool, the shape of `inputs` without its last axis: what counts in the moments. None: everything.
        """

        def activate(x: tf.Tensor) -> tf.Tensor:
            p = tf.sigmoid(self._normalize(x, training=training, mask=counted))
            return x * (p + (1.0 - p) * self.alpha)

        return each_row(activate, inputs)


class Prelu(keras.layers.Layer):
    """Parametric rectifier: `y = max(x, 0) + alpha min(x, 0)`, with an alpha for each unit.

    Args:
        **kwargs: `name` and `dtype` of a Keras layer.

    Weights: `alpha`, `(units,)`, 1/4 at the beginning.
    Input shape: `(batch, ..., units)`.
    Output shape: the same.

    Example:
        >>> Prelu()(tf.constant([[-2.0, 3.0]])).numpy()
        array([[-0.5,  3. ]], dtype=float32)

    References: He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers (arXiv 1502.01852), equation 1.
    """

    def build(self, input_shape: tf.TensorShape) -> None:
        """Makes the weight."""
        self.alpha = self.add_weight(
            name="alpha", shape=input_shape[-1:], initializer=keras.initializers.Constant(0.25)
        )
        super().build(input_shape)

    def call(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
        counted: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the outputs. All other arguments change nothing."""
        return each_row(lambda x: tf.nn.relu(x) - self.alpha * tf.nn.relu(-x), inputs)


# Activations with weights, by name.
TRAINED_ACTIVATIONS: dict[str, Callable[..., keras.layers.Layer]] = {"dice": Dice, "prelu": Prelu}
ACTIVATION_NAMES = [*ACTIVATIONS, *TRAINED_ACTIVATIONS]
