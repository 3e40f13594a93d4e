"""The table of metrics, read off the options in protos/eval.proto: which values are better, and what each needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps_rec.protos import eval_pb2, options_pb2
from apps_rec.protos.eval_pb2 import EvalMetrics

# Metrics of a tower for which the config names none, by what it learns; a comment in eval.proto says so too.
DEFAULT = {
    EvalMetrics.BINARY: ("auc", "log_loss", "calibration"),
    EvalMetrics.NUMBER: ("root_mean_squared_error", "mean_absolute_error", "calibration"),
    EvalMetrics.CLASSES: ("accuracy", "log_loss"),
}
# What a tower learns, in words.
KINDS = {
    EvalMetrics.BINARY: "labels of 0 and 1",
    EvalMetrics.NUMBER: "labels that are numbers",
    EvalMetrics.CLASSES: "labels of several classes",
}


@dataclass(frozen=True)
class Metric:
    """A row of the table.

    Attributes:
        name: name in the config; full names are `<name>_<suffix>`.
        better: EvalMetrics.HIGHER, LOWER or NEAREST_TO_ONE.
        user_field: the field that names the column of users, or of sessions; "": the metric needs none.
        choices: allowed texts, by the field that takes one of them.
        kinds: what a task that it measures learns: EvalMetrics.BINARY, NUMBER, CLASSES.
    """

    name: str
    better: EvalMetrics.Better
    user_field: str
    choices: dict[str, tuple[str, ...]]
    kinds: tuple[EvalMetrics.TaskKind, ...]

    @property
    def has_best(self) -> bool:
        """Tells whether the largest or the smallest value is best, so that a checkpoint can be chosen by it."""
        return self.better != EvalMetrics.NEAREST_TO_ONE

    def badness(self, value: float) -> float:
        """Returns a number that grows as the metric gets worse."""
        if self.better == EvalMetrics.NEAREST_TO_ONE:
            return abs(value - 1)
        return value if self.better == EvalMetrics.LOWER else -value


@dataclass(frozen=True)
class AskedMetric:
    """A metric that a config asks for, with its fields.

    Attributes:
        metric: row of the metric.
        users: the column of users, or of sessions; "": the metric needs none.
        options: values of its other fields, by name.
    """

    metric: Metric
    users: str
    options: dict[str, Any]


def asked_metrics(messages: Iterable[EvalMetrics]) -> list[AskedMetric]:
    """Returns the metrics of a metrics_set, in its order; leaves out empty entries."""
    return [_asked(message, kind) for message in messages if (kind := message.WhichOneof("metric"))]


def metrics_without_own(shared: Iterable[EvalMetrics], kind: EvalMetrics.TaskKind) -> list[EvalMetrics]:
    """Returns the metrics of a tower that lists none: those of eval_config that measure what it learns, or defaults.

    Args:
        shared: metrics_set of eval_config.
        kind: what the tower learns.
    """
    fitting = [message for message in shared if all(kind in asked.metric.kinds for asked in asked_metrics([message]))]
    if fitting:
        return fitting
    messages = [EvalMetrics() for _ in DEFAULT[kind]]
    for name, message in zip(DEFAULT[kind], messages, strict=True):
        getattr(message, name).SetInParent()
    return messages


def _asked(message: EvalMetrics, kind: str) -> AskedMetric:
    metric, fields = METRICS[kind], getattr(message, kind)
    names = [field.name for field in fields.DESCRIPTOR.fields if field.name != metric.user_field]
    users = getattr(fields, metric.user_field) if metric.user_field else ""
    return AskedMetric(metric, users, {name: getattr(fields, name) for name in names})


def _row(field: Any) -> Metric:
    """Reads a metric off the descriptor of its field in EvalMetrics."""
    options = {part.name: part.GetOptions().Extensions for part in field.message_type.fields}
    user_fields = [name for name, option in options.items() if option[eval_pb2.user_column]]
    choices = {name: tuple(option[options_pb2.choices]) for name, option in options.items()}
    of_metric = field.GetOptions().Extensions
    choices = {name: texts for name, texts in choices.items() if texts}
    return Metric(
        field.name, of_metric[eval_pb2.better], "".join(user_fields), choices, tuple(of_metric[eval_pb2.measures])
    )


METRICS = {field.name: _row(field) for field in EvalMetrics.DESCRIPTOR.oneofs_by_name["metric"].fields}
