"""Multi-gate mixture of experts, as the store runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps_rec.features import Embedder
from apps_rec.models.bodies import MixtureOfExperts
from apps_rec.models.heads import Head, IndependentHead
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import DnnSpec, Group, Task


class Mmoe(RankModel):
    """logit of a task = tower(sum of gate x expert) [+ FM]; every task's loss is over all impressions.

    Args:
        embedder: owner of the tables.
        tasks: one tower and one gate each.
        features: that experts and gates read.
        num_experts: experts, shared by all tasks.
        expert: DNN of every expert.
        head: default: IndependentHead.
        **options: further arguments of RankModel.

    References: Ma, Zhao, Yi, Chen, Hong, Chi 2018, section 4.2.
    """

    def __init__(
        self,
        embedder: Embedder,
        tasks: Sequence[Task],
        features: Sequence[str],
        num_experts: int,
        expert: DnnSpec,
        head: Head | None = None,
        **options: Any,
    ) -> None:
        group = Group("all", tuple(features))
        body = MixtureOfExperts(
            [group], len(tasks), num_experts, expert, l2=options.get("l2", 0.0), dtype=options.get("dtype")
        )
        super().__init__(embedder, head or IndependentHead(tasks), body=body, **options)
