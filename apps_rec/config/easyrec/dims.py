"""Columns with several numbers in each cell, by EasyRec's `input_dim`: they become STRING, as lists are read."""

from __future__ import annotations

from apps_rec.config.report import Report
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

_NAMES = ("input_dim", "input_shape")


def join_numbers(config: PipelineConfig, report: Report) -> None:
    """Makes columns of several numbers STRING in a rewritten config, in place.

    The RawFeature that reads one says how many numbers there are, too, and both must agree.
    """
    dims: dict[str, tuple[str, int]] = {}
    for at, column in enumerate(config.data_config.input_fields):
        path = f"data_config.input_fields[{at}]"
        given = {name: getattr(column, name) for name in _NAMES if getattr(column, name) > 1}
        if len(set(given.values())) > 1:
            text = f"expected the same as input_dim, {column.input_dim}, got {column.input_shape}."
            report.error(f"{path}.input_shape", text)
        if given:
            name = next(iter(given))
            dims[column.input_name] = (f"{path}.{name}", given[name])
            if column.input_type != DataConfig.STRING:
                report.note(f"{path}.input_type", "a column of several numbers is read as STRING")
                column.input_type = DataConfig.STRING
        for name in _NAMES:
            if column.HasField(name) and name not in given:
                report.note(f"{path}.{name}", "a cell holds one value")
            column.ClearField(name)
    for at, feature in enumerate(config.feature_config.features):
        for name in feature.input_names if feature.feature_type == FeatureConfig.RawFeature else ():
            place, dim = dims.get(name, ("", feature.raw_input_dim))
            if dim != feature.raw_input_dim:
                path = f"feature_config.features[{at}].raw_input_dim"
                text = f'expected {dim}, the numbers in a cell of "{name}" ({report.line(place)}), got'
                report.error(path, f"{text} {feature.raw_input_dim}.")
