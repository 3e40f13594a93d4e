"""Decides by a metric whether a model may replace the published one."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps_rec.config.outputs import metrics_by_name
from apps_rec.errors import CheckFailedError, RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.json_asset import read_json_object
from apps_rec.serving.versions import versions

METRICS_ASSET = "assets/metrics.json"
MEASURED_ON = "measured_on"
# Fields that must be equal for two metrics to be compared. Files may differ, as each day has its own.
_SAME = ("row_filter", "num_examples", "bad_rows")
log = logging.getLogger("apps_rec")


def check_gate(config: PipelineConfig, metrics: Mapping[str, Any] | None, folder: Path, why_not: str = "") -> None:
    """Compares a model's gate_metric with that of the newest version.

    Args:
        config: config, checked and normalised. An empty gate_metric means no gate.
        metrics: metrics of the model to publish on the rows of its config, with a description of those rows; None:
            there are none.
        folder: folder of the versions.
        why_not: reason that there are no metrics, in words.

    Raises:
        RunError: the metric of either model is not there, or the two were measured on rows that cannot be compared.
        CheckFailedError: the metric is worse by more than gate_max_drop.
    """
    export_config = config.export_config
    name = export_config.gate_metric
    if not name:
        return
    value = _value(metrics, name)
    if value is None:
        because = f" ({why_not})" if why_not else ""
        raise RunError(
            f"export_config.gate_metric: {name} of the model to export is not known{because}; measure it first: "
            "apps-rec evaluate CONFIG (with the same --set, after the last training step)"
        )
    there = versions(folder)
    if not there:
        return
    published = read_metrics(there[-1] / METRICS_ASSET)
    before = _value(published, name)
    if before is None:
        raise RunError(
            f"export_config.gate_metric: {there[-1]} does not say its {name}, so there is nothing to compare with; "
            "to publish all the same: --set export_config.gate_metric="
        )
    _check_alike((metrics or {}).get(MEASURED_ON), (published or {}).get(MEASURED_ON), there[-1])
    metric = metrics_by_name(config)[name]
    drop = metric.badness(value) - metric.badness(before)
    if drop > export_config.gate_max_drop:
        raise CheckFailedError(
            f"not published: {name} is {value:.5f}, and {before:.5f} in {there[-1]}: worse by {drop:.5f}, more than "
            f"gate_max_drop, {export_config.gate_max_drop:g}. Keep what is published, or publish all the same: "
            "--set export_config.gate_metric="
        )


def _check_alike(now: Any, before: Any, version: Path) -> None:
    """Refuses to compare metrics of different rows, as of two countries."""
    anyway = "to publish all the same: --set export_config.gate_metric="
    if not isinstance(before, dict) or not isinstance(now, dict):
        raise RunError(
            f"export_config.gate_metric: {version} does not say which rows its metrics are of, as an older version "
            f"exported it, so there is nothing to compare with; {anyway}"
        )
    others = [name for name in _SAME if now.get(name) != before.get(name)]
    if others:
        differ = "; ".join(f"{name}: {_line(now.get(name))} here, {_line(before.get(name))} there" for name in others)
        raise RunError(
            f"export_config.gate_metric: {version} was measured on other rows ({differ}), so the two cannot be "
            f"compared; {anyway}"
        )
    if now.get("eval_input_path") != before.get("eval_input_path"):
        log.warning(
            "export_config.gate_metric: this model was measured on %s, %s on %s",
            _line(now.get("eval_input_path")),
            version,
            _line(before.get("eval_input_path")),
        )


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _value(metrics: Mapping[str, Any] | None, name: str) -> float | None:
    value = (metrics or {}).get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def read_metrics(path: Path) -> dict[str, Any] | None:
    """Returns the metrics that `evaluate` kept in a file; None if none can be read."""
    try:
        return read_json_object(path)
    except (FileNotFoundError, RunError):
        return None
