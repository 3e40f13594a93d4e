"""Reading of a config of TorchEasyRec into a checked and normalised config of this package."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps_rec.config.load import Config, completed
from apps_rec.config.report import Places, Report, quoted
from apps_rec.config.text.grammar import Parser
from apps_rec.config.text.tokens import tokenize
from apps_rec.config.torcheasyrec import table
from apps_rec.config.torcheasyrec.features import Features
from apps_rec.config.torcheasyrec.features.columns import Columns
from apps_rec.config.torcheasyrec.features.sources import Sources
from apps_rec.config.torcheasyrec.groups import Groups
from apps_rec.config.torcheasyrec.models import Models
from apps_rec.config.torcheasyrec.towers import Towers
from apps_rec.config.torcheasyrec.training import evaluation, training
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

_BATCH = 1024
_INPUTS = {"ParquetDataset": DataConfig.ParquetInput, "CsvDataset": DataConfig.CSVInput}


def read_torcheasyrec(text: str, name: str, lists: Collection[str] = (), files_here: bool = True) -> Config:
    """Reads a config of TorchEasyRec.

    Args:
        text: the config.
        name: its file, for messages; a name that ends in .json shows well-formed JSON.
        lists: features, or columns, whose cells hold several values where the config does not say so.
        files_here: whether the files that the config names must exist.

    Raises:
        ConfigError: something is refused or wrong; one line for each.
    """
    report = Report(Places(name))
    theirs: Any = table.new_config()
    as_json = name.lower().endswith(".json")
    Parser(tokenize(text, as_json), report, as_json, table=table).parse(theirs, "")
    ours = PipelineConfig()
    for field in ("train_input_path", "eval_input_path", "model_dir"):
        if theirs.HasField(field):
            setattr(ours, field, getattr(theirs, field))
    columns = Columns(theirs.data_config, report)
    _data(theirs.data_config, ours.data_config, report)
    training(theirs, ours, report)
    sources = Sources(theirs.data_config, lists, report)
    features = Features(ours.feature_config.features, columns, sources, report)
    for at, feature in enumerate(theirs.feature_configs):
        features.add(feature, f"feature_configs[{at}]")
    towers = Towers(columns, report)
    groups = Groups(theirs.model_config, ours.model_config, features, towers, report)
    Models(theirs, ours, groups, towers, report).translate()
    for at, label in enumerate(ours.data_config.label_fields):
        towers.label(label, f"data_config.label_fields[{at}]", False)
    evaluation(theirs, ours, report)
    columns.write(ours.data_config)
    known = features.names | columns.names
    for one in dict.fromkeys(lists):
        if one not in known:
            text = f'--lists names "{one}", and no feature or column is called so.'
            report.error("feature_configs", text, got=one, among=known)
    if features.taken_for_single:
        text = (
            "a cell of these features is taken for one value, as their value_dim does not say; name those that hold"
            f" lists with --lists: {quoted(features.taken_for_single, 300)}"
        )
        report.warn("feature_configs", text)
    return completed(ours, report, files_here)


def _data(given: Any, made: DataConfig, report: Report) -> None:
    made.batch_size = given.batch_size or _BATCH
    made.label_fields.extend(given.label_fields)
    if not given.HasField("dataset_type"):
        if not report.is_broken("data_config.dataset_type"):
            text = "is missing: expected ParquetDataset or CsvDataset; OdpsDataset, its default there, is not read."
            report.error("data_config.dataset_type", text)
        report.places.broken.add("data_config.input_type")
        return
    kind = given.DESCRIPTOR.fields_by_name["dataset_type"].enum_type.values[given.dataset_type].name
    made.input_type = _INPUTS[kind]
    if kind == "CsvDataset":
        if given.HasField("delimiter"):
            made.separator = given.delimiter
        if given.HasField("with_header"):
            made.with_header = given.with_header
    made.shuffle = given.shuffle
    for name in ("eval_batch_size", "drop_remainder"):
        if given.HasField(name):
            setattr(made, name, getattr(given, name))
