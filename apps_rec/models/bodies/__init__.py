"""Bodies: what turns the embeddings of feature groups into one vector a task, one a file."""

from apps_rec.models.bodies.body import Body
from apps_rec.models.bodies.mixture_of_experts import MixtureOfExperts
from apps_rec.models.bodies.shared_bottom import SharedBottom

__all__ = ["Body", "MixtureOfExperts", "SharedBottom"]
