"""Notes of where parts of rank_model were written, so that a mistake is reported in the user's own words."""

from __future__ import annotations

from apps_rec.protos.model_pb2 import ModelConfig

RANK = "model_config.rank_model"


class Origins:
    """Notes of where parts of rank_model were written: `note("fm", "fm")`."""

    def __init__(self, origins: dict[str, tuple[str, bool]], kind: str) -> None:
        self._origins = origins
        self._kind = kind

    def note(self, new: str, old: str) -> None:
        """Notes where a part of rank_model was written."""
        self._origins[f"{RANK}.{new}"] = (f"model_config.{self._kind}.{old}", True)

    def whole(self, new: str, old: str) -> None:
        """Notes where a part that is not of rank_model was written, by two paths from the beginning."""
        self._origins[new] = (old, True)


def has_group(model: ModelConfig, name: str) -> bool:
    """Tells whether a model has a group of this name."""
    return any(group.group_name == name for group in model.feature_groups)
