"""Factorization machine."""

from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.legacy_keras import keras

OUTPUTS = ("logit", "joined")


class Fm(keras.layers.Layer):
    """Adds first-order weights and all pairwise inner products: `sum_i w_i + sum_{i<j} <v_i, v_j>`.

    The products are computed in linear time, `0.5 ((sum_i v_i)^2 - sum_i v_i^2)`, one number for each embedding
    dimension. The layer owns no weights: w and v come from the tables of the embedder, where a raw value is already
    multiplied by its learned vector. The paper's global bias is left to the tower. All is computed in the precision
    of the weights, since half precision is too coarse for the difference of squares.

    Args:
        output: "logit" for the sum of everything; "joined" for the first-order sum followed by the pairwise vector, the
            input of a DNN (DeepFM with a final DNN).
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: a pair, embeddings `(batch, num_fields, embedding_dim)` and linear `(batch, num_linear_fields)`. For
        "joined", linear may be `(batch, num_linear_fields, wide_dim)`: first-order weights that are vectors. Embeddings
        may be None: the first-order part alone.
    Output shape: `(batch, 1)` for "logit", `(batch, wide_dim + embedding_dim)` for "joined".

    Raises:
        ValueError: an unknown `output`, or inputs of another rank.

    Example:
        >>> embeddings = tf.constant([[[1.0, 2.0], [3.0, 4.0]]])
        >>> Fm()((embeddings, tf.constant([[0.5, 0.25]]))).numpy()  # 0.75 + 1*3 + 2*4
        array([[11.75]], dtype=float32)

    References: Rendle 2010, Factorization Machines, Lemma 3.1. Guo et al. 2017, DeepFM (arXiv 1703.04247).
    """

    def __init__(self, output: str = "logit", **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.output_kind = arguments.choice(self.name, "output", output, OUTPUTS)

    def call(
        self, inputs: tuple[tf.Tensor | None, tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the logit or the joined vector. `training` and `seed` change nothing."""
        linear = tf.cast(inputs[1], self.variable_dtype)
        if self.output_kind == "joined" and linear.shape.rank == 3:
            first_order = tf.reduce_sum(linear, axis=1)  # [B, W]
        else:
            arguments.static_rank(self.name, "linear", linear, "batch, num_linear_fields")
            first_order = tf.reduce_sum(linear, axis=1, keepdims=True)  # [B, 1]
        if inputs[0] is None:  # in Wide & Deep
            return first_order
        embeddings = tf.cast(inputs[0], self.variable_dtype)
        arguments.static_rank(self.name, "embeddings", embeddings, "batch, num_fields, embedding_dim")
        square_of_sum = tf.square(tf.reduce_sum(embeddings, axis=1))
        sum_of_squares = tf.reduce_sum(tf.square(embeddings), axis=1)
        pairwise = 0.5 * (square_of_sum - sum_of_squares)  # [B, D]
        if self.output_kind == "joined":
            return tf.concat([first_order, pairwise], axis=1)  # [B, W + D]
        return first_order + tf.reduce_sum(pairwise, axis=1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "output": self.output_kind}
