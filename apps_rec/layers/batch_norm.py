"""Batch norm over the rows of all replicas."""

from typing import Any

import tensorflow as tf

from apps_rec.legacy_keras import keras
from apps_rec.replicas import sum_over_replicas


class GlobalBatchNorm(keras.layers.BatchNormalization):
    """Keras' synchronized batch norm, right also where a replica or the whole batch has no rows to count.

    Departs from Keras in two places. A replica without rows updates its moving averages like the others; the last
    batch of an epoch may have fewer rows than there are replicas. Keras leaves its copy unchanged, and the mean over
    replicas is then wrong. Where a mask counts no rows, the moving averages are used and stay; Keras divides 0 by 0
    on one device.

    Args:
        **kwargs: arguments of keras.layers.BatchNormalization; `synchronized` is set.

    Input shape: `(batch, ..., dim)`; the mask, if any, has this shape without the last axis.
    Output shape: the input's.

    Example:
        >>> GlobalBatchNorm()(tf.ones([2, 3]), training=True).numpy().tolist()
        [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]

    References: Ioffe, Szegedy 2015, Batch Normalization, algorithm 1.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "synchronized": True})

    def _support_zero_size_input(self) -> bool:
        # The moments are those of all replicas, so a replica without rows has them too and must not skip its update.
        return False

    def _calculate_mean_and_var(
        self, inputs: tf.Tensor, reduction_axes: list[int], keep_dims: bool, mask: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        if mask is None:
            # Keras' own formula. Keras calls TensorFlow's all_reduce on one device too, which keeps the graph around it
            # until the process ends.
            number = sum_over_replicas(tf.cast(tf.size(inputs) // inputs.shape[-1], inputs.dtype))
            mean, mean_of_squares = (
                tf.math.divide_no_nan(_sum(part, reduction_axes), number) for part in (inputs, tf.square(inputs))
            )
            return mean, tf.maximum(mean_of_squares - tf.square(mean), 0.0)
        x = tf.cast(inputs, self.variable_dtype)
        is_counted = tf.cast(mask, x.dtype)[..., tf.newaxis]
        count = sum_over_replicas(tf.reduce_sum(is_counted))
        divisor = tf.maximum(count, 1.0)
        mean = _sum(x * is_counted, reduction_axes) / divisor
        variance = _sum(tf.square(x - mean) * is_counted, reduction_axes) / divisor
        return tf.where(count > 0, mean, self.moving_mean), tf.where(count > 0, variance, self.moving_variance)


def _sum(x: tf.Tensor, axes: list[int]) -> tf.Tensor:
    """Returns the sum over all axes but the last, and over replicas, `(dim,)`.

    The gradient of a sum that keeps its axes takes two operations, and that of one that does not twenty.
    """
    return sum_over_replicas(tf.reshape(tf.reduce_sum(x, axes, keepdims=True), [x.shape[-1]]))
