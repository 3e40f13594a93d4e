"""Measures what a config's features find in their columns: missing, unseen and colliding values, and odd ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apps_rec.config.features import is_of_numbers, type_of
from apps_rec.config.sequences import features_read
from apps_rec.profile.columns import present_sql
from apps_rec.profile.engine import Engine, quoted, text
from apps_rec.profile.facts import NUMBERS, REAL, ColumnFacts, TableFacts
from apps_rec.profile.findings.drift import read_drift
from apps_rec.profile.findings.finding import NOTE, WARNING, FeatureFacts, Finding
from apps_rec.profile.findings.passes import ROW_HASH
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Rows whose lists are taken apart.
LIST_ROWS = 500_000
_MANY_MISSING = 0.5
_SOME_UNSEEN, _MANY_UNSEEN = 0.1, 0.5
_SOME_COLLIDING, _MANY_COLLIDING = 0.25, 0.5
_MANY_OUTSIDE = 0.01
_BEYOND_BOUNDARIES = 0.99


def used_features(config: PipelineConfig) -> list[FeatureConfig]:
    """Returns the features that the model reads."""
    read = features_read(config)
    return [one for one in config.feature_config.features if name_of(one) in read]


def name_of(feature: FeatureConfig) -> str:
    """Returns the name of a feature."""
    return feature.feature_name or feature.input_names[0]


def read_features(
    engine: Engine, config: PipelineConfig, table: TableFacts, train: str, evaluation: str | None
) -> list[FeatureFacts]:
    """Returns the facts of each column of each feature that the model reads.

    Args:
        engine: database.
        config: a normalised config.
        table: facts of the training rows.
        train: training rows in SQL.
        evaluation: evaluation rows in SQL; None: there are none.
    """
    known = {column.name: column for column in table.columns}
    made = []
    by_column: dict[str, FeatureFacts] = {}
    for feature in used_features(config):
        for at, name in enumerate(feature.input_names):
            if name not in known:
                continue
            column = known[name]
            if name not in by_column:
                by_column[name] = _of_column(engine, column, train, evaluation)
            facts = replace(by_column[name], feature=name_of(feature))
            if at == 0 or (type_of(feature).map_at is None and not type_of(feature).has_weights):
                facts = _of_feature(engine, feature, facts, column, table.rows, train, evaluation)
            made.append(facts)
    return made


def _of_column(engine: Engine, column: ColumnFacts, train: str, evaluation: str | None) -> FeatureFacts:
    facts = FeatureFacts("", column.name, missing_train=column.missing, distinct=column.distinct)
    if evaluation is None:
        return facts
    there = present_sql(quoted(column.name), column.family)
    (missing,) = engine.row(f"SELECT 1 - count_if({there}) / nullif(count(*), 0) FROM {evaluation}")
    drift = read_drift(engine, column, train, evaluation)
    return replace(facts, missing_eval=missing, psi=drift and drift[0], psi_chance=drift and drift[1])


def _of_feature(
    engine: Engine,
    feature: FeatureConfig,
    facts: FeatureFacts,
    column: ColumnFacts,
    rows: int,
    train: str,
    evaluation: str | None,
) -> FeatureFacts:
    row = type_of(feature)
    separator = feature.separator if row.is_list or row.map_at is not None else None
    if is_of_numbers(feature) or row.map_at is not None or feature.seq_multi_sep:
        return facts
    name = quoted(column.name)
    values = [_values(source, column, separator, feature.kv_separator, rows) for source in (train, evaluation or train)]
    distinct = facts.distinct
    if separator is not None:
        (distinct,) = engine.row(f"SELECT count(DISTINCT v) FROM {values[0]}")
    elif feature.feature_type == FeatureConfig.ComboFeature:
        listed = ", ".join(quoted(one) for one in feature.input_names)
        (distinct,) = engine.row(f"SELECT approx_count_distinct(hash({listed})) FROM {train}")
    facts = replace(facts, distinct=distinct)
    if feature.hash_bucket_size:
        facts = replace(facts, colliding=colliding_share(distinct or 0, feature.hash_bucket_size))
    if row.id_spaces and evaluation is not None and feature.feature_type != FeatureConfig.ComboFeature:
        (unseen,) = engine.row(
            f"""SELECT sum(n) FILTER (WHERE t.v IS NULL) / nullif(sum(n), 0)
            FROM (SELECT v, count(*) n FROM {values[1]} GROUP BY v) e
            LEFT JOIN (SELECT DISTINCT v FROM {values[0]}) t ON e.v = t.v"""
        )
        facts = replace(facts, unseen=0.0 if unseen is None else float(unseen))
    conditions = _outside(feature, name, column)
    if conditions:
        there = present_sql(name, column.family)
        # One value alone beyond an end of boundaries has an id of its own.
        alone = f"count(DISTINCT {name}) FILTER (WHERE {{one}}) = 1" if feature.boundaries else "false"
        counts = " + ".join(f"CASE WHEN {alone.format(one=one)} THEN 0 ELSE count_if({one}) END" for one in conditions)
        (outside,) = engine.row(f"SELECT ({counts}) / nullif(count(*), 0) FROM {train} WHERE {there}")
        facts = replace(facts, outside=outside)
    return facts


def _values(source: str, column: ColumnFacts, separator: str | None, kv_separator: str, rows: int) -> str:
    """Returns the present values of a column in SQL, as the column v; of lists the items of a part of the rows."""
    name = quoted(column.name)
    there = present_sql(name, column.family)
    if separator is None:
        return f"(SELECT {name} v FROM {source} WHERE {there})"
    every = max(1, rows // LIST_ROWS)
    part = f"AND {quoted(ROW_HASH)} % {every} = 0" if every > 1 and source else ""
    item = f"split_part(i, {text(kv_separator)}, 1)" if kv_separator else "i"
    split = f"unnest(string_split(CAST({name} AS VARCHAR), {text(separator)}))"
    return f"(SELECT {item} v FROM (SELECT {split} i FROM {source} WHERE {there} {part}) WHERE i <> '')"


def colliding_share(distinct: int, buckets: int) -> float:
    """Returns the share of values that are expected to share their bucket with another: 1 - (1 - 1/m)^(n - 1).

    Args:
        distinct: number of different values, n.
        buckets: number of buckets, m, 1 or more.

    Example:
        >>> colliding_share(2, 4), round(colliding_share(1001, 1000), 3)
        (0.25, 0.632)
    """
    return 1 - (1 - 1 / buckets) ** max(0, distinct - 1)


def _outside(feature: FeatureConfig, name: str, column: ColumnFacts) -> list[str]:
    """Returns the ways, as conditions in SQL, in which a present value is outside of what the config declares."""
    if type_of(feature).is_list:
        return []
    if feature.num_buckets:
        number = f"TRY_CAST({name} AS BIGINT)"
        return [f"COALESCE({number} < 0 OR {number} >= {feature.num_buckets}, true)"]
    if feature.vocab_list and column.family != REAL:
        return [f"CAST({name} AS VARCHAR) NOT IN ({', '.join(text(word) for word in feature.vocab_list)})"]
    if column.family not in NUMBERS:
        return []
    if feature.boundaries:
        return [f"{name} < {feature.boundaries[0]!r}", f"{name} >= {feature.boundaries[-1]!r}"]
    if feature.min_val < feature.max_val:
        number = f"sign({name}) * ln(1 + abs({name}))" if feature.normalizer_fn == "log1p" else name
        return [f"{number} NOT BETWEEN {feature.min_val!r} AND {feature.max_val!r}"]
    return []


def judge_features(config: PipelineConfig, features: Sequence[FeatureFacts]) -> Iterator[Finding]:
    """Yields what is odd about the values of features."""
    by_name = {name_of(one): one for one in config.feature_config.features}
    told = set()
    for one in features:
        feature = by_name[one.feature]
        where = f'feature "{one.feature}"'
        if one.column not in told:
            told.add(one.column)
            yield from _of_missing(one)
        if one.unseen is not None and one.unseen >= _SOME_UNSEEN:
            level = WARNING if one.unseen >= _MANY_UNSEEN else NOTE
            text_of = (
                f"{one.unseen:.1%} of its values in evaluation are in no training row: they have no learned embedding"
            )
            yield Finding(level, "unseen ids", where, text_of)
        if one.colliding is not None and one.colliding >= _SOME_COLLIDING:
            level = WARNING if one.colliding >= _MANY_COLLIDING else NOTE
            told_of = (
                f"{one.colliding:.0%} of {one.distinct:,} values are expected to share one of "
                f"{feature.hash_bucket_size:,} buckets with another; 5 buckets a value leave 18 %"
            )
            yield Finding(level, "hash collisions", where, told_of)
        if one.outside:
            yield from _of_outside(feature, one, where)


def _of_missing(one: FeatureFacts) -> Iterator[Finding]:
    where = f'column "{one.column}"'
    if one.missing_train == 1:
        yield Finding(WARNING, "missing", where, "has no value in any training row: each has the default")
    elif one.missing_train is not None and one.missing_train >= _MANY_MISSING:
        yield Finding(NOTE, "missing", where, f"{one.missing_train:.1%} of training rows have no value")
    if one.distinct == 1 and not one.missing_train:
        yield Finding(WARNING, "missing", where, "has one value in all training rows: nothing is learned of it")


def _of_outside(feature: FeatureConfig, one: FeatureFacts, where: str) -> Iterator[Finding]:
    assert one.outside is not None
    if feature.num_buckets:
        what = f"0 .. {feature.num_buckets - 1} (num_buckets), and share the bucket behind them"
    elif feature.vocab_list:
        what = "vocab_list, and share the bucket behind it"
    elif feature.boundaries:
        if one.outside < _BEYOND_BOUNDARIES:
            return
        what = "the boundaries, at either end: they cut where hardly a value is"
    else:
        what = f"[{feature.min_val:g}, {feature.max_val:g}] (min_val, max_val), and are scaled to below 0 or above 1"
    level = WARNING if one.outside >= _MANY_OUTSIDE else NOTE
    yield Finding(level, "range", where, f"{one.outside:.2%} of its values are outside of {what}")
