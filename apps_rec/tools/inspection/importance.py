"""Importance of features: the loss of a model where a feature is taken from another row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.intervals import Interval, Resampling, differences, pairs_of
from apps_rec.evaluation.plan import better
from apps_rec.evaluation.tasks import AUC, BINARY, MetricSpec, TaskMetrics
from apps_rec.features.layout import Layout
from apps_rec.terminal.progress_bar import progress_bar
from apps_rec.tools.inspection.sample import Columns, Sample, in_batches
from apps_rec.training.estimator import Estimator


@dataclass(frozen=True)
class Importance:
    """The loss of a task without one feature.

    Attributes:
        feature: name of the feature.
        suffix: the task.
        metric: metric that is lost: AUC of a binary task, else the first of the task's that has a better side.
        loss: how much worse the metric is where the feature is that of another row; None: it has no value.
        interval: interval of the loss; None: it has none.
    """

    feature: str
    suffix: str
    metric: str
    loss: float | None
    interval: Interval | None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of the report's JSON."""
        bounds = None if self.interval is None else list(self.interval.bounds)
        return {
            "feature": self.feature,
            "task": self.suffix,
            "metric": self.metric,
            "loss": self.loss,
            "interval": bounds,
        }


def importances(
    estimator: Estimator, sample: Sample, plan: Sequence[TaskMetrics], resampling: Resampling
) -> tuple[Importance, ...]:
    """Returns the loss of every task without each feature, the feature that matters most first.

    A feature's values are dealt anew among the rows of the sample, all else stays (Breiman 2001, Random Forests,
    section 10; Fisher, Rudin and Dominici 2019). Both sides of an interval see the same resamples of users.

    Args:
        estimator: trained model.
        sample: rows of it.
        plan: tasks to measure.
        resampling: seed of both the deal and the resamples, and what is resampled.
    """
    tasks = [task for task in map(_one_metric, plan) if task is not None]
    if not tasks or not sample.rows:
        return ()
    layout = Layout(estimator.preprocessor.specs)
    needed = {task.score_output for task in tasks}

    def measure(features: Columns) -> MetricCollector:
        columns = [resampling.users] if resampling.users else []
        collector = MetricCollector(tasks, columns, with_places=True)
        outputs = in_batches(lambda batch: {name: estimator.predict(batch)[name] for name in needed}, features)
        collector.update(sample.labels, outputs, sample.users)
        return collector

    as_is, found = measure(sample.features), []
    with progress_bar("importance of features") as bar:
        for at, spec in enumerate(layout.specs):
            order = np.random.default_rng([resampling.seed, at]).permutation(sample.rows)
            dealt = measure(layout.from_other_rows(sample.features, spec.name, order))
            for item in differences(pairs_of(dealt, as_is, tasks, resampling), resampling):
                sign = better(item.metric)
                loss = None if item.a is None or item.b is None else sign * (item.b - item.a)
                interval = item.interval and replace(item.interval, value=sign * item.interval.value)
                found.append(Importance(spec.name, item.suffix, item.metric, loss, interval))
            bar.add(sample.rows, (at + 1) / len(layout.specs))
    most: Mapping[str, float] = {
        spec.name: max((one.loss or 0.0 for one in found if one.feature == spec.name), default=0.0)
        for spec in layout.specs
    }
    return tuple(sorted(found, key=lambda one: -most[one.feature]))


def _one_metric(task: TaskMetrics) -> TaskMetrics | None:
    """Returns the task with the one metric that is looked at; None where it has none."""
    chosen: MetricSpec | None = AUC
    if task.kind != BINARY:
        chosen = next((metric for metric in task.metrics if better(metric.name)), None)
    return None if chosen is None else replace(task, metrics=(chosen,))
