"""Features: `Preprocessor` turns raw columns into ids and floats, `Embedder` turns them into embeddings."""

from apps_rec.features.build import build_features, read_vocabulary
from apps_rec.features.columns import Preprocessor
from apps_rec.features.embeddings import EmbeddedFeatures, Embedder, RequestFeatures, VariationalDropout
from apps_rec.features.specs import (
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
    VocabularyIds,
)

__all__ = [
    "BucketFeature",
    "CrossFeature",
    "EmbeddedFeatures",
    "Embedder",
    "HashIds",
    "IdFeature",
    "ListFeature",
    "NumberFeature",
    "NumberIds",
    "Preprocessor",
    "RequestFeatures",
    "VariationalDropout",
    "VocabularyIds",
    "build_features",
    "read_vocabulary",
]
