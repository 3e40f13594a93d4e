"""Demands of features on the columns that they read: the pool of values that each asks for."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apps_rec.config.features import is_of_numbers, type_of
from apps_rec.config.text.expression import Call, Node, Number, parse_expression
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.simulation.of_config import pools
from apps_rec.simulation.of_config.pools import Pool

# The strictest first: a column that several features read follows the first of them.
WORDS_GIVEN, NUMBERED, CUT, SCALED, PLAIN, HASHED, ANY = range(7)
# How directly a feature shows its model what a column holds.
AT_ONCE, AS_NUMBER, IN_LIST, CROSSED = range(4)
# Whole numbers that a column has for itself.
_RANGE = 100
_WHOLE = (DataConfig.INT32, DataConfig.INT64)


@dataclass(frozen=True)
class Demand:
    """The values that a feature asks of a column.

    Attributes:
        strictness: one of the constants above.
        pool: the values.
        directness: how directly the model sees them.
    """

    strictness: int
    pool: Pool
    directness: int


def stems(features: Sequence[FeatureConfig]) -> dict[str, str]:
    """Returns for each feature by name the column whose values it has in common with others.

    A list has the values of the first single column that shares its table, as a history has those of the candidate.
    Single columns have values of their own, also where they share a table.
    """
    single: dict[str, str] = {}
    for feature in features:
        if feature.feature_type == FeatureConfig.IdFeature:
            single.setdefault(feature.embedding_name, feature.input_names[0])
    return {
        feature.feature_name: single.get(feature.embedding_name, feature.input_names[0])
        if type_of(feature).is_list
        else feature.input_names[0]
        for feature in features
    }


def demand_of(
    feature: FeatureConfig, at: int, column: DataConfig.Field, files: Mapping[str, Pool], stem: str
) -> Demand:
    """Returns what a feature asks of the column at a place of its input_names.

    Args:
        feature: the feature, from a normalised config.
        at: place in input_names.
        column: the column.
        files: pool of each vocab_file, by its path.
        stem: column that hashed values are named after.
    """
    kind, row = feature.feature_type, type_of(feature)
    directness = IN_LIST if row.is_list or row.map_at == at else AT_ONCE
    is_whole = column.input_type in _WHOLE
    if column.input_type == DataConfig.BOOL:
        return Demand(NUMBERED, pools.TRUTHS, directness)
    if row.has_weights and at == 1:
        return Demand(ANY, pools.between(0.5, 2, is_whole), CROSSED)
    if row.map_at is not None and row.map_at != at:
        return Demand(ANY, _named(feature, column, column.input_name, pools.MOST), CROSSED)
    if kind == FeatureConfig.ExprFeature:
        return Demand(PLAIN, _for_expression(feature, is_whole), CROSSED)
    if kind == FeatureConfig.ComboFeature:
        count = pools.count_for(feature.hash_bucket_size)
        return Demand(HASHED, _named(feature, column, column.input_name, count), CROSSED)
    if feature.hash_bucket_size:
        return Demand(HASHED, _named(feature, column, stem, pools.count_for(feature.hash_bucket_size)), directness)
    for fits, strictness, pool in _SPACES:
        if fits(feature):
            found = pool(feature, column, files)
            is_number = strictness == SCALED and not row.is_list
            return Demand(strictness, found, AS_NUMBER if is_number else directness)
    return Demand(PLAIN, pools.normal(is_whole=is_whole), IN_LIST if row.is_list else AS_NUMBER)


def vocabularies(features: list[FeatureConfig], kinds: Mapping[str, int]) -> dict[str, tuple[Pool, int]]:
    """Returns for each vocab_file that is not there the words to write and the count that each needs.

    Args:
        features: features of a normalised config.
        kinds: type of each column.
    """
    found: dict[str, tuple[Pool, int]] = {}
    for feature in features:
        if feature.vocab_file and not os.path.isfile(feature.vocab_file):
            column = feature.input_names[type_of(feature).map_at or 0]
            is_whole = kinds[column] in _WHOLE
            made = pools.whole_numbers(1, pools.MOST) if is_whole else pools.words(feature.embedding_name, pools.MOST)
            count = max(found[feature.vocab_file][1] if feature.vocab_file in found else 0, feature.min_count)
            found[feature.vocab_file] = (found.get(feature.vocab_file, (made, 0))[0], count)
    return found


def _given(feature: FeatureConfig, column: DataConfig.Field, files: Mapping[str, Pool]) -> Pool:
    return Pool(tuple(feature.vocab_list[: pools.MOST]))


def _in_file(feature: FeatureConfig, column: DataConfig.Field, files: Mapping[str, Pool]) -> Pool:
    return files[feature.vocab_file]


def _numbered(feature: FeatureConfig, column: DataConfig.Field, files: Mapping[str, Pool]) -> Pool:
    return pools.numbered(feature.num_buckets)


def _cut(feature: FeatureConfig, column: DataConfig.Field, files: Mapping[str, Pool]) -> Pool:
    return pools.around_cuts(feature.boundaries, column.input_type in _WHOLE)


def _scaled(feature: FeatureConfig, column: DataConfig.Field, files: Mapping[str, Pool]) -> Pool:
    is_whole = column.input_type in _WHOLE
    if feature.HasField("max_val"):
        return pools.between(feature.min_val, feature.max_val, is_whole)
    if feature.normalizer_fn:
        return pools.growing(is_whole)
    return pools.normal(feature.mean, feature.stddev, is_whole)


def _named(feature: FeatureConfig, column: DataConfig.Field, stem: str, count: int) -> Pool:
    """Makes values that are named after a column: words, or whole numbers of a range of its own."""
    if column.input_type != DataConfig.STRING or is_of_numbers(feature):
        return pools.whole_numbers(1 + _RANGE * (zlib.crc32(stem.encode()) % 9000), count)
    return pools.words(stem, count)


_Maker = Callable[[FeatureConfig, DataConfig.Field, Mapping[str, Pool]], Pool]
_SPACES: tuple[tuple[Callable[[FeatureConfig], bool], int, _Maker], ...] = (
    (lambda feature: bool(feature.vocab_list), WORDS_GIVEN, _given),
    (lambda feature: bool(feature.vocab_file), WORDS_GIVEN, _in_file),
    (lambda feature: bool(feature.boundaries), CUT, _cut),
    (
        lambda feature: feature.HasField("max_val") or feature.HasField("stddev") or bool(feature.normalizer_fn),
        SCALED,
        _scaled,
    ),
    (lambda feature: bool(feature.num_buckets), NUMBERED, _numbered),
)


def _for_expression(feature: FeatureConfig, is_whole: bool) -> Pool:
    """Makes numbers on both sides of each number that an expression holds."""
    found = {float(number) for number in range(10)}
    for value in _constants(parse_expression(feature.expression, feature.input_names)):
        found |= {value - 1, value, value + 1}
    return pools.numbers(found, is_whole)


def _constants(node: Node) -> list[float]:
    if isinstance(node, Number):
        return [node.value]
    return [value for child in node.arguments for value in _constants(child)] if isinstance(node, Call) else []
