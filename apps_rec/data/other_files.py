"""Reads, in the place of a config's own files, files that are written in another way."""

from __future__ import annotations

from apps_rec.config.passes import EVALUATE, of_other_files
from apps_rec.data.csv_header import schema_for_rows
from apps_rec.data.files import data_files
from apps_rec.data.schema import INPUT_TYPES
from apps_rec.data.schema_of_config import build_schema
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

_NAMES = {name: DataConfig.InputType.Name(number) for number, name in INPUT_TYPES.items()}


def config_of_other_files(config: PipelineConfig, paths: str) -> PipelineConfig:
    """Returns a copy of a config whose `evaluate` measures all rows of other files, see `of_other_files`.

    The ending of the first file says its format; CSV files are read as `predict` reads them: by csv_form, and with the
    separator of the line of names.

    Raises:
        DataError: there is no such file, or its ending says no format.
    """
    copy = of_other_files(config, paths)
    data = copy.data_config
    first = data_files(paths, "input", data.input_timeout_seconds)[0]
    schema = schema_for_rows(build_schema(copy, EVALUATE), first)
    data.MergeFrom(DataConfig(input_type=_NAMES[schema.input_type]))
    if data.input_type == DataConfig.CSVInput:
        data.ClearField("csv_form")
        data.with_header, data.separator = schema.with_header, schema.separator
        data.escape_char, data.decimal_separator = schema.escape_char, schema.decimal_separator
        data.ClearField("null_words")
        data.null_words.extend(schema.null_words)
    return copy
