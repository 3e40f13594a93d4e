"""Checks of features marked position: they feed the position tower and nothing else."""

from __future__ import annotations

from apps_rec.config.checks.context import POSITION, Context


def check_position(context: Context) -> None:
    """Reports position features outside their tower, others inside, and columns without a default."""
    report = context.report
    marked = {feature.feature_name: path for path, feature in context.each_feature() if feature.position}
    tower = context.rank.HasField("position_tower")
    defined = context.rank.position_tower.group_name in context.groups
    for name, path in marked.items():
        if not tower:
            text = f'"{name}" is marked position, but the model has no position_tower to read it.'
            report.error(f"{path}.position", text)
        _columns(context, path)
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


def _columns(context: Context, path: str) -> None:
    """The export feeds default_val of these columns, so it must be given, and nothing else may read them."""
    report = context.report
    (feature,) = (feature for p, feature in context.each_feature() if p == path)
    for name in feature.input_names:
        column = context.columns.get(name)
        if column is not None and not column.HasField("default_val"):
            at = list(context.config.data_config.input_fields).index(column)
            report.error(
                f"data_config.input_fields[{at}]",
                f'default_val is missing: "{name}" feeds a position feature ({report.line(path)}), and the export uses'
                " its default.",
            )
        for other_path, other in context.each_feature():
            if name in other.input_names and not other.position:
                report.error(
                    f"{other_path}.input_names[{list(other.input_names).index(name)}]",
                    f'"{name}" feeds the position feature "{feature.feature_name}" ({report.line(path)}); expected'
                    " position: true here too.",
                )
