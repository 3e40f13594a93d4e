"""Checks of embedding tables that several features share."""

from __future__ import annotations

from typing import Any

from apps_rec.config.checks.context import Context
from apps_rec.config.features import id_spaces_of
from apps_rec.protos.feature_pb2 import FeatureConfig


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
    """Reports features of one embedding_name whose tables differ."""
    first: dict[str, tuple[str, FeatureConfig]] = {}
    for path, feature in context.each_feature():
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
