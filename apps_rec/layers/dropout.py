"""Dropout that can be repeated after a restart."""

import zlib
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.legacy_keras import keras

# Named, so that a mask does not depend on the kind of device that draws it.
_ALGORITHM = "philox"


class StatelessDropout(keras.layers.Layer):
    """Zeroes a share `rate` of the inputs in training and divides the rest by the share kept.

    Every input is dropped with probability `rate`. The cost of dropout is its random numbers, so each input gets only
    one byte of them and is dropped below a threshold. In a single step the share is one of the two multiples of 1/256
    around `rate`, drawn so that its mean over steps is exactly `rate`. The rest is divided by the share kept in that
    step.

    The mask is a pure function of `seed`, the layer's `name`, the replica and the shape. Keras' Dropout keeps a
    generator whose state no checkpoint holds, so a resumed run would differ from one that was not stopped. Two layers
    of one name draw the same mask: names must be unique within a model, e.g. "ctr_tower/dropout_0".

    Args:
        rate: share of the inputs to drop, in [0, 1). 0 passes the inputs on.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: any.
    Output shape: the input's.

    Raises:
        ValueError: `rate` outside [0, 1), or a call in training with a rate above 0 and no seed.

    Example:
        >>> dropout = StatelessDropout(0.5, name="tower/dropout_0")
        >>> dropout(tf.ones([1, 4]), training=True, seed=tf.constant([7, 0])).shape
        TensorShape([1, 4])

    References: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = arguments.rate(self.name, "rate", rate)

    def call(self, inputs: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Drops inputs where `training` is true; `seed` is an int tensor of shape [2]."""
        if not training or self.rate == 0:
            return inputs
        if seed is None:
            raise ValueError(
                f"{self.name}: dropout of {self.rate} in training needs `seed`, an int tensor of shape [2] made from "
                "(train_config.seed, step); pass it down from the model's call."
            )
        mask = tf.reshape(self._mask(tf.size(inputs), own_seed(self.name, seed), inputs.dtype), tf.shape(inputs))
        mask.set_shape(inputs.shape)
        return inputs * mask

    def _mask(self, size: tf.Tensor, seed: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Draws `size` numbers, each 0 or 1 / (share kept)."""
        # One word more than the bytes need: it draws the threshold.
        words = tf.random.stateless_uniform(
            [(size + 3) // 4 + 1], seed, minval=None, maxval=None, dtype=tf.int32, alg=_ALGORITHM
        )
        between = tf.cast(tf.bitcast(words[0], tf.uint32), tf.float64) / 2.0**32  # [0, 1)
        threshold = tf.minimum(tf.floor(256.0 * self.rate + between), 255.0)
        is_kept = tf.reshape(tf.bitcast(words[1:], tf.uint8), [-1])[:size] >= tf.cast(threshold, tf.uint8)
        return tf.cast(is_kept, dtype) * tf.cast(256.0 / (256.0 - threshold), dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}


def own_seed(name: str, seed: tf.Tensor) -> tf.Tensor:
    """Returns the seed of a layer on this replica, made from the step's."""
    # int64 holds all 32 bits of the checksum.
    name_hash = tf.constant(zlib.crc32(name.encode()), tf.int64)
    own = tf.random.experimental.stateless_fold_in(seed, name_hash, alg=_ALGORITHM)
    replica = tf.distribute.get_replica_context()
    if replica is not None and replica.num_replicas_in_sync > 1:
        replica_id = tf.cast(replica.replica_id_in_sync_group, tf.int64)
        own = tf.random.experimental.stateless_fold_in(own, replica_id, alg=_ALGORITHM)
    return own
