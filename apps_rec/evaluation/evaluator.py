"""Runs a model over a data set and measures it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.tasks import TaskMetrics

Tensors = Mapping[str, tf.Tensor]


class EvaluationStoppedError(Exception):
    """An evaluation that was asked to stop before its end."""


def evaluate_model(
    predict: Callable[[Tensors], Tensors],
    dataset: Iterable[tuple[Tensors, Tensors, Tensors]],
    plan: Sequence[TaskMetrics],
    num_examples: int = 0,
    is_stopped: Callable[[], bool] = lambda: False,
    columns: Sequence[str] = (),
    with_places: bool = False,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> MetricCollector:
    """Scores every row of a data set once.

    Args:
        predict: function from the features of a batch to outputs by name.
        dataset: batches of features, labels, and columns of users.
        plan: the tasks to measure.
        num_examples: number of rows to take from the start; 0: all.
        is_stopped: function that is called before each batch; True ends the evaluation.
        columns: further columns of users that the collector holds.
        with_places: true if the collector will be asked for rows as units.
        on_rows: function that is called behind each batch with its number of rows.

    Raises:
        EvaluationStoppedError: `is_stopped` returned True.
    """
    collector = MetricCollector(plan, columns, with_places)
    outputs_needed = {task.score_output for task in plan}
    for features, labels, users in dataset:
        if is_stopped():
            raise EvaluationStoppedError
        outputs = predict(features)
        before = collector.rows
        rows = slice(0, num_examples - collector.rows if num_examples else None)
        collector.update(
            _arrays(labels, rows),
            _arrays({name: outputs[name] for name in outputs_needed}, rows),
            _arrays(users, rows),
        )
        on_rows(collector.rows - before)
        if num_examples and collector.rows >= num_examples:
            break
    return collector


def _arrays(tensors: Tensors, rows: slice) -> dict[str, np.ndarray]:
    return {name: tensor.numpy()[rows] for name, tensor in tensors.items()}
