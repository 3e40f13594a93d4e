"""Ids and floats -> embeddings: the Keras layer that owns the tables."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import tensorflow as tf

from apps_rec.features.specs import (
    FeatureSpec,
    ListFeature,
    NumberFeature,
    list_features,
    list_ids_key,
    list_weights_key,
    number_features,
    single_id_features,
)
from apps_rec.layers.attention import TargetAttention
from apps_rec.layers.pooling import masked_pool
from apps_rec.legacy_keras import keras


class Block(NamedTuple):
    """Features looked up together.

    Attributes:
        names: of the features.
        vectors: their embeddings, `(batch, features, dim)`.
        first_order: their first-order terms, `(batch, features)`; None where they have none.
    """

    names: tuple[str, ...]
    vectors: tf.Tensor
    first_order: tf.Tensor | None

    @classmethod
    def cut(cls, names: tuple[str, ...], rows: tf.Tensor, dim: int) -> Block:
        """From rows of a table, `(batch, features, dim)` or with a first-order column behind.

        Cut once here, because the gradient of every slice is a padded copy of the whole.
        """
        if rows.shape[2] == dim:
            return cls(names, rows, None)
        vectors, first_order = tf.split(rows, [dim, 1], axis=2)
        return cls(names, vectors, first_order[:, :, 0])

    def part(self, start: int, end: int) -> Block:
        """Features start .. end."""
        if (start, end) == (0, len(self.names)):
            return self
        first_order = None if self.first_order is None else self.first_order[:, start:end]
        return Block(self.names[start:end], self.vectors[:, start:end], first_order)


class EmbeddedFeatures(NamedTuple):
    """What the Embedder makes of a batch; parts of a model take what they need of it by feature name.

    `numbers` holds the features that a body reads as they are, without an embedding. A named tuple, so that a
    tf.function takes it as an argument.
    """

    blocks: list[Block]
    numbers: dict[str, tf.Tensor]

    def flat(self, names: Sequence[str]) -> tf.Tensor:
        """Embeddings and plain numbers of the named features side by side, `(batch, sum of lengths)`."""
        parts: list[tf.Tensor] = []
        for is_number, group in itertools.groupby(names, lambda name: name in self.numbers):
            if is_number:
                parts.extend(self.numbers[name] for name in group)
                continue
            for block in self._runs(group):
                length = len(block.names) * block.vectors.shape[2]
                parts.append(tf.reshape(block.vectors, [-1, length]))
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def stacked(self, names: Sequence[str]) -> tf.Tensor:
        """Embeddings of the named features, all of one length, `(batch, features, dim)`."""
        parts = [block.vectors for block in self._runs(names)]
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def first_order(self, names: Sequence[str]) -> tf.Tensor:
        """First-order terms (weight, or weight times value) of the named features, `(batch, features)`."""
        parts = [block.first_order for block in self._runs(names)]
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def squared_length(self) -> tf.Tensor:
        """Sum of squares of all that was looked up, first-order weights too, per row, `(batch,)`."""
        squares = [tf.reduce_sum(tf.square(block.vectors), axis=[1, 2]) for block in self.blocks]
        squares += [
            tf.reduce_sum(tf.square(block.first_order), axis=1)
            for block in self.blocks
            if block.first_order is not None
        ]
        if not squares:  # numbers alone
            return tf.zeros_like(next(iter(self.numbers.values()))[:, 0])
        return tf.add_n(squares)

    def _runs(self, names: Iterable[str]) -> list[Block]:
        """The named features in as few pieces as their order allows: neighbours in a block stay in one."""
        place = {name: (block, i) for block in self.blocks for i, name in enumerate(block.names)}
        runs: list[tuple[Block, int, int]] = []
        for name in names:
            block, i = place[name]
            if runs and runs[-1][0] is block and runs[-1][2] == i:
                runs[-1] = (block, runs[-1][1], i + 1)
            else:
                runs.append((block, i, i + 1))
        return [block.part(start, end) for block, start, end in runs]


@dataclass(frozen=True)
class _Slot:
    """Where a logical table lives: rows from `offset` in the variable of its width."""

    key: str
    offset: int


@dataclass(frozen=True)
class TablePlace:
    """Rows `offset` .. `offset + rows` of `Embedder.tables[key]`: `dim` columns, and one more of first-order weights.

    `columns` counts both.
    """

    key: str
    offset: int
    rows: int
    dim: int
    columns: int


class Embedder(keras.layers.Layer):
    """Looks up embeddings; tables of one width share one variable, so that a step needs one gather and one update.

    A table that a first-order term reads has one more column, the scalar weight of each id. Behind the last row of
    every variable stands one row for padding, which no gradient reaches.

    Args:
        specs: the features, as the Preprocessor got them.
        first_order: names of the features with a first-order weight.
        seed: of the initial weights.
        stddev: of the initial embeddings, a normal cut at two deviations; first-order weights start at 0. Large ones
            make the pairwise sum of an untrained FM noise: 1 / sqrt(dim) over 18 features is several logits.

    Input shape: the Preprocessor's outputs.
    Returns: `EmbeddedFeatures`.
    """

    def __init__(
        self,
        specs: Sequence[FeatureSpec],
        first_order: Iterable[str] = (),
        seed: int = 0,
        stddev: float = 0.05,
        name: str = "embedder",
    ) -> None:
        super().__init__(name=name)
        self.specs = tuple(specs)
        self.first_order = frozenset(first_order)
        self.seed, self.stddev = seed, stddev
        self._single = single_id_features(specs)
        self._numbers = number_features(specs)
        self._lists = list_features(specs)
        self._by_name = {spec.name: spec for spec in specs}
        self._plan_tables()
        self._attention = {
            spec.name: TargetAttention(
                hidden_units=spec.attention.hidden_units,
                activation=spec.attention.activation,
                use_bn=spec.attention.use_bn,
                dropout=spec.attention.dropout or 0.0,
                name=f"{spec.name}_attention",
            )
            for spec in self._lists
            if spec.attention is not None
        }

    def _plan_tables(self) -> None:
        rows: dict[str, int] = {}
        dims: dict[str, int] = {}
        wide: set[str] = set()
        for spec in self.specs:
            if isinstance(spec, NumberFeature):
                continue
            rows[spec.table], dims[spec.table] = spec.num_ids, spec.dim
            if spec.name in self.first_order:
                wide.add(spec.table)
        self._slots: dict[str, _Slot] = {}
        self._shapes: dict[str, tuple[int, int, int]] = {}  # key -> rows, dim, columns
        for table, num_rows in rows.items():
            columns = dims[table] + (table in wide)
            key = f"tables_{dims[table]}" + ("_first_order" if table in wide else "")
            start = self._shapes.get(key, (0, 0, 0))[0]
            self._slots[table] = _Slot(key, start)
            self._shapes[key] = (start + num_rows, dims[table], columns)

    def table_places(self) -> dict[str, TablePlace]:
        """Where the rows of every table of the config stand, by its name; tables without any column are left out."""
        names = {spec.table: spec for spec in self.specs if not isinstance(spec, NumberFeature)}
        places = {}
        for name, spec in names.items():
            slot = self._slots[name]
            _, dim, columns = self._shapes[slot.key]
            if columns:
                places[name] = TablePlace(slot.key, slot.offset, spec.num_ids, dim, columns)
        return places

    def build(self, input_shape: Mapping[str, tf.TensorShape]) -> None:
        """Makes the variables: `tables_<dim>[_first_order]` `(rows + 1, columns)` and `vectors_<feature>`."""
        self.tables = {
            key: self.add_weight(
                name=key,
                shape=(rows + 1, columns),
                initializer=_TableInitializer(self.seed, key, dim, self.stddev),
            )
            for key, (rows, dim, columns) in self._shapes.items()
            if columns > 0
        }
        self.vectors = {}
        for spec in self._numbers:
            columns = spec.dim + (spec.name in self.first_order)
            if columns:
                self.vectors[spec.name] = self.add_weight(
                    name=f"vectors_{spec.name}",
                    shape=(1, columns),
                    initializer=_TableInitializer(self.seed, spec.name, spec.dim, self.stddev),
                )
        super().build(input_shape)

    def call(
        self, inputs: Mapping[str, tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> EmbeddedFeatures:
        """Embeddings of a batch of rows."""
        embedded = EmbeddedFeatures([], {})
        for key, (_, dim, columns) in self._shapes.items():
            places = [i for i, spec in enumerate(self._single) if self._slots[spec.table].key == key]
            if places and columns > 0:
                ids = inputs["ids"]
                if places != list(range(len(self._single))):
                    ids = tf.gather(ids, places, axis=1)
                offsets = tf.constant([self._slots[self._single[i].table].offset for i in places], tf.int64)
                rows = self._look_up(key, ids + offsets)  # [B, n, columns]
                embedded.blocks.append(Block.cut(tuple(self._single[i].name for i in places), rows, dim))
        self._add_numbers(embedded, inputs["values"])
        for spec in self._lists:
            if self._shapes[self._slots[spec.table].key][2] > 0:
                pooled = self._pool(spec, embedded, inputs, training, seed)
                embedded.blocks.append(Block.cut((spec.name,), pooled[:, tf.newaxis, :], spec.dim))
        return embedded

    def _look_up(self, key: str, rows: tf.Tensor) -> tf.Tensor:
        """Rows of a table, by numbers of half the bytes where those reach: lookups and updates are quicker for it."""
        table = self.tables[key]
        return tf.gather(table, tf.cast(rows, tf.int32 if table.shape[0] < 2**31 else tf.int64))

    def _add_numbers(self, embedded: EmbeddedFeatures, values: tf.Tensor) -> None:
        start = 0
        for spec in self._numbers:
            numbers = values[:, start : start + spec.size]
            start += spec.size
            if spec.name in self.vectors:
                vector = tf.convert_to_tensor(self.vectors[spec.name])
                product = numbers[:, :, tf.newaxis] * vector[tf.newaxis]  # [B, 1, columns]
                embedded.blocks.append(Block.cut((spec.name,), product, spec.dim))
            if spec.dim == 0:
                embedded.numbers[spec.name] = numbers

    def _pool(
        self,
        spec: ListFeature,
        embedded: EmbeddedFeatures,
        inputs: Mapping[str, tf.Tensor],
        training: bool,
        seed: tf.Tensor | None,
    ) -> tf.Tensor:
        slot = self._slots[spec.table]
        ids, weights = inputs[list_ids_key(spec.name)], inputs[list_weights_key(spec.name)]
        is_there = ids >= 0
        padding_row = tf.constant(self._shapes[slot.key][0], tf.int64)
        rows = tf.where(is_there, ids + slot.offset, padding_row)
        vectors = self._look_up(slot.key, rows)  # [B, L, columns]
        if spec.attention is None:
            return masked_pool(vectors, weights, spec.combiner)
        query = embedded.stacked([spec.attention.key])[:, 0]
        pooled = self._attention[spec.name](query, vectors[..., : spec.dim], is_there, training=training, seed=seed)
        if spec.name in self.first_order:
            first_order = masked_pool(vectors[..., spec.dim :], weights, "mean")
            pooled = tf.concat([pooled, first_order], axis=1)
        return pooled

    def get_config(self) -> dict:
        """Constructor arguments."""
        return {
            "specs": self.specs,
            "first_order": sorted(self.first_order),
            "seed": self.seed,
            "stddev": self.stddev,
            "name": self.name,
        }


class _TableInitializer(keras.initializers.Initializer):
    """Truncated normal in the first `dim` columns, 0 in the others; stateless."""

    def __init__(self, seed: int, name: str, dim: int, stddev: float) -> None:
        self.seed, self.name, self.dim, self.stddev = seed, name, dim, stddev

    def __call__(self, shape: Sequence[int], dtype: tf.DType | None = None, **kwargs: object) -> tf.Tensor:
        rows, columns = shape
        seed = [self.seed % 2**31, zlib.crc32(self.name.encode()) % 2**31]
        vectors = tf.random.stateless_truncated_normal([rows, self.dim], seed, stddev=self.stddev, dtype=dtype)
        return vectors if columns == self.dim else tf.pad(vectors, [[0, 0], [0, columns - self.dim]])


__all__ = ["EmbeddedFeatures", "Embedder"]
