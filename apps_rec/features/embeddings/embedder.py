"""The Keras layer that owns the tables and turns ids and floats into embeddings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import tensorflow as tf

from apps_rec.features.embeddings.embedded import Block, EmbeddedFeatures, RequestFeatures
from apps_rec.features.embeddings.initial import Initial, TableInitializer
from apps_rec.features.embeddings.pooling import Items, key_of, pool, pooling_layers, steps_combined, trimmed
from apps_rec.features.embeddings.sequences import ListItems, sequence_layers
from apps_rec.features.embeddings.tables import TablePlace, TablePlan
from apps_rec.features.layout import Layout, has_steps, rows_of
from apps_rec.features.specs import (
    AnyListFeature,
    FeatureSpec,
    ListFeature,
    NumberListFeature,
    SequenceSpec,
)
from apps_rec.legacy_keras import keras
from apps_rec.names import scope_name


class Embedder(keras.layers.Layer):
    """Looks up embeddings.

    Tables of one width share one variable, so that a step needs one gather and one update. A table that a first-order
    term reads has `wide_dim` more columns, the weight of each id. The last row of every variable is for padding; no
    gradient reaches it.

    Args:
        specs: the features, in the order of the Preprocessor.
        first_order: names of the features with a first-order weight.
        wide_dim: length of a first-order weight, 1 or more.
        seed: seed of the initial weights.
        stddev: standard deviation of the initial embeddings, a normal cut at two deviations; first-order weights start
            at 0. A large one makes the pairwise sum of an untrained FM noise: 1 / sqrt(dim) over 18 features is several
            logits.
        l2: weight of half the squared kernels of layers that score the items of a list, and of the networks of
            sequences, 0 or more; not of the network of a list with a target attention.
        sequences: lists that are pooled together; each list, and each key, is one of the features.
        only_items: names of the lists that are not pooled by themselves, since only sequences read them.
        trim_lists: whether lists are cut to the longest of the batch, not padded to `max_length`. XLA, so a TPU,
            takes no shape that depends on values.
        initial: how the embeddings of features begin that do not begin by `stddev`, by the features' names. Of
            features that share a table one is enough.

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
        wide_dim: int = 1,
        l2: float = 0.0,
        sequences: Sequence[SequenceSpec] = (),
        only_items: Collection[str] = (),
        trim_lists: bool = False,
        initial: Mapping[str, Initial] | None = None,
    ) -> None:
        super().__init__(name=name)
        if wide_dim < 1:
            raise ValueError(f"{name}: wide_dim must be 1 or more. Got {wide_dim}")
        self.wide_dim = wide_dim
        self.specs = tuple(specs)
        self.first_order = frozenset(first_order)
        self.seed, self.stddev, self.l2 = seed, stddev, l2
        self.layout = Layout(specs)
        self._plan = TablePlan(specs, self.first_order, wide_dim)
        self.trim_lists, self.initial = trim_lists, dict(initial or {})
        self.sequences, self.only_items = tuple(sequences), frozenset(only_items)
        self._dims = {spec.name: spec.dim for spec in self.layout.lists}
        self._pooled = [spec for spec in self.layout.lists if self._is_looked_up(spec) and spec.name not in only_items]
        self._attention = pooling_layers(self._pooled, l2)
        self._sequence_attention = sequence_layers(self.sequences, l2)

    def table_places(self) -> dict[str, TablePlace]:
        """Returns the place of every table of the config, by its name; leaves out tables without columns."""
        return {name: place for name, place in self._plan.places.items() if place.columns}

    def embeddings(self) -> list[tf.Variable]:
        """Returns the variables of all embeddings and first-order weights; of a divided table, its pieces."""
        found = [*self.tables.values(), *self.vectors.values()]
        return [piece for variable in found for piece in getattr(variable, "variables", [variable])]

    def first_order_weights(self) -> list[tuple[tf.Variable, int]]:
        """Returns the variables with first-order weights, of a divided table its pieces, and the first such column."""
        found = [
            (self.tables[place.key], place.dim) for place in self.table_places().values() if place.dim < place.columns
        ]
        dims = {spec.name: spec.dim for spec in self.specs}
        found += [(self.vectors[name], dims[name]) for name in self.vectors if name in self.first_order]
        return [
            (piece, column)
            for variable, column in {id(one): (one, column) for one, column in found}.values()
            for piece in getattr(variable, "variables", [variable])
        ]

    def build(self, input_shape: Mapping[str, tf.TensorShape]) -> None:
        """Makes `tables_<dim>[_first_order]` `(rows + 1, columns)` and `vectors_<feature>` `(numbers, columns)`."""
        default = Initial(spread=self.stddev)
        self.tables = {
            key: self.add_weight(
                name=key,
                shape=(variable.rows + 1, variable.columns),
                initializer=self._plan.initializer(key, self.seed, default, self.initial),
            )
            for key, variable in self._plan.variables.items()
            if variable.columns > 0
        }
        self.vectors = {}
        number_lists = [spec for spec in self.layout.lists if isinstance(spec, NumberListFeature)]
        for spec in (*self.layout.numbers, *number_lists):
            columns = spec.dim + self.wide_dim * (spec.name in self.first_order)
            if columns:
                self.vectors[spec.name] = self.add_weight(
                    name=f"vectors_{scope_name(spec.name)}",
                    shape=(spec.size, columns),
                    initializer=TableInitializer(
                        self.seed, spec.name, spec.dim, [(spec.size, self.initial.get(spec.name, default))]
                    ),
                )
        super().build(input_shape)

    def call(
        self, inputs: Mapping[str, tf.Tensor], training: bool = False, seed: tf.Tensor | None = None
    ) -> EmbeddedFeatures:
        """Returns the embeddings of a batch of rows."""
        embedded = EmbeddedFeatures([], {})
        self._add_ids(embedded, self.layout, inputs)
        self._add_numbers(embedded, self.layout, inputs)
        items = {spec.name: self._items(spec, inputs) for spec in self.layout.lists if self._is_looked_up(spec)}
        for spec in self._pooled:
            self._add_list(embedded, spec, self._query(spec, embedded), items[spec.name], training, seed)
        listed = ListItems(items, self._dims)
        for sequence in self.sequences:
            key = embedded.flat(sequence.keys)
            layer = self._sequence_attention[sequence.name]
            embedded.numbers[sequence.output] = listed.attended(sequence, layer, key, None, training, seed)
        return embedded._replace(squares=tuple(map(listed.squared_length, self.sequences)))

    def request(
        self,
        shared: Mapping[str, tf.Tensor],
        rows: Mapping[str, tf.Tensor],
        shared_names: Collection[str],
    ) -> RequestFeatures:
        """Returns the embeddings of one request; features that all rows share are looked up once.

        A shared list with attention is pooled once only if its key is shared too.

        Args:
            shared: the Preprocessor's outputs for the features `shared_names`, one row.
            rows: the Preprocessor's outputs for the other features, in the order of `specs`.
            shared_names: names of the features that all rows share.
        """
        both = RequestFeatures(EmbeddedFeatures([], {}), EmbeddedFeatures([], {}), rows_of(rows))
        for part, inputs, is_shared in ((both.shared, shared, True), (both.rows, rows, False)):
            layout = self.layout.part(shared_names, is_shared)
            self._add_ids(part, layout, inputs)
            self._add_numbers(part, layout, inputs)
        found = {
            spec.name: self._items(spec, shared if spec.name in shared_names else rows)
            for spec in self.layout.lists
            if self._is_looked_up(spec)
        }
        for spec in self._pooled:
            is_shared, items, key = spec.name in shared_names, found[spec.name], key_of(spec)
            if is_shared and (key is None or key in shared_names):
                self._add_list(both.shared, spec, self._query(spec, both.shared), items)
                continue
            query = None
            if key is not None:
                query = (both.shared if key in shared_names else both.rows).stacked([key])[:, 0]
                query = tf.broadcast_to(query, [both.num_rows, query.shape[1]])
            self._add_list(both.rows, spec, query, items.of_one_row() if is_shared else items)
        listed = ListItems(found, self._dims, shared_names)
        for sequence in self.sequences:
            self._add_sequence(both, sequence, listed)
        return both

    def _add_sequence(self, both: RequestFeatures, sequence: SequenceSpec, listed: ListItems) -> None:
        """Adds a sequence of a request: to what all rows share, if its key and its lists are, else to the rows."""
        layer, are_shared = self._sequence_attention[sequence.name], listed.are_shared(sequence)
        if all(name in both.shared for name in sequence.keys):
            key = tf.ensure_shape(both.shared.flat(sequence.keys), [1, None])
            if are_shared:
                both.shared.numbers[sequence.output] = listed.attended(sequence, layer, key)
                return
        else:
            key = tf.convert_to_tensor(both.flat(sequence.keys))
        rows = None if are_shared else both.num_rows
        both.rows.numbers[sequence.output] = listed.attended(sequence, layer, key, rows)

    def _add_ids(self, embedded: EmbeddedFeatures, layout: Layout, inputs: Mapping[str, tf.Tensor]) -> None:
        specs = layout.single
        for key, variable in self._plan.variables.items():
            places = [i for i, spec in enumerate(specs) if self._plan.places[spec.table].key == key]
            if places and variable.columns > 0:
                ids = layout.ids_of(inputs, places)
                offsets = tf.constant([self._plan.places[specs[i].table].offset for i in places], tf.int64)
                rows = self._look_up(key, ids + offsets)  # [B, n, columns]
                embedded.blocks.append(Block.cut(tuple(specs[i].name for i in places), rows, variable.dim))

    def _look_up(self, key: str, rows: tf.Tensor) -> tf.Tensor:
        """Returns rows of a table, looked up by int32 where that is enough: lookups and updates are faster so."""
        table = self.tables[key]
        rows = tf.cast(rows, tf.int32 if table.shape[0] < 2**31 else tf.int64)
        if isinstance(table, tf.Variable):
            return tf.gather(table, rows)
        # A table divided between parameter servers, each with consecutive rows.
        return tf.nn.embedding_lookup(table, rows)

    def _add_numbers(self, embedded: EmbeddedFeatures, layout: Layout, inputs: Mapping[str, tf.Tensor]) -> None:
        for spec, numbers in layout.values_of(inputs):
            if spec.name in self.vectors:
                vector = tf.convert_to_tensor(self.vectors[spec.name])
                if spec.size > 1:
                    product = tf.matmul(numbers, vector)[:, tf.newaxis]  # [B, 1, columns]
                else:
                    product = numbers[:, :, tf.newaxis] * vector[tf.newaxis]  # [B, 1, columns]
                embedded.blocks.append(Block.cut((spec.name,), product, spec.dim))
            if spec.dim == 0:
                embedded.numbers[spec.name] = numbers

    def _is_looked_up(self, spec: AnyListFeature) -> bool:
        if isinstance(spec, NumberListFeature):
            return True
        return self._plan.places[spec.table].columns > 0

    def _items(self, spec: AnyListFeature, inputs: Mapping[str, tf.Tensor]) -> Items:
        given, weights = self.layout.list_of(inputs, spec)
        if self.trim_lists:
            given, weights = trimmed(given, weights)
        if isinstance(spec, NumberListFeature):
            vector = self.vectors.get(spec.name)
            rows = None if vector is None else tf.tensordot(given, tf.convert_to_tensor(vector), 1)
            return Items(rows, weights, weights > 0, None if spec.dim else given)
        place = self._plan.places[spec.table]
        is_there = given >= 0
        padding_row = tf.constant(self._plan.variables[place.key].rows, tf.int64)
        rows = self._look_up(place.key, tf.where(is_there, given + place.offset, padding_row))
        if isinstance(spec, ListFeature) and has_steps(spec):
            return steps_combined(rows, weights, spec.step_combiner)
        return Items(rows, weights, is_there)

    @staticmethod
    def _query(spec: AnyListFeature, embedded: EmbeddedFeatures) -> tf.Tensor | None:
        """Returns the embedding that attention compares with, `(batch, dim)`; None: it compares with none."""
        key = key_of(spec)
        return embedded.stacked([key])[:, 0] if key is not None else None

    def _add_list(
        self,
        embedded: EmbeddedFeatures,
        spec: AnyListFeature,
        query: tf.Tensor | None,
        items: Items,
        training: bool = False,
        seed: tf.Tensor | None = None,
    ) -> None:
        rows, numbers = pool(spec, self._attention.get(spec.name), query, items, training, seed)
        if rows is not None:
            embedded.blocks.append(Block.cut((spec.name,), rows[:, tf.newaxis, :], spec.dim))
        if numbers is not None:
            embedded.numbers[spec.name] = numbers

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            "specs": self.specs,
            "first_order": sorted(self.first_order),
            "seed": self.seed,
            "stddev": self.stddev,
            "name": self.name,
            "wide_dim": self.wide_dim,
            "l2": self.l2,
            "sequences": self.sequences,
            "only_items": sorted(self.only_items),
            "trim_lists": self.trim_lists,
            "initial": self.initial,
        }


__all__ = ["EmbeddedFeatures", "Embedder", "RequestFeatures"]
