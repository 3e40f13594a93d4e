"""Checks of a RawFeature: its statistics and its boundaries."""

from __future__ import annotations

import math

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.rows.words import as_float32, is_too_coarse
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig


def check_number(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports wrong options of a RawFeature."""
    report = context.report
    context.above_zero(feature, path, "raw_input_dim")
    if not feature.separator:
        report.error(f"{path}.separator", "is empty; expected at least one character.")
    pairs = (("min_val", "max_val"), ("mean", "stddev"))
    for one, other in (*pairs, *(pair[::-1] for pair in pairs)):
        if feature.HasField(one) and not feature.HasField(other) and not report.is_broken(f"{path}.{other}"):
            report.error(f"{path}.{one}", f"needs {other} beside it.")
    both = all(feature.HasField(name) for name in pairs[0])
    if both and not feature.min_val < feature.max_val:
        text = f"expected more than min_val, {feature.min_val:g}, got {feature.max_val:g}."
        report.error(f"{path}.max_val", text)
    if feature.HasField("stddev"):
        context.above_zero(feature, path, "stddev")
    if both and feature.HasField("mean"):
        report.error(f"{path}.mean", "min_val and max_val are given too; expected one way to normalise.")
    if feature.HasField("normalizer_fn") and feature.normalizer_fn != "log1p":
        report.error(f"{path}.normalizer_fn", f'expected "log1p", got "{feature.normalizer_fn}".')
    _statistics(context, path, feature)
    if feature.boundaries:
        check_boundaries(context, path, feature)
    elif feature.embedding_name != feature.feature_name:
        report.error(f"{path}.embedding_name", "a number has no table to share; tables hold ids.")


def _statistics(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports widths that are 0 in 32 bits, and statistics that are too fine for a column of 32 bits."""
    is_float = any(_type(context, name) == DataConfig.FLOAT for name in feature.input_names)
    ends = (feature.min_val, feature.max_val)
    pairs = (
        ("max_val", "max_val - min_val", ends[1] - ends[0], max(map(abs, ends))),
        ("stddev", "the stddev", feature.stddev, abs(feature.mean)),
    )
    for name, what, width, largest in pairs:
        if not feature.HasField(name) or not width > 0:
            continue
        if as_float32(width) == 0 or math.isinf(width):
            text = f"{what} is {width:g}, by which no number of 32 bits can be divided; expected another width."
            context.report.error(f"{path}.{name}", text)
        elif is_float and not feature.normalizer_fn and is_too_coarse(largest, width):
            text = (
                f"numbers near {largest:g} in a FLOAT column (32 bits) are too far apart for {what}, {width:g}; "
                "declare the column DOUBLE or INT64."
            )
            context.report.error(f"{path}.{name}", text)


def _type(context: Context, name: str) -> int | None:
    return context.columns[name].input_type if name in context.columns else None


def check_boundaries(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports cut points that do not ascend or are no numbers, and options that exclude them."""
    report = context.report
    is_float = any(_type(context, name) == DataConfig.FLOAT for name in feature.input_names)
    for at, (low, high) in enumerate(zip(feature.boundaries, feature.boundaries[1:], strict=False)):
        if not low < high:
            here = f"{path}.boundaries[{at + 1}]"
            report.error(here, f"boundaries must ascend; {high:g} comes after {low:g}.")
            break
        if is_float and as_float32(low) == as_float32(high):
            here = f"{path}.boundaries[{at + 1}]"
            text = f"{low!r} and {high!r} are one number in a FLOAT column (32 bits); declare it DOUBLE or INT64."
            report.error(here, text)
            break
    if any(not math.isfinite(as_float32(b) if is_float else b) for b in feature.boundaries):
        report.error(f"{path}.boundaries", "expected finite numbers.")
    for name in ("min_val", "max_val", "mean", "stddev", "normalizer_fn"):
        if feature.HasField(name):
            report.error(f"{path}.{name}", "a number is cut at boundaries or normalised, not both.")
            break
    if feature.raw_input_dim > 1:
        report.error(f"{path}.boundaries", f"cut one number; raw_input_dim is {feature.raw_input_dim}.")
