"""Cross network."""

from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.legacy_keras import keras


class Cross(keras.layers.Layer):
    """Layers of crosses with the input: `x_{l+1} = x_0 (x_l . w_l) + b_l + x_l`.

    After L layers the output holds crosses of up to L + 1 features, from 2 L length weights.

    Args:
        num_layers: number of layers, 1 or more.
        **kwargs: `name` and `dtype` of a Keras layer.

    Weights: `kernel` and `bias`, `(num_layers, length)` each. They are not regularised, as in EasyRec.
    Input shape: `(batch, length)`.
    Output shape: the same.

    Raises:
        ValueError: `num_layers` below 1, or an input of another rank.

    Example:
        >>> cross = Cross(1)
        >>> x = tf.constant([[1.0, 2.0]])
        >>> cross.build(x.shape)
        >>> weights = cross.kernel.assign([[0.5, 1.0]]), cross.bias.assign([[0.0, 3.0]])
        >>> cross(x).numpy()  # x . w = 2.5
        array([[ 3.5, 10. ]], dtype=float32)

    References: Wang, Fu, Fu, Wang 2017, Deep & Cross Network for Ad Click Predictions (arXiv 1708.05123), equation 3.
    """

    def __init__(self, num_layers: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(f"{self.name}: num_layers must be 1 or more. Got {num_layers}")
        self.num_layers = num_layers

    def build(self, input_shape: tf.TensorShape) -> None:
        """Makes the weights."""
        shape = (self.num_layers, input_shape[-1])
        # Of a vector that makes one number, as Glorot and Bengio 2010.
        limit = (6.0 / (shape[1] + 1)) ** 0.5
        initializer = keras.initializers.RandomUniform(-limit, limit)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=initializer)
        self.bias = self.add_weight(name="bias", shape=shape, initializer="zeros")
        super().build(input_shape)

    def call(self, x: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the crosses. `training` and `seed` change nothing."""
        first = crossed = tf.convert_to_tensor(x)
        arguments.static_rank(self.name, "x", first, "batch, length")
        for at in range(self.num_layers):
            product = tf.linalg.matvec(crossed, self.kernel[at])[:, tf.newaxis]  # [B, 1]
            crossed = first * product + self.bias[at] + crossed
        return crossed

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_layers": self.num_layers}
