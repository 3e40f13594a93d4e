"""Checks of export_config: the choice of a checkpoint, the metric and the rows for it."""

from __future__ import annotations

import os

from apps_rec.config.checks.context import Context
from apps_rec.config.files.uris import local_mistake
from apps_rec.config.outputs import metric_names, metrics_by_name
from apps_rec.config.passes import has_holdout
from apps_rec.config.report import quoted
from apps_rec.protos.eval_pb2 import EvalMetrics

_PATH = "export_config"
EXPORTER_TYPES = ("final", "latest", "best")


def check_export(context: Context) -> None:
    """Reports a choice of checkpoint that cannot be made as asked."""
    export, report = context.config.export_config, context.report
    _asset_files(context)
    if export.exporter_type not in EXPORTER_TYPES:
        text = f'expected final, latest or best, got "{export.exporter_type}".'
        report.error(f"{_PATH}.exporter_type", text, got=export.exporter_type, among=EXPORTER_TYPES)
        return
    _gate(context)
    chooses = export.exporter_type == "best" or export.enable_early_stop
    if export.enable_early_stop:
        context.above_zero(export, _PATH, "max_check_steps")
    elif export.HasField("max_check_steps"):
        report.warn(f"{_PATH}.max_check_steps", "has no effect: enable_early_stop is false.")
    if not chooses:
        _idle(context)
        return
    why = "enable_early_stop" if export.enable_early_stop else 'exporter_type "best"'
    rows = context.config.eval_input_path or has_holdout(context.config.data_config)
    holdout = ("holdout_fraction", "holdout_from")
    if not rows and not report.is_broken("eval_input_path") and not report.any_broken("data_config", *holdout):
        field = "enable_early_stop" if export.enable_early_stop else "exporter_type"
        text = f"{why} needs rows to measure on: expected eval_input_path or data_config.holdout_fraction."
        report.error(f"{_PATH}.{field}", text)
    if not export.best_exporter_metric:
        report.missing(
            _PATH, "best_exporter_metric", f"for {why}, a metric such as {quoted(metric_names(context.config), 3)}"
        )
    elif context.rank.task_towers:
        _metric(context)


def _asset_files(context: Context) -> None:
    """Reports files for assets that are not there, and two of one name."""
    first: dict[str, str] = {}
    for at, file in enumerate(context.config.export_config.asset_files):
        path, name = f"{_PATH}.asset_files[{at}]", os.path.basename(file)
        if mistake := local_mistake(file):
            context.report.error(path, mistake)
        elif context.files_here and ("\0" in file or not os.path.isfile(file)):
            context.report.error(path, f'there is no file "{file}" (paths start at the working directory).')
        elif name in first:
            text = f'"{first[name]}" would have the same name in the export, {name}; expected names of their own.'
            context.report.error(path, text)
        first.setdefault(name, file)


def _gate(context: Context) -> None:
    """Reports mistakes of the gate, which decides what may be published."""
    export, report = context.config.export_config, context.report
    context.in_ranges(export, _PATH)
    if not export.gate_metric:
        if export.HasField("gate_max_drop"):
            report.warn(f"{_PATH}.gate_max_drop", "has no effect: there is no gate_metric.")
        return
    known, name = metric_names(context.config), export.gate_metric
    if context.rank.task_towers and name not in known:
        text = f'the model gives no metric "{name}"; it gives {quoted(known, 20)}.'
        report.error(f"{_PATH}.gate_metric", text, got=name, among=known)


def _idle(context: Context) -> None:
    """Warns of settings for a choice that is switched off."""
    export, data = context.config.export_config, context.config.data_config
    for name in ("best_exporter_metric", "metric_bigger"):
        if export.HasField(name):
            text = "has no effect: exporter_type is not best and enable_early_stop is false."
            context.report.warn(f"{_PATH}.{name}", text)
    for name in ("holdout_fraction", "holdout_from"):
        if getattr(data, name):
            text = (
                "keeps rows out of training that nothing uses: exporter_type is not best and enable_early_stop is false"
            )
            context.report.warn(f"data_config.{name}", f"{text}.")


def _metric(context: Context) -> None:
    export, report = context.config.export_config, context.report
    known, name = metrics_by_name(context.config), export.best_exporter_metric
    if name not in known:
        text = f'the model gives no metric "{name}"; it gives {quoted(known, 20)}.'
        report.error(f"{_PATH}.best_exporter_metric", text, got=name, among=known)
    elif not known[name].has_best:
        text = f'"{name}" is right at 1, so neither the largest nor the smallest is best; expected auc or log_loss.'
        report.error(f"{_PATH}.best_exporter_metric", text)
    elif (known[name].better == EvalMetrics.HIGHER) != export.metric_bigger:
        wanted = "false" if export.metric_bigger else "true"
        report.error(f"{_PATH}.metric_bigger", f'expected {wanted} for "{name}".')
