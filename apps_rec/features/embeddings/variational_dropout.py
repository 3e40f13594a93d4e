"""Dropout of whole features whose probabilities are learned: what a model can do without is dropped more and more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import tensorflow as tf

from apps_rec.features.embeddings.embedded import EmbeddedFeatures
from apps_rec.features.specs import WITHOUT_TABLE, FeatureSpec
from apps_rec.layers import arguments
from apps_rec.layers.dropout import own_seed
from apps_rec.legacy_keras import keras

_TEMPERATURE = 0.1


class VariationalDropout(keras.layers.Layer):
    """Multiplies each feature by a random share between 0 and 1, nearly always close to one of them.

    Feature f is dropped with probability p_f = sigmoid(logit_p_f), which is learned with all else. In training each row
    draws u uniformly from (0, 1) for each feature and keeps the share 1 - sigmoid((logit(p_f) + logit(u)) / 0.1), a
    Bernoulli variable made smooth; otherwise the share is 1 - p_f for all rows. The penalty, lambda / rows x
    sum (1 - p_f), draws every p_f up, so that at the end those are low whose feature lowers the loss: they rank the
    features. Every p_f begins at 1/2.

    Args:
        widths: number of numbers of each feature, first-order weight included, by its name.
        by_element: whether each of these numbers has a probability of its own, rather than the feature.
        regularization: lambda, 0 or more.

    Input shape: `(batch, ...)`, of which the batch alone is read.
    Output shape: shares, `(batch, probabilities)` in training, else `(1, probabilities)`.

    References: Chang, Rampasek, Goldenberg 2017, Dropout Feature Ranking for Deep Learning Models, equations 4 to 7.
    """

    def __init__(
        self,
        widths: Mapping[str, int],
        by_element: bool = False,
        regularization: float = 0.01,
        name: str = "variational_dropout",
    ) -> None:
        super().__init__(name=name)
        self.widths, self.by_element = dict(widths), by_element
        self.regularization = arguments.non_negative(name, "regularization", regularization)
        # Columns of the shares by feature: one, or one for each of its numbers.
        self.places: dict[str, range] = {}
        start = 0
        for feature, width in self.widths.items():
            self.places[feature] = range(start, start + (width if by_element else 1))
            start = self.places[feature].stop
        self._count = start

    def build(self, input_shape: tf.TensorShape) -> None:
        """Makes `logit_p`, `(probabilities,)`."""
        self.logit_p = self.add_weight(name="logit_p", shape=(self._count,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the shares; `seed` is an int tensor of shape [2], wanted in training."""
        logits = tf.convert_to_tensor(self.logit_p)
        if not training:
            return tf.sigmoid(-logits)[tf.newaxis]
        if seed is None:
            raise ValueError(f"{self.name}: a call in training needs `seed`, an int tensor of shape [2]")
        uniform = tf.random.stateless_uniform(
            [tf.shape(inputs)[0], self._count], own_seed(self.name, seed), minval=2.0**-24, maxval=1.0, alg="philox"
        )
        noise = tf.math.log(uniform) - tf.math.log1p(-uniform)
        return tf.sigmoid(-(logits + noise) / _TEMPERATURE)

    def dropped(self, embedded: EmbeddedFeatures, training: bool, seed: tf.Tensor | None) -> EmbeddedFeatures:
        """Returns embedded features, each multiplied by its share; others than those of `widths` stay."""
        like = embedded.blocks[0].vectors if embedded.blocks else next(iter(embedded.numbers.values()), None)
        return embedded if like is None else scaled(embedded, self(like, training=training, seed=seed), self.places)

    def penalty(self, rows: tf.Tensor) -> tf.Tensor:
        """Returns lambda / rows x sum (1 - p).

        Args:
            rows: number of rows of the batch, over all replicas.
        """
        return (
            self.regularization
            / tf.maximum(tf.cast(rows, tf.float32), 1.0)
            * tf.reduce_sum(tf.sigmoid(-tf.convert_to_tensor(self.logit_p)))
        )

    def probabilities(self) -> dict[str, list[float]]:
        """Returns the probabilities with which each feature, or each of its numbers, is dropped."""
        found = tf.sigmoid(self.logit_p).numpy()
        return {name: [float(found[i]) for i in place] for name, place in self.places.items()}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            "widths": self.widths,
            "by_element": self.by_element,
            "regularization": self.regularization,
            "name": self.name,
        }


def widths_of(specs: Sequence[FeatureSpec], first_order: Collection[str], wide_dim: int = 1) -> dict[str, int]:
    """Returns the number of numbers of each feature, first-order weight included; positions are left out.

    Args:
        specs: features.
        first_order: names of the features with a first-order weight. Others that share their table have it too.
        wide_dim: length of a first-order weight.
    """
    tables = {spec.table for spec in specs if spec.name in first_order and not isinstance(spec, WITHOUT_TABLE)}
    widths = {}
    for spec in specs:
        if isinstance(spec, WITHOUT_TABLE):
            width, is_wide = spec.dim or spec.size, spec.name in first_order
        else:
            width, is_wide = spec.dim, spec.table in tables
        if not spec.is_position:
            widths[spec.name] = width + wide_dim * is_wide
    return widths


def scaled(embedded: EmbeddedFeatures, shares: tf.Tensor, places: Mapping[str, range]) -> EmbeddedFeatures:
    """Returns embedded features, each multiplied by its shares.

    Args:
        embedded: features; those that have no place stay as they are.
        shares: shares, `(batch or 1, shares)`.
        places: columns of `shares` by feature: one for all of the feature, or one for each of its numbers, the
            first-order weight last.
    """
    # A feature without a place takes the last column.
    ones = shares.shape[1]
    shares = tf.concat([shares, tf.ones_like(shares[:, :1])], axis=1)

    def of(names: Sequence[str], start: int, width: int) -> tf.Tensor:
        columns: list[int] = []
        for name in names:
            place = places.get(name, range(ones, ones + 1))
            columns += place[start:][:width] if len(place) > 1 else [place[0]] * width
        return tf.reshape(tf.gather(shares, columns, axis=1), [-1, len(names), width])

    blocks = []
    for block in embedded.blocks:
        dim, first_order = block.vectors.shape[2], block.first_order
        if first_order is not None:
            wide = 1 if first_order.shape.rank == 2 else first_order.shape[2]
            of_weights = of(block.names, -wide, wide)
            first_order = first_order * (of_weights[:, :, 0] if first_order.shape.rank == 2 else of_weights)
        vectors = block.vectors * of(block.names, 0, dim) if dim else block.vectors
        blocks.append(block._replace(vectors=vectors, first_order=first_order))
    numbers = {name: values * of([name], 0, values.shape[1])[:, 0] for name, values in embedded.numbers.items()}
    return EmbeddedFeatures(blocks, numbers, embedded.squares)
