"""Names that stand for several, `f[1-21]` and the `shared_names` of a feature: they are written out."""

from __future__ import annotations

import re

from apps_rec.config.report import Report
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

_BRACKETS = re.compile(r"([^\[\]]*)\[([0-9]{1,9})-([0-9]{1,9})\]")
# Names that one pair of brackets may stand for.
_MOST = 10_000

_COLUMNS, _FEATURES, _GROUPS = "data_config.input_fields", "feature_config.features", "model_config.feature_groups"


def expand(config: PipelineConfig, report: Report) -> None:
    """Writes out names in a rewritten config in place.

    Brackets in names of columns and in shared_names are taken so where auto_expand_input_fields is set, those of a
    group where no feature has just this name.
    """
    data = config.data_config
    in_brackets = data.auto_expand_input_fields
    if in_brackets:
        _columns(data, report)
    data.ClearField("auto_expand_input_fields")
    for at, feature in enumerate(list(config.feature_config.features)):
        if feature.shared_names:
            _shared(config, at, in_brackets, report)
    known = {feature.feature_name or next(iter(feature.input_names), "") for feature in config.feature_config.features}
    for at, group in enumerate(config.model_config.feature_groups):
        names: list[str] = []
        for place, name in enumerate(group.feature_names):
            path, written = f"{_GROUPS}[{at}].feature_names", f"{_GROUPS}[{at}].feature_names[{place}]"
            report.places.origins[f"{path}[{len(names)}]"] = (written, False)
            for one in [name] if name in known else _names(name, f"{path}[{len(names)}]", report):
                report.places.origins[f"{path}[{len(names)}]"] = (written, False)
                names.append(one)
        group.ClearField("feature_names")
        group.feature_names.extend(names)


def _columns(data: DataConfig, report: Report) -> None:
    columns: list[DataConfig.Field] = []
    for at, column in enumerate(data.input_fields):
        report.places.origins[f"{_COLUMNS}[{len(columns)}]"] = (f"{_COLUMNS}[{at}]", True)
        for name in _names(column.input_name, f"{_COLUMNS}[{len(columns)}].input_name", report):
            report.places.origins[f"{_COLUMNS}[{len(columns)}]"] = (f"{_COLUMNS}[{at}]", True)
            new = DataConfig.Field()
            new.CopyFrom(column)
            new.input_name = name
            columns.append(new)
    data.ClearField("input_fields")
    data.input_fields.extend(columns)


def _shared(config: PipelineConfig, at: int, in_brackets: bool, report: Report) -> None:
    """Adds a copy of a feature for each of its shared_names, which reads that column and is called like it."""
    features = config.feature_config.features
    path = f"{_FEATURES}[{at}]"
    written = report.places.as_written(path)
    names = list(features[at].shared_names)
    features[at].ClearField("shared_names")
    for place, text in enumerate(names):
        here = f"{path}.shared_names[{place}]"
        for name in _names(text, here, report) if in_brackets else [text]:
            origins, new = report.places.origins, f"{_FEATURES}[{len(features)}]"
            origins[new] = (written, True)
            for part in ("input_names", "feature_name"):
                origins[f"{new}.{part}"] = (f"{written}.shared_names[{place}]", False)
            copy = FeatureConfig()
            copy.CopyFrom(features[at])
            copy.ClearField("feature_name")
            del copy.input_names[:]
            copy.input_names.append(name)
            features.append(copy)


def _names(text: str, path: str, report: Report) -> list[str]:
    """Returns the names that a text stands for: `f[1-3]` for f1, f2 and f3, any other text for itself.

    The path is that of the first of them after the rewriting, as the report takes every path.
    """
    match = _BRACKETS.fullmatch(text)
    if match is None:
        return [text]
    prefix, first, last = match[1], int(match[2]), int(match[3])
    if not first <= last < first + _MOST:
        report.error(path, f'"{text}": expected up to {_MOST:,} numbers, the first one not above the last.')
        report.places.broken.add(report.places.as_written(path))
        return [text]
    return [f"{prefix}{number}" for number in range(first, last + 1)]
