"""Entire space multi-task model: the paper's over two towers, and the store's over experts and gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps_rec.features import Embedder
from apps_rec.models.bodies import Body, MixtureOfExperts, SharedBottom
from apps_rec.models.heads import FunnelHead
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import DnnSpec, Group, Task


class Esmm(RankModel):
    """pCTCVR = pCTR x pCVR, trained on clicks and on conversions over all impressions.

    Args:
        embedder: owner of the tables.
        tasks: the click and the conversion, in this order.
        features: that both towers read.
        num_experts: 0: the paper's model, towers over shared embeddings; more: experts and gates in between.
        expert: DNN of every expert.
        **options: further arguments of RankModel.

    References: Ma, Zhao, Huang, Wang, Hu, Zhu, Gai 2018, section 2.2.
    """

    def __init__(
        self,
        embedder: Embedder,
        tasks: Sequence[Task],
        features: Sequence[str],
        num_experts: int = 0,
        expert: DnnSpec | None = None,
        **options: Any,
    ) -> None:
        groups = [Group("all", tuple(features))]
        if (num_experts > 0) != (expert is not None):
            raise ValueError("num_experts and expert belong together: give both or neither")
        body: Body
        if expert is None:
            body = SharedBottom(groups, len(tasks), l2=options.get("l2", 0.0), dtype=options.get("dtype"))
        else:
            body = MixtureOfExperts(
                groups, len(tasks), num_experts, expert, l2=options.get("l2", 0.0), dtype=options.get("dtype")
            )
        super().__init__(embedder, FunnelHead(tasks), body=body, **options)
