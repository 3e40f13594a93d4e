"""The hyperparameters of a run: what its config sets, as flat names and values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from apps_rec.config.report import item_name
from apps_rec.protos.pipeline_pb2 import PipelineConfig

Value = str | float | bool
# More would be a page that nobody reads; MLflow takes 100 at once.
MOST = 100
_LONGEST_NAME, _LONGEST_VALUE = 240, 500
# What is no hyperparameter: where things are, what is measured or served, and lists as long as the data is wide.
_LEFT_OUT = {
    "train_config": {"mlflow_uri", "mlflow_experiment"},
    "model_config": {"feature_groups", "score", "score_formula", "score_value_field"},
    "data_config": {"input_fields", "label_fields", "key_fields", "row_filter", "separator", "with_header"},
}
_NOT_TRAINED = {"metrics_set", "label_name", "tower_name"}
_PREFIX = re.compile(r"^(train_config|data_config|model_config(\.rank_model)?)\.")


def hyperparameters(message: PipelineConfig, most: int = MOST) -> tuple[dict[str, Value], int]:
    """Returns what a config sets in train_config, model_config and data_config, by short names, the same in every run.

    A name is the path in the config without the section in front, with the name of a tower or a group in the place of
    its brackets: `batch_size`, `task_towers.ctr.weight`. A list of plain values is one text, and a message without
    fields, such as the choice of a head, is "{}". Floats have the digits that were written, not those of 32 bits.
    Features, feature groups, columns and metrics are left out.

    Args:
        message: config, checked and normalised.
        most: largest number of values; the first ones are taken.

    Returns:
        The values by name, and the number of those that were left out since there were more than `most`.
    """
    found: dict[str, Value] = {}
    for section, left_out in _LEFT_OUT.items():
        for path, value in _values(getattr(message, section), section, left_out | _NOT_TRAINED):
            name = _name(path)
            # Names of towers may differ only by characters that are not kept.
            others = (f"{name}_{number}" for number in itertools.count(2))
            found[name if name not in found else next(other for other in others if other not in found)] = value
    kept = dict(list(found.items())[:most])
    return kept, len(found) - len(kept)


def _values(message: Message, path: str, left_out: set[str]) -> Iterator[tuple[str, Value]]:
    for field, value in message.ListFields():
        if field.name in left_out:
            continue
        name = f"{path}.{field.name}"
        if field.message_type is None:
            yield name, _text(field, value) if field.is_repeated else _plain(field, value)
        elif not field.is_repeated:
            yield from _message(value, name)
        else:
            for at, item in enumerate(value):
                named = item_name(item)
                place = f".{named[1]}" if named else f".{at}" if len(value) > 1 else ""
                yield from _message(item, f"{name}{place}")


def _message(message: Message, path: str) -> Iterator[tuple[str, Value]]:
    if message.ListFields():
        yield from _values(message, path, _NOT_TRAINED)
    else:
        yield path, "{}"


def _plain(field: FieldDescriptor, value: Any) -> Value:
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        return float(str(np.float32(value)))
    return value[:_LONGEST_VALUE] if isinstance(value, str) else value


def _text(field: FieldDescriptor, values: Any) -> str:
    return ", ".join(str(_plain(field, value)) for value in values)[:_LONGEST_VALUE]


def _name(path: str) -> str:
    """Returns the short name of a path, of characters that TensorBoard and MLflow both take."""
    return re.sub(r"[^\w.-]", "_", _PREFIX.sub("", path))[:_LONGEST_NAME]
