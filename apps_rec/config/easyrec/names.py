"""EasyRec's names of our messages and enums."""

from __future__ import annotations

from typing import Any

# Ours -> EasyRec's, where they differ.
_THEIRS = {
    "PipelineConfig": "EasyRecConfig",
    "DataConfig": "DatasetConfig",
    "FeatureSet": "FeatureConfigV2",
    "ModelConfig": "EasyRecModel",
    "FeatureGroup": "FeatureGroupConfig",
    "FeatureGroup.WideOrDeep": "WideOrDeep",
    "DeepFm": "DeepFM",
    "Fm": "FM",
    "Dcn": "DCN",
    "Dlrm": "DLRM",
    "Kd": "KD",
    "Mmoe": "MMoE",
    "Esmm": "ESMM",
    "Dbmtl": "DBMTL",
    "DinTower": "DINTower",
    "Ple": "PLE",
    "Auc": "AUC",
    "Gauc": "GAUC",
    "SessionAuc": "SessionAUC",
    "MaxF1": "Max_F1",
}
# EasyRec's -> EasyRec's: messages of which one message of ours, called like the second, does the work.
ALSO = {"BayesTaskTower": "TaskTower"}
_PACKAGE = "apps_rec.protos."


def easyrec_name(descriptor: Any) -> str:
    """Returns EasyRec's name of a message or an enum of ours, such as `DatasetConfig.Field` of `DataConfig.Field`."""
    return easyrec_name_of(descriptor.full_name)


def easyrec_name_of(full_name: str) -> str:
    """Returns EasyRec's name of a message or an enum of ours by its full name; one that only we have keeps its own."""
    ours = full_name.removeprefix(_PACKAGE)
    if ours in _THEIRS:
        return _THEIRS[ours]
    outer, dot, inner = ours.partition(".")
    return f"{_THEIRS.get(outer, outer)}{dot}{inner}"
