"""Sides of columns: those of the user, of the item and of the context of a request."""

from __future__ import annotations

from collections.abc import Iterator

from apps_rec.config.features import type_of
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

ITEM, USER, CONTEXT = "item", "user", "context"
SIDES = {FeatureConfig.ITEM: ITEM, FeatureConfig.USER: USER, FeatureConfig.CONTEXT: CONTEXT}


def says_a_side(feature: FeatureConfig) -> bool:
    """Tells whether a feature states the side of its columns: a cross does so only where `side` is given."""
    if feature.position:
        return False
    return type_of(feature).has_side or feature.HasField("side") or bool(feature.input_sides)


def stated_sides(config: PipelineConfig) -> Iterator[tuple[str, int, str]]:
    """Yields each stated side: the column, the place of the feature that states it, and the side."""
    for at, feature in enumerate(config.feature_config.features):
        if says_a_side(feature):
            given = feature.input_sides or [feature.side] * len(feature.input_names)
            for name, side in zip(feature.input_names, given, strict=False):
                yield name, at, SIDES[side]


def column_sides(config: PipelineConfig) -> dict[str, str]:
    """Returns the side of every column that a feature reads, without the columns of position features.

    A column whose side no feature states, since only crosses read it, counts as the item's; so does the column of
    score_value_field. They are asked for in every row, which is always right, only slower.
    """
    sides: dict[str, str] = {}
    for name, _, side in stated_sides(config):
        sides.setdefault(name, side)
    for feature in config.feature_config.features:
        if not feature.position:
            for name in feature.input_names:
                sides.setdefault(name, ITEM)
    if config.model_config.score_value_field:
        sides.setdefault(config.model_config.score_value_field, ITEM)
    return sides
