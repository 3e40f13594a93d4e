"""The module that turns raw columns into ids and floats, by the same graph in the input pipeline and in the export."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from apps_rec.data.pipeline.packing import dtype_of, side_by_side
from apps_rec.data.values.number_lists import numbers_of
from apps_rec.features.columns.cells import as_text, bounded, floats, numbers, numbers_in_cells, steps, tokens
from apps_rec.features.columns.crosses import crossed
from apps_rec.features.columns.expression import evaluate
from apps_rec.features.columns.maps import Maps
from apps_rec.features.columns.whole_numbers import are_plain, ids_of_numbers, known, plain_ids, whole_numbers
from apps_rec.features.layout import Layout
from apps_rec.features.specs import (
    AnyListFeature,
    AnyNumberFeature,
    BucketFeature,
    CrossFeature,
    CrossListFeature,
    CutIds,
    ExpressionFeature,
    FeatureSpec,
    HashIds,
    IdFeature,
    IdMapping,
    ListFeature,
    LookupFeature,
    LookupNumberFeature,
    NumberFeature,
    NumberIds,
    NumberListFeature,
    VocabularyIds,
    columns_of,
)


class Preprocessor(tf.Module):
    """Turns raw columns into the dense tensors that a model reads.

    It owns the vocabularies. Nothing is fitted: all statistics come from the config. It runs on the host inside
    tf.data, and again inside the export, so that training and serving compute the same.

    Args:
        specs: the features, in the order of their columns in `ids` and `values`.
        tables_of: Preprocessor whose lookup tables it shares; None: its own. See `part`.

    Input shape: a dict of columns `(batch,)`; text for list features, any type for ids, numbers for numbers.
    Output shape: a dict with `ids` `(batch, single-valued id features)` int64; `values` `(batch, numbers)` float32;
        for each list feature `list_ids/<name>` `(batch, max_length)` int64, padded with -1, and
        `list_weights/<name>` `(batch, max_length)` float32, padded with 0; of numbers and of steps see `Layout`.
    """

    def __init__(self, specs: Sequence[FeatureSpec], tables_of: Preprocessor | None = None) -> None:
        super().__init__(name="preprocessor")
        self.specs = tuple(specs)
        self._layout = Layout(specs)
        # One lookup table for each distinct vocabulary, tracked by this module so that an export carries it.
        self._vocabularies: list[tf.lookup.StaticHashTable] = [] if tables_of is None else tables_of._vocabularies
        self._vocabulary_of: dict[str, int] = {} if tables_of is None else tables_of._vocabulary_of
        self._words: dict[str, tuple[str, ...]] = {} if tables_of is None else tables_of._words
        if tables_of is not None:
            return
        places: dict[VocabularyIds, int] = {}
        for spec in specs:
            ids = getattr(spec, "ids", None)
            if isinstance(ids, VocabularyIds):
                if ids not in places:
                    places[ids] = len(self._vocabularies)
                    self._vocabularies.append(_vocabulary_table(ids))
                self._vocabulary_of[spec.name] = places[ids]
                self._words[spec.name] = ids.words

    @property
    def columns(self) -> tuple[str, ...]:
        """Returns the names of the columns it reads, each once, in the order of the features."""
        return tuple(dict.fromkeys(name for spec in self.specs for name in columns_of(spec)))

    def __call__(self, columns: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the ids and floats of a batch of rows."""
        batch = tf.shape(columns[self.columns[0]])[0]
        maps = Maps(columns)
        ids, values = self._single_ids(columns), self._values(columns, maps)
        lists = [self._list(spec, columns, maps) for spec in self._layout.lists]
        return self._layout.join(batch, ids, values, lists)

    def part(self, names: Collection[str]) -> Preprocessor:
        """Returns a Preprocessor of only the named features, with the same lookup tables."""
        return Preprocessor([spec for spec in self.specs if spec.name in names], tables_of=self)

    def vocabularies(self) -> dict[str, tuple[str, ...]]:
        """Returns the words of each feature that has a vocabulary, by feature name."""
        return dict(self._words)

    def output_signature(self) -> dict[str, tf.TensorSpec]:
        """Returns the shapes and types of the tensors that a call returns."""
        return self._layout.signature()

    def _single_ids(self, columns: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        """Returns the columns of `ids`; neighbouring features of one kind and type are computed together."""
        ids = []
        for kind, group in groupby(self._layout.single, lambda spec: _kind_of_ids(spec, columns)):
            specs = list(group)
            if kind is None:
                ids += [self._single_id(spec, columns)[:, tf.newaxis] for spec in specs]
                continue
            cells = side_by_side(columns, [name for spec in specs for name in columns_of(spec)])
            if kind.ids is HashIds:
                ids.append(_hashed(as_text(cells, kind.precision), [spec.num_ids for spec in specs]))
            else:
                ids.append(known(tf.cast(cells, tf.int64), [spec.num_ids - 1 for spec in specs]))
        return ids

    def _values(self, columns: Mapping[str, tf.Tensor], maps: Maps) -> list[tf.Tensor]:
        """Returns the columns of `values`; neighbouring features of one kind and type are computed together."""
        values = []
        for kind, group in groupby(self._layout.numbers, lambda spec: _kind_of_numbers(spec, columns)):
            mixed = list(group)
            if kind is None:
                values += [self._one_number(spec, columns, maps) for spec in mixed]
                continue
            specs = [spec for spec in mixed if isinstance(spec, NumberFeature)]
            if kind[0] == tf.string:
                values += [_normalised(_parsed(spec, columns[spec.column]), [spec]) for spec in specs]
            else:
                values.append(_normalised(side_by_side(columns, [spec.column for spec in specs]), specs))
        return values

    def _one_number(self, spec: AnyNumberFeature, columns: Mapping[str, tf.Tensor], maps: Maps) -> tf.Tensor:
        if isinstance(spec, LookupNumberFeature):
            return _normalised(maps.number(spec), [spec])
        assert isinstance(spec, ExpressionFeature)
        return bounded(evaluate(spec.expression, columns))[:, tf.newaxis]

    def _list(self, spec: AnyListFeature, columns: Mapping[str, tf.Tensor], maps: Maps) -> tuple[tf.Tensor, tf.Tensor]:
        if isinstance(spec, NumberListFeature):
            listed = numbers(spec, columns[spec.column])
            values = listed.with_values(_normalised(listed.values, [spec]))
            is_there = listed.with_values(tf.ones_like(values.values[:, 0]))
            shape = [None, spec.max_length]
            return values.to_tensor(0.0, shape=[*shape, spec.size]), is_there.to_tensor(0.0, shape=shape)
        if isinstance(spec, ListFeature) and spec.multi_separator is not None:
            words = steps(columns[spec.column], spec.separator, spec.multi_separator)[:, : spec.max_length]
            ids = words.with_flat_values(self._map(spec.name, spec.ids, words.flat_values))
            padded = ids.to_tensor(-1, shape=[None, spec.max_length, None])
            return padded, tf.cast(padded >= 0, tf.float32)
        if isinstance(spec, ListFeature):
            if isinstance(spec.ids, NumberIds) and spec.kv_separator is None and spec.weight_column is None:
                return self._list_of_numbers(spec, spec.ids.size, columns)
            return self._list_of_words(spec, *tokens(spec, columns))
        words = maps.found(spec) if isinstance(spec, LookupFeature) else crossed(spec, columns)
        return self._list_of_words(spec, words, words.with_values(tf.ones_like(words.values, tf.float32)))

    def _list_of_numbers(
        self, spec: ListFeature, size: int, columns: Mapping[str, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns ids and weights of a list of whole numbers; plain cells are read the quick way, all others as words.

        Both ways run always, as a branch would make a small request slower: neither finds much in the other's cells.
        """
        cells = columns[spec.column]
        is_plain = are_plain(cells, spec.separator)
        plain = plain_ids(tf.where(is_plain, cells, "0"), spec.separator, spec.max_length, size)
        others, _ = self._list_of_words(spec, *tokens(spec, {spec.column: tf.where(is_plain, "", cells)}))
        ids = tf.where(is_plain[:, tf.newaxis], plain, others)
        if numbers_of(spec.column) in columns:  # of files that hold numbers, beside cells without any text
            ids = tf.maximum(ids, ids_of_numbers(columns[numbers_of(spec.column)][:, : spec.max_length], size))
        return ids, tf.cast(ids >= 0, tf.float32)

    def _list_of_words(
        self, spec: ListFeature | LookupFeature | CrossListFeature, words: tf.RaggedTensor, weights: tf.RaggedTensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        words, weights = words[:, : spec.max_length], weights[:, : spec.max_length]
        ids = self._map(spec.name, spec.ids, words.values)
        shape = [None, spec.max_length]
        return words.with_values(ids).to_tensor(-1, shape=shape), weights.to_tensor(0.0, shape=shape)

    def _single_id(self, spec: IdFeature | CrossFeature | BucketFeature, columns: Mapping[str, tf.Tensor]) -> tf.Tensor:
        if isinstance(spec, BucketFeature):
            values = columns[spec.column]
            values = tf.cast(values, tf.int64) if values.dtype in (tf.int32, tf.bool) else values
            return tf.searchsorted(_cuts(spec.boundaries, values.dtype), values, side="right", out_type=tf.int64)
        if isinstance(spec, CrossFeature):
            joined = tf.strings.join([as_text(columns[name]) for name in spec.columns], separator=spec.separator)
            return self._map(spec.name, spec.ids, joined)
        return self._map(spec.name, spec.ids, columns[spec.column])

    def _map(self, name: str, ids: IdMapping, values: tf.Tensor) -> tf.Tensor:
        if isinstance(ids, HashIds):
            return _hashed(as_text(values), [ids.size])
        if isinstance(ids, CutIds):
            return tf.searchsorted(
                _cuts(ids.boundaries, tf.float64), floats(values, name), side="right", out_type=tf.int64
            )
        if isinstance(ids, VocabularyIds):
            return self._vocabularies[self._vocabulary_of[name]].lookup(as_text(values))
        return known(whole_numbers(values, unknown=ids.size), [ids.size])


class _KindOfIds(NamedTuple):
    ids: type
    dtype: tf.DType
    precision: int


def _kind_of_ids(spec: FeatureSpec, columns: Mapping[str, tf.Tensor]) -> _KindOfIds | None:
    """Returns the kind by which ids are computed together: hashes, or numbers of a column; None: one by one."""
    if not isinstance(spec, IdFeature):
        return None
    dtype = dtype_of(columns, spec.column)
    if isinstance(spec.ids, HashIds) or (isinstance(spec.ids, NumberIds) and dtype != tf.string):
        return _KindOfIds(type(spec.ids), dtype, spec.precision)
    return None


def _kind_of_numbers(spec: AnyNumberFeature, columns: Mapping[str, tf.Tensor]) -> tuple[tf.DType, bool] | None:
    """Returns the kind by which numbers are computed together; None: one by one."""
    return (dtype_of(columns, spec.column), spec.log1p) if isinstance(spec, NumberFeature) else None


def _hashed(texts: tf.Tensor, sizes: Sequence[int]) -> tf.Tensor:
    """Returns FarmHash's 64-bit fingerprint of each text modulo `sizes`: one size, or one for each of the last axis."""
    if len(set(sizes)) == 1:
        return tf.strings.to_hash_bucket_fast(texts, sizes[0])
    fingerprints = tf.bitcast(tf.fingerprint(tf.reshape(texts, [-1])), tf.uint64)
    return tf.bitcast(tf.reshape(fingerprints, [-1, len(sizes)]) % tf.constant(sizes, tf.uint64), tf.int64)


def _vocabulary_table(ids: VocabularyIds) -> tf.lookup.StaticHashTable:
    keys = tf.constant([word.encode() for word in ids.words], tf.string)
    places = tf.range(len(ids.words), dtype=tf.int64)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, places), default_value=len(ids.words))


def _cuts(boundaries: Sequence[float], dtype: tf.DType) -> tf.Tensor:
    """Returns the boundaries in the type of the values, so that a value equals its own boundary."""
    if dtype != tf.int64:
        return tf.constant(np.array(boundaries, dtype.as_numpy_dtype))
    # A whole number reaches a boundary where it reaches the next whole number. int64 is exact beyond 2^53, float64 is
    # not.
    whole = [max(math.ceil(cut), tf.int64.min) for cut in boundaries]
    return tf.constant([cut for cut in whole if cut <= tf.int64.max], tf.int64)


def _parsed(spec: NumberFeature, column: tf.Tensor) -> tf.Tensor:
    return numbers_in_cells(column, spec.separator, spec.size, spec.name)


def _normalised(
    values: tf.Tensor, specs: Sequence[NumberFeature | NumberListFeature | LookupNumberFeature]
) -> tf.Tensor:
    """Normalises values, `(batch, columns)` of one feature or of one feature a column; returns float32.

    Either all features take log1p or none. Values are computed in float64 and rounded once: in float32, timestamps of
    today that are within 64 s are equal.
    """
    is_scaled = any(spec.shift != 0.0 or spec.scale != 1.0 for spec in specs)
    if specs[0].log1p or is_scaled or values.dtype == tf.int64:  # which a packed request holds as float64
        values = tf.cast(values, tf.float64)
    if specs[0].log1p:
        values = tf.sign(values) * tf.math.log1p(tf.abs(values))
    if is_scaled:
        shifts, scales = ([getattr(spec, name) for spec in specs] for name in ("shift", "scale"))
        values = (values - tf.constant(shifts, tf.float64)) / tf.constant(scales, tf.float64)
    return bounded(values)


__all__ = ["Preprocessor"]
