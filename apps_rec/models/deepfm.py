"""DeepFM: the factorization machine beside a DNN over the same embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps_rec.features import Embedder
from apps_rec.models.bodies import SharedBottom
from apps_rec.models.heads import Head
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import FmSpec, Group


class DeepFm(RankModel):
    """logit = FM + DNN(embeddings); the DNN is the `dnn` of the head's tasks.

    Args:
        embedder: owner of the tables, with a first-order weight for every feature of the FM.
        head: the tasks and how their logits become probabilities.
        features: that the DNN reads.
        fm_features: that the FM reads, of one embedding length; default: `features`.
        **options: further arguments of RankModel.

    References: Guo, Tang, Ye, Li, He 2017, DeepFM, equation 1.
    """

    def __init__(
        self,
        embedder: Embedder,
        head: Head,
        features: Sequence[str],
        fm_features: Sequence[str] = (),
        **options: Any,
    ) -> None:
        body = SharedBottom([Group("deep", tuple(features))], len(head.tasks))
        fm = tuple(fm_features or features)
        super().__init__(embedder, head, body=body, fm=FmSpec(fm, fm), **options)
