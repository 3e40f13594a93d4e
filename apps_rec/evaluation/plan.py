"""The config's towers and metrics -> what the collector measures: the one file of this folder that reads messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from apps_rec.config.names import labels_not_always_observed
from apps_rec.evaluation.collect import TaskMetrics
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.model_pb2 import TaskTower
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# A control character: no tower's name holds one.
EXPORTED = "exported\x1f"


def build_plan(config: PipelineConfig) -> list[TaskMetrics]:
    """What to measure for each output: `ctr`, `cvr_masked` (clicked rows), `ctcvr` of a funnel; else each tower.

    A tower whose loss counts only rows inside its task space (out_task_space_weight 0) is measured on those rows,
    under `<tower>_masked` too.
    """
    model, unsure = config.model_config.rank_model, labels_not_always_observed(config)
    if not model.head.HasField("funnel"):
        return [_measure(tower, unsure) for tower in model.task_towers]
    click, conversion = model.task_towers
    return [
        _measure(click, unsure),
        _task_metrics(
            conversion.metrics_set,
            f"{conversion.tower_name}_masked",
            f"probs_{conversion.tower_name}",
            conversion.label_name,
            unsure,
            mask=click.label_name,
        ),
        _task_metrics(
            conversion.metrics_set, "ctcvr", "probs_ctcvr", (click.label_name, conversion.label_name), unsure
        ),
    ]


def as_exported(plan: Sequence[TaskMetrics]) -> list[TaskMetrics]:
    """The same tasks, of the outputs with EXPORTED before their name; so are their suffixes, which are no tower's."""
    return [
        replace(task, suffix=f"{EXPORTED}{task.suffix}", score_output=f"{EXPORTED}{task.score_output}") for task in plan
    ]


def _measure(tower: TaskTower, unsure: Collection[str]) -> TaskMetrics:
    name, output = tower.tower_name, f"probs_{tower.tower_name}"
    if tower.task_space_indicator_label and tower.out_task_space_weight == 0:
        mask = tower.task_space_indicator_label
        return _task_metrics(tower.metrics_set, f"{name}_masked", output, tower.label_name, unsure, mask=mask)
    return _task_metrics(tower.metrics_set, name, output, tower.label_name, unsure)


def _task_metrics(
    metrics: Iterable[EvalMetrics],
    suffix: str,
    output: str,
    label: str | tuple[str, ...],
    unsure: Collection[str],
    mask: str | None = None,
) -> TaskMetrics:
    names, user, reduction = [], None, "mean"
    for metric in metrics:
        names.append(metric.WhichOneof("metric"))
        if metric.HasField("gauc"):
            user, reduction = metric.gauc.uid_field, metric.gauc.reduction
    labels = (label,) if isinstance(label, str) else label
    observed = tuple(name for name in (*labels, mask or "") if name in unsure)
    return TaskMetrics(suffix, output, label, mask, tuple(names), user, reduction, observed)
