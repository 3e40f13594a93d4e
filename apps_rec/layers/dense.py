"""Keras' dense layer, quicker in a request."""

import tensorflow as tf

from apps_rec.legacy_keras import keras


class Dense(keras.layers.Dense):
    """Computes `x W + b`, outside training by two operations that TensorFlow does not fuse.

    TensorFlow fuses a product and a bias into one operation. On a CPU, for the few hundred rows of a request, the fused
    operation takes a fifth longer than the two.

    Args:
        units: length of the output.
        **kwargs: arguments of keras.layers.Dense.

    Input shape: `(batch, ..., input_dim)`.
    Output shape: `(batch, ..., units)`.

    Example:
        >>> Dense(4)(tf.ones([2, 3])).shape
        TensorShape([2, 4])
    """

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns the output."""
        if training or inputs.shape.rank != 2 or not self.use_bias:
            return super().call(inputs)
        products = tf.matmul(tf.cast(inputs, self.compute_dtype), self.kernel)
        if isinstance(products, tf.Tensor):
            # One more axis between the two keeps them apart.
            return self.activation(tf.nn.bias_add(products[tf.newaxis], self.bias)[0])
        return self.activation(tf.nn.bias_add(products, self.bias))  # of columns of a request, see layers/request
