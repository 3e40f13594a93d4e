"""All that the report says of one run."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps_rec.config import Config
from apps_rec.data import build_schema
from apps_rec.evaluation.intervals import Resampling
from apps_rec.evaluation.plan import build_plan
from apps_rec.json_text import read_json
from apps_rec.profile.findings.finding import DataReport
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.tools.inspection.gradients import Conflicts, conflicts
from apps_rec.tools.inspection.inspect import Inspection, inspect
from apps_rec.tools.measured import measured_on
from apps_rec.tools.reporting.curves import Curves, read_curves
from apps_rec.training.estimator import Estimator, Measurement, load_trained
from apps_rec.training.run.folder import RunFolder

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RunReport:
    """All that is known of a run.

    Attributes:
        name: path of its model_dir, as it was given.
        step: step of the weights that were measured.
        facts: what was trained on what, each with its name.
        config: text of the config that it was trained with.
        curves: curves of the training.
        measured_on: rows that were measured, with their files.
        measurement: metrics with intervals, slices and calibration.
        inspection: gates, experts, importance and alarms.
        data: what check-data found; None: not asked for.
        gradients: how the losses of the tasks pull at the layers that they share; None: not asked for.
    """

    name: str
    step: int
    facts: Facts
    config: str
    curves: Curves
    measured_on: dict[str, Any]
    measurement: Measurement
    inspection: Inspection
    data: DataReport | None
    gradients: Conflicts | None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        found = self.measurement
        return {
            "model_dir": self.name,
            "step": self.step,
            "facts": dict(self.facts),
            "curves": {
                curve.name: {"steps": list(curve.steps), "values": [_finite(value) for value in curve.values]}
                for curve in self.curves.curves
            },
            "measured_on": self.measured_on,
            "metrics": found.metrics,
            "as_exported": found.as_exported,
            "intervals": None if found.intervals is None else found.intervals.to_json(),
            "by": [slices.to_json() for slices in found.slices],
            "reliability": {each.suffix: each.to_json() for each in found.reliability},
            "inspection": self.inspection.to_json(),
            "data": None if self.data is None else self.data.as_json(),
            "gradients": None if self.gradients is None else self.gradients.to_json(),
        }


def report_on(
    config: Config,
    by: Sequence[str],
    sample: int,
    resampling: Resampling,
    with_data: bool = False,
    batches: int = 0,
) -> RunReport:
    """Reads and measures a run.

    Args:
        config: config that it was trained with, or that with other rows to measure.
        by: columns of input_fields to divide the rows by.
        sample: number of rows to look at gates, experts and features on, 1 or more.
        resampling: how to make intervals.
        with_data: true reads all rows of training and evaluation for facts of the data.
        batches: number of training batches to look at gradients on; 0: not done.

    Raises:
        RunError: there is no trained model, or it cannot be read.
        DataError: the data has a mistake.
    """
    estimator, folder, step = load_trained(config)
    rows = measured_on(config.message)
    measurement = estimator.measure(by, resampling, True)
    inspection = inspect(estimator, sample, resampling, by)
    curves = read_curves(folder)
    return RunReport(
        str(folder.path),
        step,
        _facts(estimator, folder, step, curves),
        config.to_text(),
        curves,
        rows,
        measurement,
        inspection,
        _data(config) if with_data else None,
        conflicts(estimator, batches) if batches else None,
    )


def _data(config: Config) -> DataReport:
    from apps_rec.profile.findings.check import check_data

    return check_data(config, None)


def _facts(estimator: Estimator, folder: RunFolder, step: int, curves: Curves) -> Facts:
    """Returns what was trained on what."""
    message, model = estimator.config.message, estimator.model
    train, data = message.train_config, message.data_config
    weights = [int(np.prod(variable.shape)) for variable in model.trainable_variables]
    body = message.model_config.rank_model.body.WhichOneof("body")
    kinds: dict[str, int] = {}
    for feature in message.feature_config.features:
        kind = FeatureConfig.FeatureType.Name(feature.feature_type)
        kinds[kind] = kinds.get(kind, 0) + 1
    optimizers = [str(one.WhichOneof("optimizer")) for one in train.optimizer_config]
    labels = ", ".join(build_schema(message, "train").labels)
    facts = [
        ("training rows", message.train_input_path),
        ("training files", _files(folder)),
        ("labels", labels),
        ("tasks", ", ".join(task.suffix for task in build_plan(message))),
        ("body", body or "none"),
        ("features", ", ".join(f"{count} {kind}" for kind, count in kinds.items())),
        ("weights", f"{sum(weights):,}"),
        ("optimizer", ", ".join(optimizers)),
        ("batch size", f"{data.batch_size:,}"),
        ("epochs", str(data.num_epochs) if data.num_epochs else "no limit"),
        ("seed", str(train.seed)),
        ("step", f"{step:,}"),
    ]
    if curves.began is not None and curves.ended is not None:
        began, ended = (time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when)) for when in (curves.began, curves.ended))
        facts.append(("time of the training", f"{began} to {ended} UTC"))
    return tuple(facts)


def _files(folder: RunFolder) -> str:
    """Returns the number and size of the training files, as the run noted them."""
    try:
        files = read_json(folder.inputs.read_bytes())["train_input_path"]
        size = sum(int(file["size"]) for file in files)
    except FileNotFoundError:
        return "not noted: an older version began the run"
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"{folder.inputs} cannot be read: {error}"
    return f"{len(files):,}, {size / 1e6:,.1f} MB"


def _finite(value: float) -> float | None:
    """Returns a number that JSON can hold; None for nan and infinity."""
    return value if math.isfinite(value) else None


def as_text(runs: Sequence[RunReport]) -> str:
    """Returns runs as JSON."""
    return json.dumps([run.to_json() for run in runs], ensure_ascii=False, indent=1) + "\n"
