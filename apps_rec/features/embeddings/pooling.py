"""Pooling of lists: the items of a list, and the one vector that becomes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import tensorflow as tf

from apps_rec.features.specs import AnyListFeature, SelfAttentionSpec
from apps_rec.layers.attention import AttentionPooling, TargetAttention
from apps_rec.layers.pooling import masked_pool
from apps_rec.legacy_keras import keras
from apps_rec.names import scope_name


class Items(NamedTuple):
    """Padded items of a list.

    Attributes:
        rows: embeddings with their first-order weights behind, `(batch, length, columns)`; None where there are none.
        weights: weights of the items, `(batch, length)`; 0 for padding.
        is_there: false for padding, `(batch, length)`.
        numbers: numbers that are read without an embedding, `(batch, length, size)`, or None.
    """

    rows: tf.Tensor | None
    weights: tf.Tensor
    is_there: tf.Tensor
    numbers: tf.Tensor | None = None

    def vectors(self, dim: int) -> tf.Tensor:
        """Returns what an item says, without its first-order weight: its embedding of length `dim`, or its numbers."""
        if self.numbers is not None:
            return self.numbers
        assert self.rows is not None
        return self.rows if self.rows.shape[2] == dim else self.rows[..., :dim]

    def each(self, count: tf.Tensor) -> Items:
        """Returns the items of the one row that there is for each of `count` rows."""
        return Items(*(None if part is None else tf.repeat(part, count, axis=0) for part in self))

    def of_one_row(self) -> Items:
        """Returns the same items, of which it is known that there is one row."""
        return Items(*(None if part is None else tf.ensure_shape(part, [1, *part.shape[1:]]) for part in self))


def trimmed(given: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns ids or numbers of a list, and weights, without the items that no row of the batch has.

    Args:
        given: ids padded with -1, `(batch, length, ...)`, or numbers.
        weights: 0 for padding, `(batch, length, ...)`.
    """
    is_there = given >= 0 if given.dtype.is_integer else weights > 0
    if is_there.shape.rank == 3:
        is_there = tf.reduce_any(is_there, axis=2)
    longest = tf.maximum(1, tf.reduce_max(tf.math.count_nonzero(is_there, axis=1, dtype=tf.int32)))
    return given[:, :longest], weights[:, :longest]


def steps_combined(rows: tf.Tensor, weights: tf.Tensor, combiner: str) -> Items:
    """Returns items that are steps of several embeddings each, combined.

    Args:
        rows: embeddings, `(batch, length, values, columns)`.
        weights: 1, and 0 for padding, `(batch, length, values)`.
        combiner: see `masked_pool`.
    """
    batch, length, values, columns = (
        size if size is not None else tf.shape(rows)[i] for i, size in enumerate(rows.shape)
    )
    flat = tf.reshape(rows, [batch * length, values, columns])
    combined = masked_pool(flat, tf.reshape(weights, [batch * length, values]), combiner)
    is_there = tf.reduce_any(weights > 0, axis=2)
    return Items(tf.reshape(combined, [batch, length, columns]), tf.cast(is_there, rows.dtype), is_there)


def pooling_layers(lists: Iterable[AnyListFeature], l2: float) -> dict[str, keras.layers.Layer]:
    """Makes the attention of each list that has one, by the list's name.

    Args:
        lists: features.
        l2: weight of half the squared kernels of layers that score items by themselves.
    """
    layers: dict[str, keras.layers.Layer] = {}
    for spec in lists:
        name = f"{scope_name(spec.name)}_attention"
        if isinstance(spec.attention, SelfAttentionSpec):
            layers[spec.name] = AttentionPooling(l2, name=name)
        elif spec.attention is not None:
            layers[spec.name] = TargetAttention(
                hidden_units=spec.attention.hidden_units,
                activation=spec.attention.activation,
                use_bn=spec.attention.use_bn,
                dropout=spec.attention.dropout or 0.0,
                name=name,
            )
    return layers


def key_of(spec: AnyListFeature) -> str | None:
    """Returns the feature that the attention of a list compares its items with; None: it compares them with none."""
    return None if spec.attention is None or isinstance(spec.attention, SelfAttentionSpec) else spec.attention.key


def pool(
    spec: AnyListFeature,
    layer: keras.layers.Layer | None,
    query: tf.Tensor | None,
    items: Items,
    training: bool = False,
    seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor | None, tf.Tensor | None]:
    """Returns a list as one vector: its embedding with the first-order weight behind, and its numbers.

    Args:
        spec: the list.
        layer: its attention, or None.
        query: embedding that the attention compares with, `(batch, dim)`, or None.
        items: items of the list; of one row where all rows of the query share them.
        training: see `Dnn`.
        seed: see `Dnn`.
    """

    def weighed(vectors: tf.Tensor) -> tf.Tensor:
        if layer is None:
            return masked_pool(vectors, items.weights, spec.combiner)
        if query is None:
            return layer(vectors, items.is_there)
        return layer(query, vectors, items.is_there, training=training, seed=seed)

    numbers = None if items.numbers is None else weighed(items.numbers)
    if items.rows is None:
        return None, numbers
    if layer is None or not spec.dim:
        return masked_pool(items.rows, items.weights, spec.combiner), numbers
    pooled = weighed(items.vectors(spec.dim))
    if items.rows.shape[2] > spec.dim:
        first_order = masked_pool(items.rows[..., spec.dim :], items.weights, "mean")
        if query is not None and items.rows.shape[0] == 1:
            first_order = tf.repeat(first_order, tf.shape(pooled)[0], axis=0)
        pooled = tf.concat([pooled, first_order], axis=1)
    return pooled, numbers
