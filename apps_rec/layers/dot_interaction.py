"""Inner products of pairs of vectors."""

from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.legacy_keras import keras


class DotInteraction(keras.layers.Layer):
    """Computes the inner products `<v_i, v_j>` of all pairs `i < j`, in the order of i and then j.

    Args:
        itself: whether the products `<v_i, v_i>` are among them.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: `(batch, vectors, length)`.
    Output shape: `(batch, vectors (vectors - 1) / 2)`, or `(batch, vectors (vectors + 1) / 2)` with `itself`.

    Raises:
        ValueError: an input of another rank.

    Example:
        >>> vectors = tf.constant([[[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]])
        >>> DotInteraction()(vectors).numpy()
        array([[11.,  2.,  4.]], dtype=float32)

    References: Naumov et al. 2019, Deep Learning Recommendation Model for Personalization and Recommendation Systems
        (arXiv 1906.00091), section 2.1.3.
    """

    def __init__(self, itself: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.itself = itself

    def call(self, vectors: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the products. `training` and `seed` change nothing."""
        arguments.static_rank(self.name, "vectors", vectors, "batch, vectors, length")
        count = vectors.shape[1]
        places = [i * count + j for i in range(count) for j in range(i if self.itself else i + 1, count)]
        products = tf.matmul(vectors, vectors, transpose_b=True)  # [B, N, N]
        return tf.gather(tf.reshape(products, [-1, count * count]), tf.constant(places, tf.int32), axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "itself": self.itself}
