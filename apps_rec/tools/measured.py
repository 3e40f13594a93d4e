"""Keeps the metrics of `evaluate`, and finds those of a model that is exported."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps_rec.config.passes import evaluated_rows
from apps_rec.config.tasks.corrections import correction_as_text
from apps_rec.data import data_files, storage
from apps_rec.evaluation import write_metrics
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.saved_model.publish_gate import MEASURED_ON, read_metrics
from apps_rec.training.run.folder import RunFolder, trained_config

# Where metrics.json says how logits were corrected, if they were.
CORRECTIONS = "corrections"
# Names that `apps_rec.tools.commands.Evaluation.to_json` writes beside metrics.
_OBJECTS = (MEASURED_ON, "as_exported", "by", "intervals", "reliability", "split_not_applied")
log = logging.getLogger("apps_rec")


def measured_on(config: PipelineConfig) -> dict[str, Any]:
    """Returns the rows that `evaluate` measures, the present state of their files, and corrections of logits."""
    files = []
    for path in data_files(config.eval_input_path, "eval_input_path", config.data_config.input_timeout_seconds):
        size, mtime_ns = storage.size_and_time(path)
        changed = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(mtime_ns / 1e9))
        files.append({"path": path, "bytes": size, "changed": changed})
    return {**_asked(config), "files": files}


def keep_metrics(folder: RunFolder, config: PipelineConfig, metrics: Mapping[str, Any]) -> Path:
    """Writes metrics of the run's own rows into metrics.json, others into a file of their own beside it.

    The run's own rows are those that the config of its training evaluates.

    Raises:
        OSError: the file cannot be written.
    """
    own, now = _asked(trained_config(folder)), _asked(config)
    if own == now:
        write_metrics(folder.metrics, metrics)
        return folder.metrics
    path = _beside(folder, now)
    write_metrics(path, metrics)
    others = ", ".join(_differing(own, now))
    log.info(
        "kept in %s, as these rows are not those of the run's own config (%s), of which %s speaks",
        path,
        others,
        "metrics.json",
    )
    return path


def metrics_for(folder: RunFolder, config: PipelineConfig, step: int) -> tuple[dict[str, Any] | None, str]:
    """Returns the kept metrics of a step on the rows of a config; or None, and the reason that there are none."""
    asked = _asked(config)
    why = "it was not measured"
    for path in (folder.metrics, _beside(folder, asked)):
        kept = read_metrics(path)
        if kept is None:
            continue
        rows = kept.get(MEASURED_ON)
        if kept.get("step") != step:
            why = f"{path.name} is of step {kept.get('step')!r}"
        elif not isinstance(rows, dict) or not _lists_files(rows.get("files")):
            why = f"{path.name} does not say which rows it is of, as an older version wrote it"
        elif not all(map(_are_numbers, (_metrics_of(kept), kept.get("as_exported", {})))):
            why = f"{path.name} holds what is no number"
        elif others := _differing(asked, rows):
            what = "with other probabilities" if others == [CORRECTIONS] else "on other rows"
            why = f"{path.name} was measured {what} ({', '.join(others)})"
        else:
            return kept, ""
    return None, why


def _asked(config: PipelineConfig) -> dict[str, Any]:
    """Returns what metrics depend on beside the weights: the rows, and corrections of logits where there are any."""
    towers = config.model_config.rank_model.task_towers
    corrections = [f"{tower.tower_name} {text}" for tower in towers if (text := correction_as_text(tower))]
    return {**evaluated_rows(config), **({CORRECTIONS: corrections} if corrections else {})}


def _differing(asked: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    """Returns the names of what differs in two answers of `_asked`; the second may hold more."""
    return [name for name in dict.fromkeys((*asked, CORRECTIONS)) if asked.get(name) != others.get(name)]


def _metrics_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in _OBJECTS}


def _are_numbers(metrics: Any) -> bool:
    return isinstance(metrics, dict) and all(
        value is None or isinstance(value, int | float) for value in metrics.values()
    )


def _lists_files(files: Any) -> bool:
    names = {"path": str, "bytes": int, "changed": str}
    return isinstance(files, list) and all(
        isinstance(file, dict) and all(isinstance(file.get(name), kind) for name, kind in names.items())
        for file in files
    )


def _beside(folder: RunFolder, rows: Mapping[str, Any]) -> Path:
    """Returns the path of `metrics.<hash>.json`: one file for each set of rows."""
    digest = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
    return folder.metrics.with_name(f"metrics.{digest[:8]}.json")
