"""Files and rows of each pass over the data: the training, the choice of a checkpoint (validation), `evaluate`.

| pass | files | rows |
| --- | --- | --- |
| train | train_input_path | those of the TRAIN filters, without the holdout |
| validate, with a holdout | train_input_path | the holdout, of the TRAIN and the VALIDATION filters |
| validate, without | eval_input_path | those of the VALIDATION filters |
| evaluate | eval_input_path | those of the EVALUATION filters |
"""

from __future__ import annotations

from typing import Any

from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

TRAIN, VALIDATE, EVALUATE = "train", "validate", "evaluate"
PASSES = (TRAIN, VALIDATE, EVALUATE)
_USES = {
    TRAIN: DataConfig.RowFilter.TRAIN,
    VALIDATE: DataConfig.RowFilter.VALIDATION,
    EVALUATE: DataConfig.RowFilter.EVALUATION,
}


def has_holdout(data: DataConfig) -> bool:
    """Tells whether a part of train_input_path is kept out of training."""
    return data.holdout_fraction > 0 or bool(data.holdout_from)


def input_field(data: DataConfig, name: str) -> str:
    """Returns the name of the field that holds the files of a pass."""
    return "train_input_path" if name == TRAIN or (name == VALIDATE and has_holdout(data)) else "eval_input_path"


def filters_of(data: DataConfig, name: str) -> list[DataConfig.RowFilter]:
    """Returns the row filters of a pass, in their order."""
    uses = {_USES[name]}
    if name == VALIDATE and has_holdout(data):
        # The holdout is a part of the training's rows.
        uses.add(_USES[TRAIN])
    return [row_filter for row_filter in data.row_filter if not row_filter.use or uses & set(row_filter.use)]


def filters_of_split(data: DataConfig) -> list[DataConfig.RowFilter]:
    """Returns the row filters of `evaluate` that part the rows between passes: those with `use`."""
    return [row_filter for row_filter in filters_of(data, EVALUATE) if row_filter.use]


def of_other_files(config: PipelineConfig, path: str) -> PipelineConfig:
    """Returns a copy of a config whose `evaluate` measures all rows of other files.

    What parts or cuts the config's own files is left out: filters with `use`, and num_examples. Filters for all passes
    stay.
    """
    copy = PipelineConfig()
    copy.CopyFrom(config)
    copy.eval_input_path = path
    copy.eval_config.ClearField("num_examples")
    general = [row_filter for row_filter in config.data_config.row_filter if not row_filter.use]
    copy.data_config.ClearField("row_filter")
    copy.data_config.row_filter.extend(general)
    return copy


def evaluated_rows(config: PipelineConfig) -> dict[str, Any]:
    """Returns the fields of a resolved config that decide which rows `evaluate` measures; metrics.json records them."""
    data = config.data_config
    return {
        "eval_input_path": config.eval_input_path,
        "row_filter": sorted(filter_as_text(item) for item in filters_of(data, EVALUATE)),
        "num_examples": config.eval_config.num_examples,
        "bad_rows": DataConfig.BadRows.Name(data.bad_rows),
    }


def filter_as_text(row_filter: DataConfig.RowFilter) -> str:
    """Writes a filter as one line, such as `date from "2026-11-01" to "2026-11-08"`; equal filters give equal lines."""
    parts = [row_filter.column]
    for name in ("keep", "drop"):
        if values := sorted(set(getattr(row_filter, name))):
            parts.append(f"{name} {', '.join(map(_quoted, values))}")
    parts += [f"{name} {_quoted(getattr(row_filter, name))}" for name in ("from", "to") if row_filter.HasField(name)]
    return " ".join(parts)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
