"""Pooling of a history by what matters for the candidate."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dnn import Dnn, kernel_regularizer
from apps_rec.legacy_keras import keras


class TargetAttention(keras.layers.Layer):
    """Adds up a user's history, each item weighted by a small DNN that compares it with the candidate.

    `weights = softmax over the items of w DNN([q, k, q - k, q * k])`, output `sum weights * k`. A row without items
    gives zeros.

    Departs from the paper in three places. The weights of a row add up to 1; the paper leaves them unnormalised, to
    keep the intensity of an interest. The interaction is difference and product, not an outer product. The activation
    is any of `Dnn`'s, not Dice.

    Args:
        hidden_units: width of each layer of the DNN that compares.
        activation: see `Dnn`.
        use_bn: see `Dnn`; padding does not count in its moments.
        dropout: see `Dnn`.
        l2: see `Dnn`; the kernel of the last, linear layer counts too.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: query `(batch, dim)`, keys `(batch, length, dim)`, mask `(batch, length)` bool, false for padding.
    Output shape: `(batch, dim)`.

    Raises:
        ValueError: an argument out of range, or query and keys of unequal dimension.

    Example:
        >>> attention = TargetAttention([8], name="history/attention")
        >>> attention(tf.ones([2, 4]), tf.ones([2, 3, 4]), tf.constant([[True, True, False]] * 2)).shape
        TensorShape([2, 4])

    References: Zhou et al. 2018, Deep Interest Network for Click-Through Rate Prediction (arXiv 1706.06978),
    section 4.3, equation 3.
    """

    def __init__(
        self,
        hidden_units: Sequence[int] = (32,),
        activation: str = "relu",
        use_bn: bool = False,
        dropout: float | Sequence[float] = 0.0,
        l2: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._dnn = Dnn(hidden_units, activation, use_bn, dropout, l2, name=f"{self.name}/dnn", dtype=self.dtype_policy)
        # No bias: a softmax takes it off again.
        self._logit = keras.layers.Dense(
            1,
            use_bias=False,
            kernel_regularizer=kernel_regularizer(self._dnn.l2),
            name="logit",
            dtype=self.variable_dtype,
        )

    def weights_of(
        self,
        query: tf.Tensor,
        keys: tf.Tensor,
        mask: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the weight of every item, `(batch, length)`; a row sums to 1, or to 0 where it has no items."""
        queries = tf.broadcast_to(query[:, tf.newaxis, :], tf.shape(keys))  # [B, L, D]
        queries.set_shape(keys.shape)
        pairs = tf.concat([queries, keys, queries - keys, queries * keys], axis=-1)  # [B, L, 4D]
        hidden = self._dnn(pairs, training=training, seed=seed, counted=mask)
        logits = tf.squeeze(self._logit(hidden), axis=-1)  # [B, L]
        weights = tf.nn.softmax(tf.where(mask, logits, logits.dtype.min))
        # The softmax of a row without items is even: make it 0. Other rows stay as they are.
        return weights * tf.cast(mask, weights.dtype)

    def call(
        self,
        query: tf.Tensor,
        keys: tf.Tensor,
        mask: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the weighted sum of `keys`."""
        query, keys = tf.cast(query, self.compute_dtype), tf.cast(keys, self.compute_dtype)
        arguments.static_rank(self.name, "query", query, "batch, dim")
        arguments.static_rank(self.name, "keys", keys, "batch, length, dim")
        if query.shape[-1] != keys.shape[-1]:
            raise ValueError(
                f"{self.name}: query and keys must have one dimension, got {query.shape[-1]} and {keys.shape[-1]}."
            )
        weights = self.weights_of(query, keys, tf.cast(mask, tf.bool), training, seed)
        return tf.einsum("bl,bld->bd", tf.cast(weights, self.compute_dtype), keys)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        dnn = self._dnn.get_config()
        shape = {key: dnn[key] for key in ("hidden_units", "activation", "use_bn", "dropout", "l2")}
        return {**super().get_config(), **shape}
