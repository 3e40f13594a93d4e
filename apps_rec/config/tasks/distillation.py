"""Distillation: which outputs learn soft labels, and from which columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps_rec.config.heads import head_of
from apps_rec.config.tasks.kinds import CLASSES, NUMBER, PROBABILITY, SHARE, SHARE_OF_ONE, VALUE, kind_name
from apps_rec.names import logit_name, probability_name
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.loss_pb2 import Kd
from apps_rec.protos.model_pb2 import ModelConfig, RankModel

# A loss without a name is called by this and its pred_name.
_PREFIX = "kd_"


@dataclass(frozen=True)
class Student:
    """An output that may learn soft labels.

    Attributes:
        is_logits: whether it holds logits.
        width: how many numbers a row has, 0 for a single one.
        is_number: whether it is a number that is no probability, which only a squared error compares.
    """

    is_logits: bool
    width: int = 0
    is_number: bool = False


def students(rank: RankModel) -> dict[str, Student]:
    """Returns the outputs that may learn soft labels, by name."""
    found: dict[str, Student] = {}
    for tower in rank.task_towers:
        kind, name = kind_name(tower), tower.tower_name
        if kind in (PROBABILITY, CLASSES):
            width = tower.num_class if kind == CLASSES else 0
            found |= {logit_name(name): Student(True, width), probability_name(name): Student(False, width)}
        elif kind in (VALUE, SHARE):
            found[f"y_{name}"] = Student(kind == VALUE, is_number=True)
    return found | {probability_name(name): Student(False) for name in head_of(rank).products(rank)}


def resolve_names(model: ModelConfig) -> None:
    """Gives outputs of a model with one tower their whole names, and losses without a name theirs."""
    towers = model.rank_model.task_towers
    for kd in model.kd:
        if len(towers) == 1 and kd.pred_name in ("logits", "probs", "y"):
            kd.pred_name = f"{kd.pred_name}_{towers[0].tower_name}"
        if not kd.HasField("loss_name") and kd.pred_name:
            kd.loss_name = f"{_PREFIX}{kd.pred_name}"


def soft_labels_of(kd: Kd) -> Sequence[str]:
    """Returns the columns of a loss: one, or one for each class."""
    return list(kd.soft_label_names) or [kd.soft_label_name]


def label_dim(data: DataConfig, label: str) -> int:
    """Returns how many numbers a cell of a label holds."""
    dims, at = list(data.label_dim), list(data.label_fields).index(label) if label in data.label_fields else -1
    return dims[at] if 0 <= at < len(dims) else 1


def label_separator(data: DataConfig, label: str) -> str:
    """Returns what stands between the numbers of a label."""
    return dict(zip(data.label_fields, data.label_sep, strict=False)).get(label, "")


def is_any_number(kd: Kd) -> bool:
    """Tells whether the soft labels of a loss may be any numbers; else they are in [0, 1]."""
    return kd.label_is_logits and kd.loss_type != Kd.CLASSIFICATION


def soft_labels(model: ModelConfig) -> dict[str, str]:
    """Returns the columns of soft labels, with what each may be: SHARE_OF_ONE or NUMBER."""
    found: dict[str, str] = {}
    for kd in model.kd:
        for name in soft_labels_of(kd):
            found[name] = NUMBER if is_any_number(kd) and found.get(name) != SHARE_OF_ONE else SHARE_OF_ONE
    return found
