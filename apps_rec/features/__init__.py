"""Features: `Preprocessor` turns raw columns into ids and floats, `Embedder` turns them into embeddings."""

from apps_rec.features.build import build_features, read_vocabulary
from apps_rec.features.embedded import EmbeddedFeatures, RequestFeatures
from apps_rec.features.embedder import Embedder
from apps_rec.features.preprocessor import Preprocessor
from apps_rec.features.variational_dropout import VariationalDropout

__all__ = [
    "EmbeddedFeatures",
    "Embedder",
    "Preprocessor",
    "RequestFeatures",
    "VariationalDropout",
    "build_features",
    "read_vocabulary",
]
