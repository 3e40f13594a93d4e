"""Checks of the metrics that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from apps_rec.config.checks.context import Context
from apps_rec.config.heads import kind_of
from apps_rec.config.metrics import KINDS, METRICS, AskedMetric, asked_metrics, metrics_without_own
from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.network_pb2 import TaskTower


def check_metrics(context: Context) -> None:
    """Reports wrong entries of metrics_set, in eval_config and in each tower."""
    path, shared = "eval_config.metrics_set", list(context.config.eval_config.metrics_set)
    _metrics_set(context, path, shared)
    without_own: dict[EvalMetrics.TaskKind, list[str]] = {}
    for at, tower in enumerate(context.rank.task_towers):
        kind = kind_of(context.rank, at)
        if list(tower.metrics_set) == metrics_without_own(shared, kind):
            without_own.setdefault(kind, []).append(tower.tower_name)
            _all_classes(context, path, shared, tower, kind)
            continue
        here = f"{RANK}.task_towers[{at}].metrics_set"
        _all_classes(context, here, tower.metrics_set, tower, kind)
        _metrics_set(context, here, tower.metrics_set)
        _measures(context, here, tower.metrics_set, {kind: [tower.tower_name]})
    _measures(context, path, shared, without_own)


def _measures(
    context: Context, path: str, metrics: Iterable[EvalMetrics], towers: Mapping[EvalMetrics.TaskKind, Sequence[str]]
) -> None:
    """Reports metrics that measure none of the towers that have them; `towers` are names by what they learn."""
    for at, message in enumerate(metrics):
        for asked in asked_metrics([message]):
            here, kinds = f"{path}[{at}].{asked.metric.name}", asked.metric.kinds
            if towers and not any(kind in kinds for kind in towers):
                context.report.error(here, _wrong(asked, towers))
            if towers.keys() == {EvalMetrics.CLASSES} and message.accuracy.HasField("threshold"):
                text = "of several classes the likeliest counts, whatever its probability; remove it."
                context.report.error(f"{here}.threshold", text)


def _all_classes(
    context: Context, path: str, metrics: Iterable[EvalMetrics], tower: TaskTower, kind: EvalMetrics.TaskKind
) -> None:
    """Warns of a share of rows whose class is among all classes that the tower has."""
    classes = tower.num_class if kind == EvalMetrics.CLASSES else 2
    for at, message in enumerate(metrics if kind != EvalMetrics.NUMBER else ()):
        if message.HasField("recall_at_topk") and message.recall_at_topk.topk >= classes:
            got = message.recall_at_topk.topk
            text = f"of any model it is 1: tower {tower.tower_name} has {classes} classes, and topk is {got}."
            context.report.warn(f"{path}[{at}].recall_at_topk", text)


def _wrong(asked: AskedMetric, towers: Mapping[EvalMetrics.TaskKind, Sequence[str]]) -> str:
    measured = " or ".join(KINDS[kind] for kind in asked.metric.kinds)
    learn = []
    for kind, names in towers.items():
        who = f"towers {quoted(names)} learn" if len(names) > 1 else f"the tower {quoted(names)} learns"
        learn.append(f"{who} {KINDS[kind]}")
    fitting = [name for name, metric in METRICS.items() if any(kind in metric.kinds for kind in towers)]
    return f"measures {measured}; {', '.join(learn)}. Expected {quoted(fitting)}."


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
        _asked(context, f"{here}.{kind}", metric, asked)


def _asked(context: Context, path: str, message: EvalMetrics, asked: AskedMetric) -> None:
    context.in_ranges(getattr(message, asked.metric.name), path)
    if asked.metric.user_field:
        _users(context, path, asked.metric.user_field, asked.users)
    for name, choices in asked.metric.choices.items():
        got = asked.options[name]
        if got not in choices:
            text = f'unknown {name} "{got}"; known are {quoted(choices)}.'
            context.report.error(f"{path}.{name}", text, got=got, among=choices)


def _users(context: Context, path: str, name: str, users: str) -> None:
    if not users:
        context.report.missing(
            path, name, "the column of the session" if name == "session_id_field" else "the column of the user"
        )
        return
    column = context.column(f"{path}.{name}", users)
    if column is not None and column.input_type in (DataConfig.FLOAT, DataConfig.DOUBLE):
        kind = DataConfig.FieldType.Name(column.input_type)
        wanted = "expected STRING, INT32, INT64 or BOOL"
        context.report.error(f"{path}.{name}", f'rows are grouped by ids or words: {wanted}; "{users}" is {kind}.')
