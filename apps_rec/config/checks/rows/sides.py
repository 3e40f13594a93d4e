"""Checks of the sides of columns, and of the column of an item's value, for requests to rank."""

from __future__ import annotations

from apps_rec.config.checks.context import NUMBERS, Context
from apps_rec.config.sides import ITEM, column_sides, stated_sides
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig

RESERVED = "weights"
_VALUE = "model_config.score_value_field"


def check_sides(context: Context) -> None:
    """Reports columns with two sides, a model without columns of the item, and a value that no item can have."""
    report, features = context.report, context.config.feature_config.features
    for path, feature in context.each_feature():
        if feature.position and feature.HasField("side"):
            report.error(f"{path}.side", "is not for a position feature: the export does not ask for its column.")
        if feature.input_sides:
            _input_sides(context, path, feature)
    first: dict[str, tuple[int, str]] = {}
    for name, at, side in stated_sides(context.config):
        option = "input_sides" if features[at].input_sides else "side"
        path = f"feature_config.features[{at}].{option}"
        if report.is_broken(path):
            continue
        other, its_side = first.setdefault(name, (at, side))
        if side != its_side:
            given = "" if features[at].HasField("side") or features[at].input_sides else " (the default)"
            report.error(
                path,
                f'column "{name}" is of the {side} here{given} and of the {its_side} in feature '
                f'"{features[other].feature_name}" ({report.line(f"feature_config.features[{other}]")}); expected one'
                " side for both. Leave side out of a ComboFeature that crosses sides.",
            )
    read = {name for _, feature in context.each_feature() if not feature.position for name in feature.input_names}
    sides = column_sides(context.config)
    if RESERVED in sides:
        report.error(
            "feature_config.features",
            f'a column is called "{RESERVED}", as the input of the signature rank is that holds the weights of the'
            " score; expected another name.",
        )
    if read and all(sides[name] != ITEM for name in read):
        report.error(
            "feature_config.features",
            "every column is of the user or the context, so no candidate differs from another; expected a feature"
            " with side ITEM.",
        )
    if context.config.model_config.HasField("score_value_field"):
        _value(context, sides)


def _input_sides(context: Context, path: str, feature: FeatureConfig) -> None:
    here = f"{path}.input_sides"
    if feature.position:
        context.report.error(here, "is not for a position feature: the export does not ask for its columns.")
    elif feature.HasField("side"):
        context.report.error(here, "side is given too; expected one of them.")
    elif len(feature.input_sides) != len(feature.input_names):
        wanted, got = len(feature.input_names), len(feature.input_sides)
        context.report.error(here, f"expected {wanted}, one for each of input_names, got {got}.")


def _value(context: Context, sides: dict[str, str]) -> None:
    report, name = context.report, context.config.model_config.score_value_field
    column = context.column(_VALUE, name)
    if column is None:
        return
    position = {n for _, feature in context.each_feature() if feature.position for n in feature.input_names}
    if column.input_type not in NUMBERS or column.input_type == DataConfig.BOOL:
        kind = DataConfig.FieldType.Name(column.input_type)
        report.error(_VALUE, f'expected a column of numbers; "{name}" is {kind}.')
    elif name in context.labels:
        report.error(_VALUE, f'"{name}" is a label, which is not known when an item is ranked.')
    elif name in position:
        report.error(_VALUE, f'"{name}" feeds a position feature; the export does not ask for its column.')
    elif sides.get(name, ITEM) != ITEM:
        report.error(_VALUE, f'"{name}" is of the {sides[name]}; expected a column that each item has for itself.')
