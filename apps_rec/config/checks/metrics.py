"""Checks of the metrics that are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from apps_rec.config.checks.context import Context
from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.eval_pb2 import EvalMetrics, Gauc

REDUCTIONS = ("mean", "mean_by_sample_num", "mean_by_positive_num")


def check_metrics(context: Context) -> None:
    """Reports wrong metrics_set entries, of eval_config and of each tower."""
    shared = list(context.config.eval_config.metrics_set)
    _metrics_set(context, "eval_config.metrics_set", shared)
    for at, tower in enumerate(context.rank.task_towers):
        if list(tower.metrics_set) != shared:
            _metrics_set(context, f"{RANK}.task_towers[{at}].metrics_set", tower.metrics_set)


def _metrics_set(context: Context, path: str, metrics: Iterable[EvalMetrics]) -> None:
    seen: dict[str, str] = {}
    for at, metric in enumerate(metrics):
        here, kind = f"{path}[{at}]", metric.WhichOneof("metric")
        if kind is None:
            names = [field.name for field in EvalMetrics.DESCRIPTOR.fields]
            if not context.report.any_broken(here, *names):
                context.report.error(here, f"is empty; expected one of {quoted(names)}.")
            continue
        if kind in seen:
            context.report.error(
                here, f"{kind} is given already at {context.report.line(seen[kind])}; expected it once."
            )
        seen.setdefault(kind, here)
        if kind == "gauc":
            _gauc(context, f"{here}.gauc", metric.gauc)


def _gauc(context: Context, path: str, gauc: Gauc) -> None:
    if not gauc.uid_field:
        context.report.missing(path, "uid_field", "the column of the user")
    else:
        column = context.column(f"{path}.uid_field", gauc.uid_field)
        if column is not None and column.input_type in (DataConfig.FLOAT, DataConfig.DOUBLE):
            kind = DataConfig.FieldType.Name(column.input_type)
            wanted = "expected STRING, INT32, INT64 or BOOL"
            text = f'rows are grouped by ids or words: {wanted}; "{gauc.uid_field}" is {kind}.'
            context.report.error(f"{path}.uid_field", text)
    if gauc.reduction not in REDUCTIONS:
        text = f'unknown reduction "{gauc.reduction}"; known are {quoted(REDUCTIONS)}.'
        context.report.error(f"{path}.reduction", text, got=gauc.reduction, among=REDUCTIONS)
