"""The table of metrics, read off the options in protos/eval.proto: which values are better, and what each needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps_rec.protos import eval_pb2, options_pb2
from apps_rec.protos.eval_pb2 import EvalMetrics

# Metrics of a tower for which the config names none; the comment in eval.proto says so too.
DEFAULT = ("auc", "log_loss", "calibration")


@dataclass(frozen=True)
class Metric:
    """A row of the table.

    Attributes:
        name: name in the config; full names are `<name>_<suffix>`.
        better: EvalMetrics.HIGHER, LOWER or NEAREST_TO_ONE.
        user_field: the field that names the column of users; "": the metric needs none.
        choices: allowed texts, by the field that takes one of them.
    """

    name: str
    better: EvalMetrics.Better
    user_field: str
    choices: dict[str, tuple[str, ...]]

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
        users: the column of users; "": the metric needs none.
        options: values of its other fields, by name.
    """

    metric: Metric
    users: str
    options: dict[str, Any]


def asked_metrics(messages: Iterable[EvalMetrics]) -> list[AskedMetric]:
    """Returns the metrics of a metrics_set, in its order; leaves out empty entries."""
    return [_asked(message, kind) for message in messages if (kind := message.WhichOneof("metric"))]


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
    better = field.GetOptions().Extensions[eval_pb2.better]
    return Metric(field.name, better, "".join(user_fields), {name: texts for name, texts in choices.items() if texts})


METRICS = {field.name: _row(field) for field in EvalMetrics.DESCRIPTOR.oneofs_by_name["metric"].fields}
