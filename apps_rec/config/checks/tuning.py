"""Checks of tune_config: the ranges of what is tried, and the metric. `apps_rec.config.tuning` checks each value."""

from __future__ import annotations

from typing import Any

from apps_rec.config.checks.context import Context
from apps_rec.config.outputs import metrics_by_name
from apps_rec.config.report import quoted

_PATH = "tune_config"
_VALUES = ("uniform", "log_uniform", "integers", "choices")


def check_tuning(context: Context) -> None:
    """Reports ranges that hold nothing to choose from, and a metric by which nothing can be chosen."""
    if not context.config.HasField(_PATH):
        return
    tune = context.config.tune_config
    context.in_ranges(tune, _PATH)
    if tune.metric and context.has_model and context.rank.task_towers:
        _metric(context, tune.metric)
    seen: dict[str, str] = {}
    for at, parameter in enumerate(tune.parameters):
        here = f"{_PATH}.parameters[{at}]"
        if not parameter.path:
            context.report.missing(here, "path", "a field as --set names it")
        for number, path in enumerate(parameter.path):
            place = f"{here}.path[{number}]"
            if path in seen:
                text = f'"{path}" is tried already at {context.report.line(seen[path])}; expected it once.'
                context.report.error(place, text)
            elif path.partition(".")[0] in (_PATH, "model_dir"):
                context.report.error(place, f'"{path}" belongs to the study; expected a field of the training.')
            seen.setdefault(path, place)
        _values(context, parameter, here)


def _metric(context: Context, name: str) -> None:
    known = metrics_by_name(context.config)
    if name not in known:
        text = f'the model gives no metric "{name}"; it gives {quoted(known, 20)}.'
        context.report.error(f"{_PATH}.metric", text, got=name, among=known)
    elif not known[name].has_best:
        text = f'"{name}" is right at 1, so neither the largest nor the smallest is best; expected auc or log_loss.'
        context.report.error(f"{_PATH}.metric", text)


def _values(context: Context, parameter: Any, here: str) -> None:
    report, kind = context.report, parameter.WhichOneof("values")
    if kind is None:
        if not report.any_broken(here, *_VALUES):
            report.error(here, f"says no values; expected one of {quoted(_VALUES)}.")
        return
    values, path = getattr(parameter, kind), f"{here}.{kind}"
    if kind == "choices":
        context.without_twins(values.value, f"{path}.value")
        if len(values.value) < 2:
            report.error(path, f"expected two values or more to choose from, got {len(values.value)}.")
        return
    context.in_ranges(values, path)
    for name in ("min", "max"):
        if not values.HasField(name) and not report.is_broken(f"{path}.{name}"):
            report.missing(path, name, "the end of the range")
    if not (values.HasField("min") and values.HasField("max")):
        return
    if values.min >= values.max:
        report.error(f"{path}.max", f"expected more than min, {values.min:g}, got {values.max:g}.")
    if kind == "log_uniform" and values.min <= 0:
        report.error(f"{path}.min", f"expected more than 0 for a logarithmic scale, got {values.min:g}.")
