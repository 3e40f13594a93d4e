"""Dropout that can be repeated after a restart."""

import functools
import zlib
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.legacy_keras import keras

# TensorFlow's number of the algorithm. It is named, so that a mask does not depend on the kind of device that draws it.
_PHILOX = 1


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
        return inputs * self._mask(inputs, own_seed(self.name, seed))

    def _mask(self, inputs: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Draws for each input 0 or 1 / (share kept)."""
        size = tf.size(inputs)
        # One word more than the bytes need: it draws the threshold.
        words = _random_words(seed, [(size + 7) // 4], tf.uint32)
        first, others = tf.split(words, [1, -1])
        between = tf.cast(first, tf.float64) / 2.0**32  # [0, 1)
        threshold = tf.minimum(tf.floor(256.0 * self.rate + between), 255.0)
        drawn = tf.bitcast(others, tf.uint8)
        of_a_row = inputs.shape[1:].num_elements()
        if of_a_row is None or of_a_row % 4:  # else all bytes are used
            drawn = tf.slice(tf.reshape(drawn, [-1]), [0], [size])
        is_kept = tf.reshape(drawn, tf.shape(inputs)) >= tf.cast(threshold, tf.uint8)
        return tf.cast(is_kept, inputs.dtype) * tf.cast(256.0 / (256.0 - threshold), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}


def own_seed(name: str, seed: tf.Tensor) -> tf.Tensor:
    """Returns the seed of a layer on this replica, made from the step's."""
    own = _fold_in(seed, zlib.crc32(name.encode()))
    replica = tf.distribute.get_replica_context()
    if replica is not None and replica.num_replicas_in_sync > 1:
        own = _fold_in(own, replica.replica_id_in_sync_group)
    return own


def _fold_in(seed: tf.Tensor, data: int | tf.Tensor) -> tf.Tensor:
    """Returns what `tf.random.experimental.stateless_fold_in` does."""
    # int64 holds all 32 bits of a checksum.
    return tf.concat([_random_words(seed, [1], tf.int64), [tf.cast(data, tf.int64)]], axis=0)


def _random_words(seed: tf.Tensor, shape: Sequence[int | tf.Tensor], dtype: tf.DType) -> tf.Tensor:
    """Returns what `tf.random.stateless_uniform` draws from all numbers of a type.

    TensorFlow's own function makes a key and a counter of the seed by forty operations. A step has many dropouts, and
    the time before the first step is that of its operations.
    """
    draw = functools.partial(tf.raw_ops.StatelessRandomUniformFullIntV2, alg=_PHILOX)
    # The key of a random number generator that only scrambles the seed, as in TensorFlow's stateless_random_ops.cc.
    mixed = draw(
        shape=[2],
        key=tf.constant([0x02461E293EC8F720], tf.uint64),
        counter=tf.cast(seed, tf.uint64),
        dtype=tf.uint64,
    )
    key, counter = tf.split(mixed, 2)
    return draw(shape=shape, key=key, counter=tf.pad(counter, [[1, 0]]), dtype=dtype)
