"""A sample of the rows that a model is measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from apps_rec.data.pipeline.dataset import reraise
from apps_rec.features.layout import below_each_other
from apps_rec.terminal.progress_bar import progress_bar
from apps_rec.training.estimator import Estimator
from apps_rec.training.input import evaluation_dataset

Columns = Mapping[str, np.ndarray]
# Rows that the model scores at once.
_BATCH = 4096


@dataclass(frozen=True)
class Sample:
    """Some of the rows of an evaluation, in their order.

    Attributes:
        features: outputs of the Preprocessor, by name.
        labels: columns of labels, by name.
        users: columns of users and those asked for, by name.
        rows: number of rows here.
        of_rows: number of rows that they were drawn from.
    """

    features: Columns
    labels: Columns
    users: Columns
    rows: int
    of_rows: int


def draw_sample(estimator: Estimator, count: int, seed: int, columns: Sequence[str] = ()) -> Sample:
    """Draws rows of `evaluate`, each as likely as any other.

    Args:
        estimator: model with its config.
        count: number of rows, 1 or more; all where there are no more.
        seed: seed of the draw.
        columns: columns of input_fields to hold beside the users.
    """
    message = estimator.config.message
    dataset, positions = evaluation_dataset(message, estimator.preprocessor, columns=columns)
    drawn = _Reservoir(count, np.random.default_rng(seed))
    with reraise(positions), progress_bar("drawing a sample") as bar:
        for batch in dataset:
            most = message.eval_config.num_examples
            rows = slice(0, most - drawn.seen if most else None)
            parts = [{name: tensor.numpy()[rows] for name, tensor in part.items()} for part in batch]
            bar.add(drawn.add(parts))
            if most and drawn.seen >= most:
                break
    features, labels, users = drawn.take()
    return Sample(features, labels, users, len(next(iter(labels.values()))), drawn.seen)


class _Reservoir:
    """The rows with the smallest of random numbers, one a row: each set of `count` rows is as likely as any other."""

    def __init__(self, count: int, draw: np.random.Generator) -> None:
        self._count, self._draw = count, draw
        self._batches: list[tuple[np.ndarray, Sequence[Columns]]] = []
        self._held, self.seen, self._bound = 0, 0, 1.0

    def add(self, parts: Sequence[Columns]) -> int:
        """Takes a batch, and returns its number of rows."""
        rows = len(next(iter(parts[1].values())))
        keys = self._draw.random(rows)
        mine = np.flatnonzero(keys < self._bound)
        self._batches.append((keys[mine], [{name: column[mine] for name, column in part.items()} for part in parts]))
        self.seen, self._held = self.seen + rows, self._held + len(mine)
        if self._held > 2 * self._count:
            self._shrink()
        return rows

    def _shrink(self) -> None:
        keys = np.concatenate([keys for keys, _ in self._batches])
        self._bound = float(np.partition(keys, self._count)[self._count])
        kept = []
        for keys, parts in self._batches:
            mine = np.flatnonzero(keys < self._bound)
            kept.append((keys[mine], [{name: column[mine] for name, column in part.items()} for part in parts]))
        self._batches = [batch for batch in kept if len(batch[0])]
        self._held = sum(len(keys) for keys, _ in self._batches)

    def take(self) -> list[Columns]:
        """Returns features, labels and users of the rows that were drawn."""
        if self._held > self._count:
            self._shrink()
        return [below_each_other([parts[at] for _, parts in self._batches]) for at in range(3)]


def in_batches(
    function: Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.Tensor]], features: Columns
) -> dict[str, np.ndarray]:
    """Calls a function of features on some thousand rows at a time, and joins what it returns."""
    found = [{name: tensor.numpy() for name, tensor in function(batch).items()} for batch in _batches(features)]
    return below_each_other(found)


def _batches(features: Columns) -> Iterator[dict[str, tf.Tensor]]:
    rows = len(features["ids"])
    for start in range(0, rows, _BATCH):
        yield {name: tf.constant(column[start : start + _BATCH]) for name, column in features.items()}
