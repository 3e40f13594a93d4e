"""Features: `Preprocessor` turns raw columns into ids and floats, `Embedder` turns them into embeddings."""

from apps_rec.features.build import build_features, read_vocabulary
from apps_rec.features.columns import Preprocessor
from apps_rec.features.embeddings import EmbeddedFeatures, Embedder, RequestFeatures, VariationalDropout

__all__ = [
    "EmbeddedFeatures",
    "Embedder",
    "Preprocessor",
    "RequestFeatures",
    "VariationalDropout",
    "build_features",
    "read_vocabulary",
]
