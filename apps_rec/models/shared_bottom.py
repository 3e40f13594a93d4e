"""Shared bottom: one DNN for all tasks, a tower for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps_rec.features import Embedder
from apps_rec.models import bodies
from apps_rec.models.heads import Head
from apps_rec.models.rank_model import RankModel
from apps_rec.models.specs import DnnSpec, Group


class SharedBottom(RankModel):
    """logit of a task = tower(DNN(embeddings)), the plainest multi-task model.

    Args:
        embedder: owner of the tables.
        head: the tasks and how their logits become probabilities.
        features: that the bottom reads.
        dnn: of the bottom; None: towers read the embeddings.
        **options: further arguments of RankModel.
    """

    def __init__(
        self, embedder: Embedder, head: Head, features: Sequence[str], dnn: DnnSpec | None = None, **options: Any
    ) -> None:
        group = Group("all", tuple(features))
        body = bodies.SharedBottom(
            [group], len(head.tasks), dnn=dnn, l2=options.get("l2", 0.0), dtype=options.get("dtype")
        )
        super().__init__(embedder, head, body=body, **options)
