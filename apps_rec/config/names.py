"""Names that follow from a config: outputs of the model, metrics of an evaluation."""

from __future__ import annotations

from apps_rec.protos.model_pb2 import RankModel, TaskTower
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def _is_funnel(rank: RankModel) -> bool:
    return rank.head.WhichOneof("head") == "funnel"


def outputs(message: PipelineConfig) -> list[str]:
    """Names of the model's outputs, of a resolved config: probs_ and logits_ of each tower, probs_ctcvr, score."""
    rank = message.model_config.rank_model
    names = [f"{kind}_{tower.tower_name}" for tower in rank.task_towers for kind in ("probs", "logits")]
    return [*names, *(["probs_ctcvr"] if _is_funnel(rank) else []), "score"]


def labels_not_always_observed(message: PipelineConfig) -> frozenset[str]:
    """Labels that may be unknown in a row inside their task space: their column declares a value that says so."""
    data = message.data_config
    return frozenset(column.input_name for column in data.input_fields if column.not_observed)


def metric_names(message: PipelineConfig) -> list[str]:
    """Names of the metrics that `evaluate` gives, of a resolved config.

    A funnel's second tower is measured twice: `_masked` on the rows where the first label is 1, and as the product
    under `ctcvr`. A tower whose loss leaves out the rows outside its task space is measured inside it, `_masked` too.
    """
    rank = message.model_config.rank_model
    names = []
    for at, tower in enumerate(rank.task_towers):
        is_masked = tower.task_space_indicator_label and tower.out_task_space_weight == 0
        suffixes = [f"{tower.tower_name}_masked" if is_masked else tower.tower_name]
        if _is_funnel(rank) and at:
            suffixes = [f"{tower.tower_name}_masked", "ctcvr"]
        names += [f"{metric}_{suffix}" for suffix in suffixes for metric in _metrics(tower)]
    return names


def _metrics(tower: TaskTower) -> list[str]:
    return [kind for metric in tower.metrics_set if (kind := metric.WhichOneof("metric"))]
