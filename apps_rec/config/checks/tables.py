"""Checks of embedding tables: how they begin, and whether features that share one agree."""

from __future__ import annotations

import math
from typing import Any

from apps_rec.config.checks.context import Context
from apps_rec.config.features import id_spaces_of, is_of_numbers
from apps_rec.config.report import quoted
from apps_rec.protos.feature_pb2 import ConstantInitializer, FeatureConfig, Initializer, UniformInitializer


def id_space(feature: FeatureConfig) -> tuple[str, Any] | None:
    """Returns the option that defines the rows of a feature's table, and its value; None where there is none."""
    for name in id_spaces_of(feature):
        value = getattr(feature, name)
        if feature.DESCRIPTOR.fields_by_name[name].is_repeated:
            if value:
                return name, tuple(value)
        elif feature.HasField(name):
            return name, (value, feature.min_count) if name == "vocab_file" else value
    return None


def check_tables(context: Context) -> None:
    """Reports initializers that draw nothing, files for no table, and features of one embedding_name that differ."""
    files: dict[str, tuple[str, FeatureConfig]] = {}
    first: dict[str, tuple[str, FeatureConfig]] = {}
    for path, feature in context.each_feature():
        if feature.HasField("initializer"):
            _initializer(context, f"{path}.initializer", feature.initializer)
        if feature.HasField("embedding_init"):
            _embedding_init(context, path, feature)
            other_path, other = files.setdefault(feature.embedding_name or feature.feature_name, (path, feature))
            if feature.embedding_init != other.embedding_init:
                whose = f'"{other.feature_name}" ({context.report.line(other_path)})'
                text = f'the table "{feature.embedding_name}" is shared with {whose}; expected the same, or none.'
                context.report.error(f"{path}.embedding_init", text)
        space = id_space(feature)
        if not feature.embedding_name or space is None:
            continue
        if feature.embedding_name not in first:
            first[feature.embedding_name] = (path, feature)
            continue
        other_path, other = first[feature.embedding_name]
        if feature.feature_name == other.feature_name:
            continue
        _compare(context, path, feature, other_path, other)


def _initializer(context: Context, path: str, initializer: Initializer) -> None:
    report, kind = context.report, initializer.WhichOneof("initializer_oneof")
    if kind is None:
        kinds = [one.name for one in initializer.DESCRIPTOR.fields]
        if not (report.any_broken(path, *kinds) or report.any_refused(path)):
            report.error(path, f"says nothing; expected one of {quoted(kinds)}.")
        return
    here, given = f"{path}.{kind}", getattr(initializer, kind)
    context.in_ranges(given, here)
    if isinstance(given, ConstantInitializer) and len(given.consts) != 1:
        report.error(
            f"{here}.consts", f"expected one number, which every embedding is made of, got {len(given.consts)}."
        )
    elif isinstance(given, ConstantInitializer) and not math.isfinite(given.consts[0]):
        report.error(f"{here}.consts", f"expected a finite number, got {given.consts[0]:g}.")
    elif isinstance(given, UniformInitializer) and not given.minval < given.maxval:
        text = f"expected a number above minval, {given.minval:g}, got {given.maxval:g}."
        report.error(f"{here}.maxval", text)


def _embedding_init(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports a file of vectors that no rows of a table can begin at."""
    report, init, here = context.report, feature.embedding_init, f"{path}.embedding_init"
    if not init.input_path:
        report.missing(here, "input_path", "Parquet files with a vector for each id")
    for name in ("id_column", "vector_column"):
        if not getattr(init, name):
            report.error(f"{here}.{name}", "is empty; expected the name of a column.")
    if init.id_column and init.id_column == init.vector_column:
        report.error(f"{here}.vector_column", f'"{init.id_column}" is the column of the ids; expected another.')
    if not feature.embedding_dim and not report.is_broken(f"{path}.embedding_dim"):
        report.error(here, "there is no embedding that could begin at a vector: embedding_dim is 0.")
    if feature.boundaries or is_of_numbers(feature) or feature.HasField("precision"):
        report.error(
            here, "the ids of this feature are made of numbers; expected ids that stand in a file as they are."
        )


def _compare(context: Context, path: str, feature: FeatureConfig, other_path: str, other: FeatureConfig) -> None:
    report, table = context.report, feature.embedding_name
    whose = f'"{other.feature_name}" ({report.line(other_path)})'
    broken = any(report.is_broken(f"{p}.embedding_dim") for p in (path, other_path))
    if feature.embedding_dim != other.embedding_dim and not broken:
        report.error(
            f"{path}.embedding_dim",
            f'the table "{table}" is shared with {whose}, which has embedding_dim {other.embedding_dim};'
            f" expected the same, got {feature.embedding_dim}.",
        )
    if feature.initializer != other.initializer:
        report.error(
            f"{path}.initializer", f'the table "{table}" is shared with {whose}; expected the same initializer.'
        )
    mine, theirs = id_space(feature), id_space(other)
    if mine and theirs and mine != theirs:
        report.error(
            f"{path}.{mine[0]}",
            f'the table "{table}" is shared with {whose}, whose ids come from {_shown(theirs)};'
            f" expected the same, got {_shown(mine)}.",
        )


def _shown(space: tuple[str, Any]) -> str:
    name, value = space
    if name == "vocab_file":
        return f'{name} "{value[0]}" (min_count {value[1]})'
    return f"{name} of {len(value)}" if isinstance(value, tuple) else f"{name} {value}"
