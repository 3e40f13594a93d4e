"""Factorization machine."""

from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dense import Dense
from apps_rec.layers.dnn import kernel_regularizer
from apps_rec.legacy_keras import keras

OUTPUTS = ("logit", "joined")


class Fm(keras.layers.Layer):
    """Adds first-order weights and all pairwise inner products: `sum_i w_i + sum_{i<j} <v_i, v_j>`.

    The products are computed in linear time, `0.5 ((sum_i v_i)^2 - sum_i v_i^2)`, one number for each embedding
    dimension. The layer owns no weights: w and v come from the tables of the embedder, where a raw value is already
    multiplied by its learned vector. The paper's global bias is left to the tower. All is computed in the precision
    of the weights, since half precision is too coarse for the difference of squares.

    For several logits, first-order weights are vectors with a number for each, and a linear layer without a bias makes
    as many of the pairwise vector.

    Args:
        output: "logit" for the sum of everything; "joined" for the first-order sum followed by the pairwise vector, the
            input of a DNN (DeepFM with a final DNN).
        num_logits: numbers that "logit" returns, 1 or more.
        l2: weight of half the sum of squares of the kernel that several logits have, 0 or more.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: a pair, embeddings `(batch, num_fields, embedding_dim)` and linear `(batch, num_linear_fields)`. For
        "joined", linear may be `(batch, num_linear_fields, wide_dim)`: first-order weights that are vectors, as they
        are for several logits, of length num_logits. Embeddings may be None: the first-order part alone.
    Output shape: `(batch, num_logits)` for "logit", `(batch, wide_dim + embedding_dim)` for "joined".

    Raises:
        ValueError: an unknown `output`, or inputs of another rank.

    Example:
        >>> embeddings = tf.constant([[[1.0, 2.0], [3.0, 4.0]]])
        >>> Fm()((embeddings, tf.constant([[0.5, 0.25]]))).numpy()  # 0.75 + 1*3 + 2*4
        array([[11.75]], dtype=float32)

    References: Rendle 2010, Factorization Machines, Lemma 3.1. Guo et al. 2017, DeepFM (arXiv 1703.04247).
    """

    def __init__(self, output: str = "logit", num_logits: int = 1, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.output_kind = arguments.choice(self.name, "output", output, OUTPUTS)
        self.num_logits = arguments.positive_int(self.name, "num_logits", num_logits)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        self._has_vectors = self.output_kind == "joined" or self.num_logits > 1
        self._logits = None
        if self.num_logits > 1:
            self._logits = Dense(
                self.num_logits,
                use_bias=False,
                kernel_regularizer=kernel_regularizer(self.l2),
                name="logits",
                dtype=self.variable_dtype,
            )

    def call(
        self, inputs: tuple[tf.Tensor | None, tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the logit or the joined vector. `training` and `seed` change nothing."""
        linear = tf.cast(inputs[1], self.variable_dtype)
        if self._has_vectors and linear.shape.rank == 3:
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
        if self._logits is not None:
            return first_order + self._logits(pairwise)
        return first_order + tf.reduce_sum(pairwise, axis=1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "output": self.output_kind, "num_logits": self.num_logits, "l2": self.l2}
