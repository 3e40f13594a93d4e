"""Pooling of a history by what matters for the candidate."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from apps_rec.layers import arguments
from apps_rec.layers.dense import PairDense
from apps_rec.layers.dnn import Dnn, kernel_regularizer
from apps_rec.legacy_keras import keras

TRANSFORMS = ("pad", "linear")


class _PairDnn(Dnn):
    """A DNN over pairs of a query and a key."""

    first_layer = PairDense


class TargetAttention(keras.layers.Layer):
    """Adds up a user's history, each item weighted by a small DNN that compares it with the candidate.

    `weights = softmax over the items of w DNN([q, k, q - k, q * k])`, output `sum weights * k`. A row without items
    gives zeros.

    Departs from the paper in three places. The weights of a row add up to 1; the paper leaves them unnormalised, to
    keep the intensity of an interest. The interaction is difference and product, not an outer product. The activation
    is any of `Dnn`'s, not Dice.

    Args:
        hidden_units: width of each layer of the DNN that compares; empty: the linear layer alone.
        activation: see `Dnn`.
        use_bn: see `Dnn`; padding does not count in its moments.
        dropout: see `Dnn`.
        l2: see `Dnn`; the kernel of the last, linear layer counts too.
        transform: how a query and keys of unequal length are compared. "linear": by a linear layer for each of them,
            whose outputs are as long as a key; keys are added up behind it. "pad": a shorter query with zeros behind
            it, a longer one as with "linear". None: they must be of one length.
        with_query: whether the query is joined behind what is added up; with "linear", what the layer makes of it.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: query `(batch, query_dim)`, keys `(batch, length, dim)`, mask `(batch, length)` bool, false for
        padding; others `(batch, length, other_dim)` each, 0 for padding. One row of a query stands for all rows of
        keys, and one row of keys, mask and others for all rows of queries.
    Output shape: `(batch, dim)`; each of `others`, added up with the same weights, joined behind it, and the query.

    Raises:
        ValueError: an argument out of range, or query and keys of unequal dimension without a transform.

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
        transform: str | None = None,
        with_query: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if transform is not None:
            arguments.choice(self.name, "transform", transform, TRANSFORMS)
        self._transform, self._with_query = transform, bool(with_query)
        self._given = {
            "hidden_units": list(hidden_units),
            "activation": activation,
            "use_bn": use_bn,
            "dropout": dropout if isinstance(dropout, float | int) else list(dropout),
            "l2": l2,
        }
        self._l2 = arguments.non_negative(self.name, "l2", l2)
        policy, last = self.dtype_policy, keras.layers.Dense if hidden_units else PairDense
        self._dnn = None
        if hidden_units:
            self._dnn = _PairDnn(hidden_units, activation, use_bn, dropout, l2, name=f"{self.name}/dnn", dtype=policy)
        # No bias: a softmax takes it off again.
        self._logit = last(
            1, use_bias=False, kernel_regularizer=kernel_regularizer(l2), name="logit", dtype=self.variable_dtype
        )
        self._linear: list[keras.layers.Layer] = []

    def weights_of(
        self,
        query: tf.Tensor,
        keys: tf.Tensor,
        mask: tf.Tensor,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the weight of every item, `(batch, length)`; a row sums to 1, or to 0 where it has no items."""
        pairs = (query, keys)
        hidden = pairs if self._dnn is None else self._dnn(pairs, training=training, seed=seed, counted=mask)
        logits = tf.squeeze(self._logit(hidden), axis=-1)  # [B, L]
        weights = tf.nn.softmax(tf.where(mask, logits, logits.dtype.min))
        # The softmax of a row without items is even: make it 0. Other rows stay as they are.
        return weights * tf.cast(mask, weights.dtype)

    def call(
        self,
        query: tf.Tensor,
        keys: tf.Tensor,
        mask: tf.Tensor,
        others: Sequence[tf.Tensor] = (),
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the weighted sums of `keys` and `others`, and the query where it is asked for."""
        query, keys, *others = (tf.cast(tensor, self.compute_dtype) for tensor in (query, keys, *others))
        arguments.static_rank(self.name, "query", query, "batch, dim")
        arguments.static_rank(self.name, "keys", keys, "batch, length, dim")
        joined = query
        if query.shape[-1] != keys.shape[-1]:
            query, keys = self._transformed(query, keys)
            joined = query if self._linear else joined
        weights = tf.cast(self.weights_of(query, keys, tf.cast(mask, tf.bool), training, seed), self.compute_dtype)
        parts = [_weighted_sum(weights, items) for items in (keys, *others)]
        if self._with_query:
            if joined.shape[0] == 1:
                joined = tf.repeat(joined, tf.shape(weights)[0], axis=0)
            parts.append(joined)
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def _transformed(self, query: tf.Tensor, keys: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns query and keys of one length."""
        lacking = keys.shape[-1] - query.shape[-1]
        if self._transform is None:
            raise ValueError(
                f"{self.name}: query and keys must have one dimension, got {query.shape[-1]} and {keys.shape[-1]}."
            )
        if self._transform == "pad" and lacking > 0:
            return tf.pad(query, [[0, 0], [0, lacking]]), keys
        if not self._linear:
            self._linear = [
                keras.layers.Dense(
                    keys.shape[-1],
                    kernel_regularizer=kernel_regularizer(self._l2),
                    name=f"transform_{of}",
                    dtype=self.dtype_policy,
                )
                for of in ("query", "keys")
            ]
        return self._linear[0](query), self._linear[1](keys)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        own = {"transform": self._transform, "with_query": self._with_query}
        return {**super().get_config(), **self._given, **own}


class AttentionPooling(keras.layers.Layer):
    """Adds up the items of a list, each weighted by a linear layer that scores it.

    `weights = softmax over the items of w k`, output `sum weights * k`. A row without items gives zeros.

    Args:
        l2: weight of half the sum of squares of w, 0 or more; added to the layer's losses.
        **kwargs: `name` and `dtype` of a Keras layer.

    Input shape: items `(batch, length, dim)`, mask `(batch, length)` bool, false for padding.
    Output shape: `(batch, dim)`.

    Example:
        >>> pooling = AttentionPooling(name="history/attention")
        >>> pooling(tf.ones([2, 3, 4]), tf.constant([[True, True, False]] * 2)).shape
        TensorShape([2, 4])
    """

    def __init__(self, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.l2 = arguments.non_negative(self.name, "l2", l2)
        regularizer = kernel_regularizer(l2)
        self._score = keras.layers.Dense(1, use_bias=False, kernel_regularizer=regularizer, name="score")

    def call(self, items: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Returns the weighted sum of the items."""
        arguments.static_rank(self.name, "items", items, "batch, length, dim")
        scores = tf.squeeze(self._score(items), axis=-1)  # [B, L]
        weights = tf.nn.softmax(tf.where(mask, scores, scores.dtype.min)) * tf.cast(mask, scores.dtype)
        return _weighted_sum(weights, items)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "l2": self.l2}


def _weighted_sum(weights: tf.Tensor, items: tf.Tensor) -> tf.Tensor:
    """Returns the sum over items, `(batch, dim)`; one row of items stands for all rows of weights."""
    if items.shape[0] == 1 and weights.shape[0] != 1:
        return tf.matmul(weights, items[0])
    # Not by einsum, whose gradient takes twice as long.
    return tf.matmul(weights[:, tf.newaxis], items)[:, 0]
