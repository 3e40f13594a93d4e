"""Checks of the metrics that are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from apps_rec.config.checks.context import Context
from apps_rec.config.metrics import METRICS, AskedMetric, asked_metrics
from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.eval_pb2 import EvalMetrics


def check_metrics(context: Context) -> None:
    """Reports wrong entries of metrics_set, in eval_config and in each tower."""
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
            names = list(METRICS)
            if not context.report.any_broken(here, *names) and not context.report.any_refused(here):
                context.report.error(here, f"is empty; expected one of {quoted(names)}.")
            continue
        if kind in seen:
            context.report.error(
                here, f"{kind} is given already at {context.report.line(seen[kind])}; expected it once."
            )
        seen.setdefault(kind, here)
        (asked,) = asked_metrics([metric])
        _asked(context, f"{here}.{kind}", asked)


def _asked(context: Context, path: str, asked: AskedMetric) -> None:
    if asked.metric.user_field:
        _users(context, path, asked.metric.user_field, asked.users)
    for name, choices in asked.metric.choices.items():
        got = asked.options[name]
        if got not in choices:
            text = f'unknown {name} "{got}"; known are {quoted(choices)}.'
            context.report.error(f"{path}.{name}", text, got=got, among=choices)


def _users(context: Context, path: str, name: str, users: str) -> None:
    if not users:
        context.report.missing(path, name, "the column of the user")
        return
    column = context.column(f"{path}.{name}", users)
    if column is not None and column.input_type in (DataConfig.FLOAT, DataConfig.DOUBLE):
        kind = DataConfig.FieldType.Name(column.input_type)
        wanted = "expected STRING, INT32, INT64 or BOOL"
        context.report.error(f"{path}.{name}", f'rows are grouped by ids or words: {wanted}; "{users}" is {kind}.')
