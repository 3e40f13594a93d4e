"""Which columns are of the user, which of the item and which of the context of a request."""

from __future__ import annotations

from collections.abc import Iterator

from apps_rec.config.features import type_of
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

ITEM, USER, CONTEXT = "item", "user", "context"
SIDES = {FeatureConfig.ITEM: ITEM, FeatureConfig.USER: USER, FeatureConfig.CONTEXT: CONTEXT}


def says_a_side(feature: FeatureConfig) -> bool:
    """Whether a feature says the side of its columns: a cross does only where `side` is given."""
    if feature.position:
        return False
    return type_of(feature).has_side or feature.HasField("side")


def stated_sides(config: PipelineConfig) -> Iterator[tuple[str, int, str]]:
    """Each statement that there is: column, place of the feature that makes it, side."""
    for at, feature in enumerate(config.feature_config.features):
        if says_a_side(feature):
            for name in feature.input_names:
                yield name, at, SIDES[feature.side]


def column_sides(config: PipelineConfig) -> dict[str, str]:
    """The side of every column that a feature reads, those of position features left out.

    A column that no feature says anything of, read by crosses alone, and the column of score_value_field are of the
    item: asked for in every row, which is right for all, only slower.
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
