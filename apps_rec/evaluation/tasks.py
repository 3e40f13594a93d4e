"""Metrics with their arguments, and the outputs, labels and rows of each task that is measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps_rec.evaluation.metrics import METRICS, needs_users
from apps_rec.evaluation.metrics.weighted import Units, Weighted


@dataclass(frozen=True)
class MetricSpec:
    """A metric to compute, and its arguments.

    Args:
        name: a key of `METRICS`.
        users: the column of users, where the metric groups rows by user; else "".
        options: further arguments of the metric, such as `{"reduction": "mean_by_sample_num"}` of gauc.

    Raises:
        ValueError: an unknown metric, a missing column of users or one too many, or an option that it does not take.
    """

    name: str
    users: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in METRICS:
            raise ValueError(f"metrics: {self.name} is not among {', '.join(METRICS)}.")
        if needs_users(self.name) != bool(self.users):
            wanted = "needs `users`, the name of the column of users" if not self.users else "takes no column of users"
            raise ValueError(f"metrics: {self.name} {wanted}.")
        try:
            self.compute(np.zeros(0), np.zeros(0), {self.users: np.zeros(0, np.int32)})
        except (TypeError, ValueError) as error:
            raise ValueError(f"metrics: {self.name} does not take {dict(self.options)}: {error}") from error

    def compute(self, labels: np.ndarray, scores: np.ndarray, users: Mapping[str, np.ndarray]) -> float | None:
        """Computes the metric over rows; `users` holds codes of the same rows, by column."""
        return METRICS[self.name].compute(labels, scores, **self._arguments(users))

    def weigh(self, labels: np.ndarray, scores: np.ndarray, users: Mapping[str, np.ndarray], units: Units) -> Weighted:
        """Returns the metric over rows as a function of the weights of their units."""
        return METRICS[self.name].weighted(labels, scores, units, **self._arguments(users))

    def _arguments(self, users: Mapping[str, np.ndarray]) -> dict[str, Any]:
        return {**self.options, "users": users[self.users]} if self.users else dict(self.options)


# What the label of a task is: 0 or 1, with a probability as output; a number, with a number as output; one of several
# classes, with a score of each as output.
BINARY, NUMBER, CLASSES = "binary", "number", "classes"

AUC, LOG_LOSS, CALIBRATION = MetricSpec("auc"), MetricSpec("log_loss"), MetricSpec("calibration")


@dataclass(frozen=True)
class TaskMetrics:
    """One task to measure; its metrics are called `<metric>_<suffix>`.

    Args:
        suffix: end of the metrics' names, e.g. `ctr`, `cvr_masked`, `ctcvr`.
        score_output: the model output that holds the task's probabilities, e.g. `probs_ctr`, or its numbers.
        label: the label column, or several whose product is the label: `("click", "download")` for ctcvr.
        mask_label: a label column; only rows where it is 1 count. None: all rows count.
        metrics: the metrics to compute, in the order to show them.
        observed: those of `label` and `mask_label` that may be -1, not observed. A row where one of them is -1 does
            not count.
        kind: what the label is: `binary`, `number` or `classes`.
        unobserved: value of the label where it was not observed: -1, or the least number where labels may be any.

    Raises:
        ValueError: no label, several of a task that is not binary, or an unknown kind.

    Example:
        >>> TaskMetrics("cvr_masked", "probs_cvr", "download", "click", (AUC, MetricSpec("gauc", "user_id"))).names
        ('auc_cvr_masked', 'gauc_cvr_masked')
    """

    suffix: str
    score_output: str
    label: str | tuple[str, ...]
    mask_label: str | None = None
    metrics: tuple[MetricSpec, ...] = (AUC, LOG_LOSS, CALIBRATION)
    observed: tuple[str, ...] = ()
    kind: str = BINARY
    unobserved: float = -1.0

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError(f"metrics of {self.suffix}: expected a label column or several, got none.")
        if self.kind not in (BINARY, NUMBER, CLASSES):
            raise ValueError(
                f"metrics of {self.suffix}: expected {BINARY}, {NUMBER} or {CLASSES} as kind, got {self.kind!r}."
            )
        if self.kind != BINARY and len(self.labels) > 1:
            raise ValueError(f"metrics of {self.suffix}: expected one label, got {', '.join(self.labels)}.")

    @property
    def labels(self) -> tuple[str, ...]:
        """Returns the label columns whose product is the task's label."""
        return (self.label,) if isinstance(self.label, str) else tuple(self.label)

    @property
    def users(self) -> tuple[str, ...]:
        """Returns the columns of users that the metrics need, each once."""
        return tuple(dict.fromkeys(metric.users for metric in self.metrics if metric.users))

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the full names of the task's metrics, in order."""
        return tuple(f"{metric.name}_{self.suffix}" for metric in self.metrics)

    @property
    def rows_key(self) -> tuple[str, ...]:
        """Returns a key that is equal for tasks that count the same rows; it is empty where all rows count."""
        masks = (self.mask_label,) if self.mask_label else ()
        return (*masks, "", *self.observed) if self.observed else masks

    def unobserved_of(self, label: str) -> float:
        """Returns the value of a label column where it was not observed."""
        return self.unobserved if label in self.labels else -1.0

    def counts(self, labels: Mapping[str, np.ndarray], known: Mapping[str, np.ndarray]) -> np.ndarray:
        """Tells for each row of a batch whether it counts; needs a `mask_label` or `observed`.

        Args:
            labels: whether each row's label is 1, by label column.
            known: whether each row's label was observed, by label column.
        """
        masks = [labels[self.mask_label]] if self.mask_label else []
        return np.logical_and.reduce([*masks, *(known[name] for name in self.observed)])
