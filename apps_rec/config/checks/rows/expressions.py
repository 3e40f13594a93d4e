"""Checks of an ExprFeature: its expression, letter by letter, and the columns that it reads."""

from __future__ import annotations

from apps_rec.config.checks.context import Context
from apps_rec.config.text.expression import FUNCTIONS, ExpressionError, check_kinds, columns_in, parse_expression
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig


def check_expression(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports the first mistake of an expression, with its place in the text."""
    report, here = context.report, f"{path}.expression"
    if not feature.expression:
        report.missing(path, "expression", 'a computation with the columns of input_names, such as "age >= 18"')
        return
    if report.any_broken(path, "expression", "input_names"):
        return
    names = [*feature.input_names]
    truths = [name for name in names if name in context.columns and _is_truth(context.columns[name])]
    try:
        tree = parse_expression(feature.expression, names)
        check_kinds(tree, truths)
    except ExpressionError as error:
        text = f"column {error.at}: {error.text}"
        if error.name is None:
            report.error(here, text)
        elif error.name in context.columns:
            report.error(here, f"{text} Add it to input_names.")
        else:
            report.error(here, text, got=error.name, among=[*names, *FUNCTIONS])
        return
    if next(columns_in(tree), None) is None:
        report.error(here, "reads no column, so that it is the same for every row.")


def _is_truth(column: DataConfig.Field) -> bool:
    return column.input_type == DataConfig.BOOL
