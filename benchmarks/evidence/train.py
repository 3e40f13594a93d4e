"""Trains one model and measures it; the outcome is a file, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import apps_rec
from apps_rec.atomic_file import replace_text, replacing
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals import Resampling, intervals_of
from benchmarks.evidence.datasets import Dataset, Task
from benchmarks.evidence.outcomes import keep, kept
from benchmarks.evidence.variants import Variant, config_text, parts_of

# Resamples of an interval.
RESAMPLES = 200


@dataclass(frozen=True)
class Training:
    """A training of a variant, with all the models that it has.

    Attributes:
        dataset: the dataset.
        variant: the variant.
        seed: seed of weights, order and dropout.
        overrides: changes to the config, as of `apps-rec train --set`.
        is_main: whether every metric gets its interval.
        is_exported: whether the first model is exported, for the simulated test.
    """

    dataset: Dataset
    variant: Variant
    seed: int
    overrides: tuple[str, ...] = ()
    is_main: bool = False
    is_exported: bool = False

    @property
    def name(self) -> str:
        """Returns the name of its files."""
        return f"{self.dataset.name}_{self.variant.name}_{self.seed}"


def run(training: Training, folder: Path) -> dict[str, Any]:
    """Returns the outcome of a training: that of its file if one is there for the same configs, else of a new one.

    The outcome has metrics by name, their 95 % intervals where it is of the main table, steps and seconds.

    Args:
        training: what to train.
        folder: folder of `configs`, `runs` with outcomes and scores, and `exports`.
    """
    dataset = training.dataset
    parts = parts_of(training.variant, dataset)
    texts = [config_text(training.variant, dataset, tasks) for tasks in parts]
    asked = {
        "configs": texts,
        "seed": training.seed,
        "overrides": list(training.overrides),
        "measured": dataset.measured,
        "is_main": training.is_main,
    }
    file = folder / "runs" / f"{training.name}.json"
    has_export = not training.is_exported or any(folder.joinpath("exports", training.name).glob("[0-9]*"))
    if has_export and (known := kept(file, asked)):
        return known
    began, cpu = time.monotonic(), time.process_time()
    outcome: dict[str, Any] = {"metrics": {}, "intervals": {}, "steps": []}
    scores: dict[str, np.ndarray] = {}
    for number, (tasks, text) in enumerate(zip(parts, texts, strict=True)):
        _measure(training, dataset, tasks, text, folder, training.is_exported and not number, outcome, scores)
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file.with_suffix(".npz")) as aside, aside.open("wb") as stream:
        np.savez_compressed(stream, **scores)  # type: ignore[arg-type]
    outcome |= {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time() - cpu, "asked": asked}
    return keep(file, outcome)


def _measure(
    training: Training,
    dataset: Dataset,
    tasks: Sequence[Task],
    text: str,
    folder: Path,
    is_exported: bool,
    outcome: dict[str, Any],
    scores: dict[str, np.ndarray],
) -> None:
    """Trains one model, and adds what was measured to `outcome` and `scores`."""
    from apps_rec.training.estimator import load_trained

    name = training.name if len(tasks) > 1 else f"{training.name}_{tasks[0].name}"
    config, model_dir = folder / "configs" / f"{name}.config", folder / "trained" / name
    config.parent.mkdir(parents=True, exist_ok=True)
    replace_text(config, text)
    shutil.rmtree(model_dir, ignore_errors=True)
    overrides = [f"model_dir={model_dir}", f"train_config.seed={training.seed}", *training.overrides]
    outcome["steps"].append(apps_rec.train(config, overrides).step)
    on_measured = [*overrides, f"eval_input_path={dataset.measured}"]
    resampling = Resampling(RESAMPLES, 0, dataset.users)
    collector = load_trained(apps_rec.check(config, on_measured))[0].evaluate(resampling=resampling)
    outcome["metrics"] |= collector.result()
    if training.is_main:
        of_metrics = intervals_of(collector, collector.tasks, resampling).metrics
        outcome["intervals"] |= {
            name: None if interval is None else interval.half_width for name, interval in of_metrics.items()
        }
    scores |= _scores(collector, dataset, tasks)
    if is_exported:
        export = folder / "exports" / training.name
        shutil.rmtree(export, ignore_errors=True)
        apps_rec.export(config, str(export), overrides)
    shutil.rmtree(model_dir)


def _scores(collector: MetricCollector, dataset: Dataset, tasks: Sequence[Task]) -> dict[str, np.ndarray]:
    """Returns labels, scores and codes of users, by task."""
    found: dict[str, np.ndarray] = {}
    for task in tasks:
        of_task = next(each for each in collector.tasks if each.suffix == task.name)
        rows, units = collector.rows_of(of_task), collector.units(of_task, dataset.users)
        found |= {f"{task.name}_labels": rows.labels, f"{task.name}_scores": rows.scores}
        found |= {f"{task.name}_units": units.codes.astype(np.int32)}
    return found


def exported(training: Training, folder: Path) -> Path:
    """Returns the folder of the version that a training exported."""
    return max(folder.joinpath("exports", training.name).glob("[0-9]*"))
