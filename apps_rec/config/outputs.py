"""Outputs of the model of a resolved config, with the labels and metrics that each is measured by."""

from __future__ import annotations

from dataclasses import dataclass

from apps_rec.config.heads import head_of, space_of
from apps_rec.config.metrics import AskedMetric, Metric, asked_metrics
from apps_rec.config.tasks.kinds import NUMBER, kind_row
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.model_pb2 import RankModel
from apps_rec.protos.pipeline_pb2 import PipelineConfig


@dataclass(frozen=True)
class Measured:
    """An output of the model, with the labels and metrics that it is measured by.

    Attributes:
        suffix: end of the metrics' names, such as `ctr`, `cvr_masked`, `ctcvr`.
        output: name of the model's output, such as `probs_ctr`.
        labels: columns whose product is the label.
        mask: a label column; only rows where it is 1 count. "": all rows count.
        metrics: the metrics that the config asks for, in order.
        observed: those of labels and mask that may be unknown in a row; such a row does not count.
        kind: what the label is: EvalMetrics.BINARY, NUMBER or CLASSES.
    """

    suffix: str
    output: str
    labels: tuple[str, ...]
    mask: str
    metrics: tuple[AskedMetric, ...]
    observed: tuple[str, ...]
    kind: EvalMetrics.TaskKind = EvalMetrics.BINARY

    def by_name(self) -> dict[str, Metric]:
        """Returns the rows of its metrics by their full names, in order."""
        return {f"{asked.metric.name}_{self.suffix}": asked.metric for asked in self.metrics}


def outputs(message: PipelineConfig) -> list[str]:
    """Returns the names of the model's outputs: those of its head, such as probs_ctr and logits_ctr, and score."""
    rank = message.model_config.rank_model
    return [*head_of(rank).outputs(rank), "score"]


def output_widths(message: PipelineConfig) -> dict[str, int]:
    """Returns how many numbers a row those outputs hold that hold more than one, such as one for each class."""
    rank = message.model_config.rank_model
    return head_of(rank).widths(rank)


def score_outputs(message: PipelineConfig) -> list[str]:
    """Returns the names of the outputs that rows can be ranked by."""
    rank = message.model_config.rank_model
    return head_of(rank).scores(rank)


def labels_not_always_observed(message: PipelineConfig) -> frozenset[str]:
    """Returns labels that may be unknown in a row: their column has `not_observed`, a value for that."""
    data = message.data_config
    return frozenset(column.input_name for column in data.input_fields if column.not_observed)


def may_be_any_number(rank: RankModel, label: str) -> bool:
    """Tells whether all that read a label take any number for it; else -1 stands for what was not observed."""
    readers = {kind_row(tower).labels for tower in rank.task_towers if tower.label_name == label}
    is_space = any(tower.task_space_indicator_label == label for tower in rank.task_towers)
    return readers == {NUMBER} and not is_space and label not in head_of(rank).label_steps(rank)


def labels_of_losses(message: PipelineConfig) -> list[tuple[str, ...]]:
    """Returns, for each tower, the labels that its loss or its task space reads."""
    rank = message.model_config.rank_model
    read = [head_of(rank).loss_labels(rank, at) for at in range(len(rank.task_towers))]
    spaces = [space_of(tower) for tower in rank.task_towers]
    return [tuple(dict.fromkeys(filter(None, (*names, space)))) for names, space in zip(read, spaces, strict=True)]


def measured(message: PipelineConfig) -> list[Measured]:
    """Returns the outputs that `evaluate` measures, in the order of the towers."""
    rank, unsure = message.model_config.rank_model, labels_not_always_observed(message)
    found = []
    for at, tower in enumerate(rank.task_towers):
        metrics = tuple(asked_metrics(tower.metrics_set))
        for target in head_of(rank).targets(rank, at):
            observed = tuple(name for name in (*target.labels, target.mask) if name in unsure)
            found.append(
                Measured(target.suffix, target.output, target.labels, target.mask, metrics, observed, target.kind)
            )
    return found


def metrics_by_name(message: PipelineConfig) -> dict[str, Metric]:
    """Returns the row of every metric of `evaluate`, by its full name."""
    return {name: metric for each in measured(message) for name, metric in each.by_name().items()}


def metric_names(message: PipelineConfig) -> list[str]:
    """Returns the full names of the metrics of `evaluate`; a name that two metrics have is there twice."""
    return [name for each in measured(message) for name in each.by_name()]
