"""Ids and numbers become vectors: the tables, the pooling of lists, and what a model reads of them."""

from apps_rec.features.embeddings.embedded import EmbeddedFeatures, RequestFeatures
from apps_rec.features.embeddings.embedder import Embedder
from apps_rec.features.embeddings.variational_dropout import VariationalDropout

__all__ = ["EmbeddedFeatures", "Embedder", "RequestFeatures", "VariationalDropout"]
