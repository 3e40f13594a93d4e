"""Predicted over observed, from the lowest predictions to the highest: a table for each task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals.interval import Interval, interval_of
from apps_rec.evaluation.intervals.resampling import Resampling, resampled, weighted_metrics
from apps_rec.evaluation.metrics.reliability import bins_of
from apps_rec.evaluation.metrics.weighted import Units
from apps_rec.evaluation.report import shown_metric
from apps_rec.evaluation.slices import FEW
from apps_rec.evaluation.tasks import BINARY, CALIBRATION, CLASSES, TaskMetrics
from apps_rec.terminal.table import aligned

BINS = 10
_RATIO = "predicted / observed"


@dataclass(frozen=True)
class Bin:
    """Rows whose predictions are near each other.

    Attributes:
        lowest: smallest prediction.
        highest: largest prediction.
        rows: number of rows.
        positives: number of positive rows; None where the label is a number.
        predicted: mean prediction.
        observed: mean label.
        is_small: true with fewer than FEW positives or negatives; of numbers, rows.
        interval: interval of predicted / observed; None: not asked for, or it has none.
    """

    lowest: float
    highest: float
    rows: int
    positives: int | None
    predicted: float
    observed: float
    is_small: bool
    interval: Interval | None = None

    @property
    def ratio(self) -> float | None:
        """Returns predicted / observed: above 1 the model promises too much; None where nothing was observed."""
        return self.predicted / self.observed if self.observed > 0 else None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of metrics.json."""
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "rows": self.rows,
            **({} if self.positives is None else {"positives": self.positives}),
            "predicted": self.predicted,
            "observed": self.observed,
            "calibration": self.ratio,
            "interval": None if self.interval is None else list(self.interval.bounds),
            "small": self.is_small,
        }


@dataclass(frozen=True)
class Reliability:
    """The bins of a task, from the lowest predictions to the highest.

    Attributes:
        suffix: the task.
        bins: bins that have rows.
        error: expected calibration error; None where the label is a number.
        chance: expected calibration error of probabilities that are all right, over as many rows; None as `error`.
        has_intervals: true if intervals were asked for.
    """

    suffix: str
    bins: tuple[Bin, ...]
    error: float | None
    chance: float | None
    has_intervals: bool

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of metrics.json."""
        return {
            "expected_calibration_error": self.error,
            "by_chance": self.chance,
            "bins": [each.to_json() for each in self.bins],
        }

    def __str__(self) -> str:
        counts = ["rows"] if any(each.positives is None for each in self.bins) else ["rows", "positives"]
        lines = [[f"{self.suffix} by prediction", *counts, "predicted", "observed", _RATIO]]
        lines[0][len(counts)] += " "
        for each in self.bins:
            counted = [f"{number:,}" for number in (each.rows, each.positives) if number is not None]
            counted[-1] += "*" if each.is_small else " "
            intervals = {_RATIO: each.interval} if self.has_intervals else None
            span = f"{each.lowest:.5f} to {each.highest:.5f}"
            means = [f"{each.predicted:.5f}", f"{each.observed:.5f}"]
            lines.append([span, *counted, *means, shown_metric(_RATIO, each.ratio, intervals)])
        notes = []
        if self.error is not None and self.chance is not None:
            notes.append(
                f"expected calibration error {self.error:.5f}; if all probabilities were right, about {self.chance:.5f}"
            )
        if any(each.is_small for each in self.bins):
            few = "rows" if counts == ["rows"] else "positives or negatives"
            notes.append(f"* fewer than {FEW} {few}: too few to judge")
        return "\n".join([aligned(lines, right_from=1), *notes])


def reliability_of(
    collector: MetricCollector,
    tasks: Sequence[TaskMetrics],
    resampling: Resampling | None = None,
    num_bins: int = BINS,
) -> tuple[Reliability, ...]:
    """Returns the bins of each task whose output is a probability or a number.

    Args:
        collector: collector that holds what `resampling` draws.
        tasks: some of its tasks.
        resampling: how to make intervals; None: there will be none.
        num_bins: number of bins, of as many rows each.
    """
    return tuple(_of_task(collector, task, resampling, num_bins) for task in tasks if task.kind != CLASSES)


def _of_task(
    collector: MetricCollector, task: TaskMetrics, resampling: Resampling | None, num_bins: int
) -> Reliability:
    rows, ratio = collector.rows_of(task), replace(task, metrics=(CALIBRATION,))
    of_row = bins_of(rows.scores, num_bins)
    places = [at for at in (np.flatnonzero(of_row == number) for number in range(num_bins)) if at.size]
    bins = []
    for at in places:
        mine = rows.at(at)
        bins.append(
            Bin(
                float(mine.scores.min()),
                float(mine.scores.max()),
                len(at),
                int(mine.labels.sum(dtype=np.int64)) if task.kind == BINARY else None,
                float(mine.scores.mean(dtype=np.float64)),
                float(mine.labels.mean(dtype=np.float64)),
                mine.fewest(task) < FEW,
            )
        )
    if resampling is not None:
        units = collector.units(task, resampling.users)
        of_bins = [Units(units.codes[at], units.count) for at in places]
        weighted = [weighted_metrics(ratio, rows.at(at), mine)[0] for at, mine in zip(places, of_bins, strict=True)]
        values = resampled(weighted, units.count, resampling).T
        bins = [
            replace(each, interval=interval_of(each.ratio, column, len(np.unique(mine.codes))))
            for each, column, mine in zip(bins, values, of_bins, strict=True)
        ]
    error = chance = None
    if task.kind == BINARY and bins:
        error = sum(each.rows * abs(each.predicted - each.observed) for each in bins) / len(of_row)
        # The sum of p - label over rows has the variance of the sum of p (1 - p), and |N(0, 1)| the mean sqrt(2 / pi).
        variances = np.bincount(of_row, rows.scores.astype(np.float64) * (1 - rows.scores.astype(np.float64)))
        chance = math.sqrt(2 / math.pi) * float(np.sqrt(variances).sum()) / len(of_row)
    return Reliability(task.suffix, tuple(bins), error, chance, resampling is not None)
