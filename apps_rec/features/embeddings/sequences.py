"""Lists that are joined item by item and pooled together, by attention against features joined to one key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.features.embeddings.pooling import Items
from apps_rec.features.specs import SequenceSpec
from apps_rec.layers.attention import TargetAttention
from apps_rec.names import scope_name


def sequence_layers(sequences: Iterable[SequenceSpec], l2: float) -> dict[str, TargetAttention]:
    """Makes the attention of each sequence, by the sequence's name."""
    return {
        spec.name: TargetAttention(
            spec.hidden_units,
            spec.activation,
            spec.use_bn,
            spec.dropout or 0.0,
            l2,
            transform=spec.transform,
            with_query=spec.with_key,
            name=f"{scope_name(spec.name)}_sequence_attention",
        )
        for spec in sequences
    }


@dataclass(frozen=True)
class ListItems:
    """The items of lists, by name, with the lengths of their embeddings, and which lists all rows share.

    Attributes:
        items: items of each list.
        dims: length of an embedding of each list; 0: it is read as numbers.
        shared: names of the lists of which there is one row, the same for all.
    """

    items: Mapping[str, Items]
    dims: Mapping[str, int]
    shared: Collection[str] = ()

    def are_shared(self, spec: SequenceSpec) -> bool:
        """Tells whether all rows share all lists of a sequence."""
        return all(name in self.shared for name in (*spec.lists, *spec.auxiliary))

    def squared_length(self, spec: SequenceSpec) -> tf.Tensor:
        """Returns the sum of squares of all that was looked up for the items of a sequence, `(batch,)`."""
        squares = [
            tf.reduce_sum(tf.square(self._vectors(name, has_zeros=True)), axis=[1, 2])
            for name in spec.lists
            if self.dims[name]
        ]
        return tf.add_n(squares) if squares else tf.zeros_like(self.items[spec.lists[0]].weights[:, 0])

    def attended(
        self,
        spec: SequenceSpec,
        layer: TargetAttention,
        key: tf.Tensor,
        rows: tf.Tensor | None = None,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns a sequence as one vector, `(batch, units)`.

        Args:
            spec: the sequence.
            layer: its attention.
            key: joined key, `(batch, dim)`.
            rows: number of rows, for which lists that all rows share are repeated; None: these stand there once.
            training: see `Dnn`.
            seed: see `Dnn`.
        """
        mask = self._each(spec.lists[0], rows).is_there
        first, *others = (self._vectors(name, rows, has_zeros=at > 0) for at, name in enumerate(spec.lists))
        length = first.shape[1] or tf.shape(first)[1]
        joined = tf.concat([first, *(_of_length(vectors, length) for vectors in others)], axis=2) if others else first
        auxiliary = [_of_length(self._vectors(name, rows, has_zeros=True), length) for name in spec.auxiliary]
        return layer(key, joined, mask, auxiliary, training=training, seed=seed)

    def _each(self, name: str, rows: tf.Tensor | None) -> Items:
        items = self.items[name]
        if name not in self.shared:
            return items
        return items.of_one_row() if rows is None else items.each(rows)

    def _vectors(self, name: str, rows: tf.Tensor | None = None, has_zeros: bool = False) -> tf.Tensor:
        """Returns what the items of a list say, `(batch, length, dim)`; 0 where none is there, if that is needed."""
        items = self._each(name, rows)
        vectors = items.vectors(self.dims[name])
        return vectors * tf.cast(items.is_there, vectors.dtype)[..., tf.newaxis] if has_zeros else vectors


def _of_length(vectors: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Returns the first `length` items, with zeros behind where there are fewer."""
    lacking = tf.maximum(length - tf.shape(vectors)[1], 0)
    return tf.pad(vectors, [[0, 0], [0, lacking], [0, 0]])[:, :length]
