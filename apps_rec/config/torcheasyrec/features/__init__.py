"""Features of TorchEasyRec and the columns that they read, as this package's."""

from apps_rec.config.torcheasyrec.features.columns import Columns
from apps_rec.config.torcheasyrec.features.features import Features
from apps_rec.config.torcheasyrec.features.sources import Sources

__all__ = ["Columns", "Features", "Sources"]
