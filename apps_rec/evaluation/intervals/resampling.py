"""The draws of a bootstrap: how often each user is there in each resample, the same for all that is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps_rec.errors import ArgumentError
from apps_rec.evaluation.columns import RowsOfTask
from apps_rec.evaluation.metrics.weighted import Units, Weighted
from apps_rec.evaluation.tasks import TaskMetrics

FEWEST_RESAMPLES = 20


@dataclass(frozen=True)
class Resampling:
    """The number of resamples, their seed, and what is drawn.

    Args:
        resamples: number of resamples, at least 20. Of a standard error 200 are enough (Efron and Tibshirani 1993, An
            Introduction to the Bootstrap, section 6.4).
        seed: seed of the draws, 0 or more.
        users: column whose values are drawn, each with all of its rows; "": rows are drawn alone.

    Raises:
        ArgumentError: too few resamples, or a negative seed.
    """

    resamples: int = 200
    seed: int = 0
    users: str = ""

    def __post_init__(self) -> None:
        if self.resamples < FEWEST_RESAMPLES:
            text = "{resamples}: expected {fewest} or more, got {got}"
            raise ArgumentError(text, "resamples", fewest=FEWEST_RESAMPLES, got=self.resamples)
        if self.seed < 0:
            raise ArgumentError("{seed}: expected 0 or more, got {got}", "seed", got=self.seed)

    @classmethod
    def of(cls, resamples: int | None, seed: int | None, users: str) -> Resampling:
        """Makes one of options, of which None stands for the default."""
        given = {"resamples": resamples, "seed": seed}
        return cls(users=users, **{name: value for name, value in given.items() if value is not None})


def resampled(metrics: Sequence[Weighted], count: int, resampling: Resampling) -> np.ndarray:
    """Computes metrics on resamples, in each of which a unit is there as often as a draw from Poisson(1) says.

    For many units that is the bootstrap that draws as many of them as there are (Chamandy, Muralidharan, Najmi and
    Naidu 2012, Estimating Uncertainty for Massive Data Streams, section 2).

    Args:
        metrics: functions of the weights of all units, `(count,)`.
        count: number of units.
        resampling: how to resample.

    Returns:
        Values, `(resamples, metrics)`; nan where a metric has none.
    """
    draw = np.random.default_rng(resampling.seed)
    values = np.full((resampling.resamples, len(metrics)), np.nan)
    for row in values:
        # A draw is below 256 with a probability that no computer will ever see the rest of.
        weights = draw.poisson(1.0, count).astype(np.uint8)
        row[:] = [np.nan if (value := metric(weights)) is None else value for metric in metrics]
    return values


def weighted_metrics(task: TaskMetrics, rows: RowsOfTask, units: Units) -> list[Weighted]:
    """Returns the metrics of a task over its rows, in order, each as a function of the weights of all units.

    Args:
        task: task with its metrics.
        rows: rows that it counts, or some of them.
        units: units of these rows.
    """
    # A task, and more so a slice, may have rows of few of the units.
    there, codes = np.unique(units.codes, return_inverse=True)
    mine = Units(codes, len(there))
    inner = [metric.weigh(rows.labels, rows.scores, rows.codes, mine) for metric in task.metrics]
    if len(there) == units.count:
        return inner
    return [lambda weights, metric=metric: metric(weights[there]) for metric in inner]  # type: ignore[misc]
