"""Features: `Preprocessor` makes ids and floats of raw columns, `Embedder` makes embeddings of ids."""

from apps_rec.features.build import build_features, read_vocabulary
from apps_rec.features.embedded import EmbeddedFeatures, SplitFeatures
from apps_rec.features.embedder import Embedder
from apps_rec.features.preprocessor import Preprocessor

__all__ = ["EmbeddedFeatures", "Embedder", "Preprocessor", "SplitFeatures", "build_features", "read_vocabulary"]
