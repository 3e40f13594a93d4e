"""Differences of two models over several seeds, with what users and seeds make uncertain."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.intervals import Interval, Resampling, differences
from apps_rec.evaluation.intervals.paired import Pair
from apps_rec.evaluation.metrics.weighted import Units
from apps_rec.evaluation.tasks import AUC, TaskMetrics
from benchmarks.evidence.datasets import Dataset
from benchmarks.evidence.train import RESAMPLES, Training
from benchmarks.evidence.variants import Variant, line_of


def is_noise(gain: Interval) -> bool:
    """Tells whether the 95 % interval of a difference holds 0."""
    return abs(gain.value) <= gain.half_width


def gains(
    dataset: Dataset,
    before: Variant,
    after: Variant,
    seeds: Sequence[int],
    folder: Path,
    of_training: Mapping[str, float] | None = None,
) -> dict[str, Interval]:
    """Returns the difference of AUC, after - before, by task.

    Each seed's difference has a standard error by the paired bootstrap over users. The variance of their mean is the
    mean of the squares of these, as all seeds are measured on the same rows, plus the variance over seeds divided by
    their number. One seed alone has no variance: then that of another model's seeds stands for that of both.

    Args:
        dataset: the dataset.
        before: the model that is compared with.
        after: the other one.
        seeds: seeds of both.
        folder: folder of `runs`.
        of_training: variance over seeds of a model's AUC, by task, for one seed alone; None: 0.
    """
    of_seeds = [_differences(dataset, before, after, seed, folder) for seed in seeds]
    return {
        task.name: combined([of_seed[task.name] for of_seed in of_seeds], (of_training or {}).get(task.name, 0.0))
        for task in dataset.tasks
    }


def line_gains(dataset: Dataset, seeds: Sequence[int], folder: Path) -> list[dict[str, Interval]]:
    """Returns the gains of each model of the line over the one before it, from the second on."""
    return [gains(dataset, before, after, seeds, folder) for before, after in pairwise(line_of(dataset))]


def combined(of_seeds: Sequence[tuple[float, float]], of_training: float = 0.0) -> Interval:
    """Returns the mean of differences, of which each has a value and a standard error over users.

    Args:
        of_seeds: value and standard error by seed.
        of_training: variance over seeds of one model, which counts for both where there is one seed.
    """
    values = [value for value, _ in of_seeds]
    of_users = statistics.mean(error**2 for _, error in of_seeds)
    over_seeds = statistics.variance(values) / len(values) if len(values) > 1 else 2 * of_training
    return Interval(statistics.mean(values), math.sqrt(of_users + over_seeds))


def _differences(
    dataset: Dataset, before: Variant, after: Variant, seed: int, folder: Path
) -> dict[str, tuple[float, float]]:
    resampling = Resampling(RESAMPLES, 0, dataset.users)
    files = [np.load(folder / "runs" / f"{Training(dataset, each, seed).name}.npz") for each in (before, after)]
    pairs = []
    for task in dataset.tasks:
        labels, units = files[0][f"{task.name}_labels"], files[0][f"{task.name}_units"]
        if not all(np.array_equal(labels, file[f"{task.name}_labels"]) for file in files):
            raise ValueError(f"{dataset.name}: {before.name} and {after.name} were measured on other rows.")
        rows = [RowsOfTask(labels, file[f"{task.name}_scores"], {}) for file in files]
        metrics = TaskMetrics(task.name, f"probs_{task.name}", task.label, None, (AUC,))
        pairs.append(Pair(metrics, rows[0], rows[1], Units(units, int(units.max()) + 1)))
    found = {}
    for difference in differences(pairs, resampling):
        assert difference.interval is not None
        found[difference.suffix] = (difference.interval.value, difference.interval.standard_error)
    return found
