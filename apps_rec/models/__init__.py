"""Models: `RankModel` trains; the functions of `recipes` build one for use from Python."""

from apps_rec.models.build import build_model, build_variables, half_precision_twin
from apps_rec.models.heads import FunnelHead, IndependentHead
from apps_rec.models.rank_model import RankModel
from apps_rec.models.recipes import aitm, deepfm, esmm, fm, mmoe, ple, shared_bottom
from apps_rec.models.specs import (
    CounterfactualSpec,
    DistillationSpec,
    DnnSpec,
    ExtractionSpec,
    FmSpec,
    Group,
    PositionSpec,
    ScoreTerm,
    Task,
)

__all__ = [
    "CounterfactualSpec",
    "DistillationSpec",
    "DnnSpec",
    "ExtractionSpec",
    "FmSpec",
    "FunnelHead",
    "Group",
    "IndependentHead",
    "PositionSpec",
    "RankModel",
    "ScoreTerm",
    "Task",
    "aitm",
    "build_model",
    "build_variables",
    "deepfm",
    "esmm",
    "fm",
    "half_precision_twin",
    "mmoe",
    "ple",
    "shared_bottom",
]
