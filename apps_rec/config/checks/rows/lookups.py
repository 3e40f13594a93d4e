"""Checks of features of several values a cell: what a LookupFeature finds in a map, and crosses of lists."""

from __future__ import annotations

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.rows.numbers import check_boundaries
from apps_rec.protos.feature_pb2 import FeatureConfig

_COMBINERS, _OF_NUMBERS = ("sum", "mean", "sqrtn"), ("sum", "mean")


def check_pooling(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports a combiner that is not known."""
    if feature.combiner not in _COMBINERS:
        text = f'expected sum, mean or sqrtn, got "{feature.combiner}".'
        context.report.error(f"{path}.combiner", text, got=feature.combiner, among=_COMBINERS)


def check_lookup(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports wrong options of a LookupFeature, or of a LookupRawFeature."""
    report = context.report
    if feature.feature_type == FeatureConfig.LookupFeature:
        check_pooling(context, path, feature)
        context.above_zero(feature, path, "lookup_max_sel_elem_num")
    elif feature.combiner not in _OF_NUMBERS:
        text = f'expected sum or mean, got "{feature.combiner}".'
        report.error(f"{path}.combiner", text, got=feature.combiner, among=_OF_NUMBERS)
    if not feature.separator:
        report.error(f"{path}.separator", "is empty; expected at least one character.")
    if not feature.kv_separator:
        report.missing(path, "kv_separator", 'the text between key and value, ":" in "a:1|b:2"')
    elif feature.kv_separator == feature.separator:
        report.error(f"{path}.kv_separator", f'expected a text other than separator "{feature.separator}".')
    if feature.boundaries:
        check_boundaries(context, path, feature)


def check_combo(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports wrong options of a ComboFeature."""
    report, given = context.report, len(feature.combo_input_seps)
    if not feature.combo_join_sep:
        report.error(f"{path}.combo_join_sep", "is empty; expected at least one character.")
    if given and given != len(feature.input_names):
        text = f'expected {len(feature.input_names)}, one for each of input_names ("" for single values), got {given}.'
        report.error(f"{path}.combo_input_seps", text)
    if any(feature.combo_input_seps):
        check_pooling(context, path, feature)
        context.above_zero(feature, path, "max_seq_len")
