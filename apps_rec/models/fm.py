"""The factorization machine alone, the store's model before the deep ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps_rec.features import Embedder
from apps_rec.models.heads import Head
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import FmSpec


class Fm(RankModel):
    """logit = bias + first-order weights + pairwise inner products of embeddings (Rendle 2010, equation 1).

    Args:
        embedder: owner of the tables, with a first-order weight for every feature.
        head: the tasks and how their logits become probabilities.
        features: of one embedding length.
        **options: further arguments of RankModel.
    """

    def __init__(self, embedder: Embedder, head: Head, features: Sequence[str], **options: Any) -> None:
        super().__init__(embedder, head, fm=FmSpec(tuple(features), tuple(features)), **options)
