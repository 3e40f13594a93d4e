"""Checks of features marked position: only the position tower may read them."""

from __future__ import annotations

from apps_rec.config.checks.context import POSITION, Context
from apps_rec.protos.feature_pb2 import FeatureConfig


def check_position(context: Context) -> None:
    """Reports position features outside the position tower, other features inside, and columns without a default."""
    report = context.report
    positions = [(path, feature) for path, feature in context.each_feature() if feature.position]
    marked = {feature.feature_name: path for path, feature in positions}
    tower = context.rank.HasField("position_tower")
    defined = context.rank.position_tower.group_name in context.groups
    for path, feature in positions:
        if not tower:
            text = f'"{feature.feature_name}" is marked position, but the model has no position_tower to read it.'
            report.error(f"{path}.position", text)
    _columns(context, positions)
    for group_name, (path, group) in context.groups.items():
        of_tower = context.roles(group_name) == {POSITION}
        for at, name in enumerate(group.feature_names):
            here = f"{path}.feature_names[{at}]"
            if name in marked and not of_tower and tower and defined:
                report.error(
                    here,
                    f'"{name}" is marked position ({report.line(marked[name])}); only the group of the'
                    " position tower may list it.",
                )
            elif name in context.features and name not in marked and POSITION in context.roles(group_name):
                report.error(here, f'"{name}" is not marked position; the position tower reads only features that are.')


def _columns(context: Context, positions: list[tuple[str, FeatureConfig]]) -> None:
    """Reports columns without default_val, which the export feeds, and columns that other features read too."""
    report = context.report
    first: dict[str, tuple[str, FeatureConfig]] = {}
    for path, feature in positions:
        for name in feature.input_names:
            first.setdefault(name, (path, feature))
    for name, (path, feature) in first.items():
        column = context.columns.get(name)
        if column is not None and not column.HasField("default_val"):
            report.error(
                context.column_paths[name],
                f'default_val is missing: "{name}" feeds a position feature ({report.line(path)}), and the export uses'
                " its default.",
            )
        for other_path, other in context.readers.get(name, ()):
            if not other.position:
                report.error(
                    f"{other_path}.input_names[{list(other.input_names).index(name)}]",
                    f'"{name}" feeds the position feature "{feature.feature_name}" ({report.line(path)}); expected'
                    " position: true here too.",
                )
