"""Models: `RankModel` is what trains; the others assemble it for use from Python."""

from apps_rec.models.build import build_model, build_variables, half_precision_twin
from apps_rec.models.deepfm import DeepFm
from apps_rec.models.esmm import Esmm
from apps_rec.models.fm import Fm
from apps_rec.models.heads import FunnelHead, IndependentHead
from apps_rec.models.mmoe import Mmoe
from apps_rec.models.rank_model import RankModel
from apps_rec.models.shared_bottom import SharedBottom
from apps_rec.models.specs import DnnSpec, FmSpec, Group, PositionSpec, ScoreTerm, Task

__all__ = [
    "DeepFm",
    "DnnSpec",
    "Esmm",
    "Fm",
    "FmSpec",
    "FunnelHead",
    "Group",
    "IndependentHead",
    "Mmoe",
    "PositionSpec",
    "RankModel",
    "ScoreTerm",
    "SharedBottom",
    "Task",
    "build_model",
    "build_variables",
    "half_precision_twin",
]
