"""The plan of an evaluation, made from the config's towers and metrics. No other file here reads messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apps_rec.config.metrics import METRICS
from apps_rec.config.outputs import Measured, may_be_any_number, measured
from apps_rec.data.schema import NOT_OBSERVED, NOT_OBSERVED_NUMBER
from apps_rec.evaluation.tasks import MetricSpec, TaskMetrics
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# A control character: no tower's name holds one.
EXPORTED = "exported\x1f"


def build_plan(config: PipelineConfig) -> list[TaskMetrics]:
    """Returns the tasks to measure of a checked and normalised config; apps_rec/config/heads.py names their outputs."""
    return [
        TaskMetrics(
            each.suffix,
            each.output,
            each.labels,
            each.mask or None,
            tuple(MetricSpec(asked.metric.name, asked.users, asked.options) for asked in each.metrics),
            each.observed,
            EvalMetrics.TaskKind.Name(each.kind).lower(),
            NOT_OBSERVED_NUMBER if _may_be_any_number(config, each) else NOT_OBSERVED,
        )
        for each in measured(config)
    ]


def _may_be_any_number(config: PipelineConfig, each: Measured) -> bool:
    return each.kind == EvalMetrics.NUMBER and may_be_any_number(config.model_config.rank_model, each.labels[0])


def as_exported(plan: Sequence[TaskMetrics]) -> list[TaskMetrics]:
    """Returns the same tasks for the outputs of an export: EXPORTED stands before each output's name and suffix."""
    return [
        replace(task, suffix=f"{EXPORTED}{task.suffix}", score_output=f"{EXPORTED}{task.score_output}") for task in plan
    ]


def column_of_users(plan: Sequence[TaskMetrics]) -> str:
    """Returns the column of users that the tasks name: of gauc, else of another metric; "": none."""
    metrics = sorted((metric for task in plan for metric in task.metrics), key=lambda metric: metric.name != "gauc")
    return next((metric.users for metric in metrics if metric.users), "")


def better(metric: str) -> int:
    """Returns 1 where the larger of two values of a metric is the better one, -1 the smaller, 0 the one nearer to 1."""
    signs = {EvalMetrics.HIGHER: 1, EvalMetrics.LOWER: -1, EvalMetrics.NEAREST_TO_ONE: 0}
    return signs[METRICS[metric].better]
