"""Bodies: layers from the embeddings of feature groups to one vector for each task, one a file."""

from apps_rec.models.bodies.body import Body
from apps_rec.models.bodies.custom import Custom, logits_of_body
from apps_rec.models.bodies.deep_and_cross import DeepAndCross
from apps_rec.models.bodies.information_transfer import InformationTransfer
from apps_rec.models.bodies.interaction import Interaction
from apps_rec.models.bodies.mixture_of_experts import MixtureOfExperts
from apps_rec.models.bodies.progressive_extraction import ProgressiveExtraction
from apps_rec.models.bodies.shared_bottom import SharedBottom

__all__ = [
    "Body",
    "Custom",
    "DeepAndCross",
    "InformationTransfer",
    "Interaction",
    "MixtureOfExperts",
    "ProgressiveExtraction",
    "SharedBottom",
    "logits_of_body",
]
