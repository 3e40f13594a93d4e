"""Trains with ParameterServerStrategy: a chief hands pieces of the data to workers, which update the servers' tables.

The chief splits the input. It schedules one piece after the other, a run of rows of a file. TensorFlow's coordinator
gives each to a free worker, and to another one if that worker is lost. So every row of an epoch is trained on at least
once, and the rows of a piece that was begun twice are counted. (tf.data service with dynamic sharding promises at most
once.) docs/decisions/0006-parameter-servers.md.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NoReturn

import numpy as np
import tensorflow as tf

from apps_rec.data import build_schema
from apps_rec.data.rows.order import combine
from apps_rec.data.tfrecords.graph_reader import RecordLayout, graph_columns
from apps_rec.errors import LostWorkerError, RunError
from apps_rec.features import Preprocessor
from apps_rec.models import RankModel
from apps_rec.protos import train_pb2
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.distribute.cluster_task import ClusterTask
from apps_rec.training.distribute.workers import WaitLimit
from apps_rec.training.input import column_splitter
from apps_rec.training.outlook import Length, Outlook
from apps_rec.training.parameter_server.shards import Piece, Plan
from apps_rec.training.run.progress import DataPosition

log = logging.getLogger("apps_rec")
# Keeps the order of rows in a piece apart from the orders of apps_rec.data.rows.stream and shards.
_ROWS = 4
# Number of pieces that wait at each worker, beside the one at work.
_AHEAD = 1
_POLL_SECONDS = 0.05


def serve(task: ClusterTask) -> NoReturn:
    """Serves as a ps or a worker until a signal ends the process."""
    config = tf.compat.v1.ConfigProto()
    # With fewer threads than processes with requests, all could wait for each other.
    config.inter_op_parallelism_threads = max(4, sum(task.count(kind) for kind in ("chief", "worker", "ps")) + 1)
    server = tf.distribute.Server(
        tf.train.ClusterSpec(task.cluster), job_name=task.kind, task_index=task.index, config=config, protocol="grpc"
    )
    log.info("%s %d serves at %s", task.kind, task.index, server.target)
    # Not server.join(), which no signal ends.
    while True:
        time.sleep(1)


def waiting_for_servers(seconds: float) -> WaitLimit:
    """Makes the limit of the chief's waits for the servers. A wait that is too long ends the process with the reason.

    TensorFlow has no limit for such a wait, and neither an error nor a signal interrupts the waiting thread. The last
    checkpoint stays unchanged: a save that does not come to its end does not count.

    Args:
        seconds: longest wait in seconds; 0: for ever.
    """

    def end(reason: str, number: int | None) -> None:
        log.error(
            "a step of the parameter servers %s: one of them is silent. Start all processes again with --resume: "
            "training goes on from the last checkpoint",
            reason,
        )
        os._exit(LostWorkerError.exit_code if number is None else 128 + number)

    return WaitLimit(seconds, "an answer of the parameter servers", end)


class PieceTrainer:
    """Trains on pieces, on the workers of a strategy. The chief schedules and waits.

    Args:
        strategy: a ParameterServerStrategy.
        model: model, compiled, with its variables on the servers.
        preprocessor: preprocessor, made under the strategy, which gives each worker its tables.
        config: config, checked and normalised.
        layout: layout of the files, see `make_plan`.
        workers: number of workers.
        rows_seen: number of rows that went into the weights so far.
    """

    def __init__(
        self,
        strategy: tf.distribute.Strategy,
        model: RankModel,
        preprocessor: Preprocessor,
        config: PipelineConfig,
        layout: RecordLayout,
        workers: int,
        rows_seen: int,
    ) -> None:
        self._strategy, self._model = strategy, model
        self._schema, self._layout = build_schema(config, "train"), layout
        self._split = column_splitter(preprocessor, self._schema, self._schema.weights)
        self._batch_size = config.data_config.batch_size
        self._seed = config.train_config.seed if config.data_config.shuffle else None
        self._coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
        self._most_in_flight = workers * (1 + _AHEAD)
        self._scheduled = 0
        with strategy.scope():
            self._rows_seen = tf.Variable(rows_seen, dtype=tf.int64, trainable=False, name="rows_seen")
            self._pieces_done = tf.Variable(0, dtype=tf.int64, trainable=False, name="pieces_done")
            self._loss = tf.Variable(0.0, trainable=False, name="last_loss")
            # Batches whose loss or gradients were not finite, in all and by task. They changed no weight.
            self._tasks = list(model.head.loss_names().values())
            self._not_finite = tf.Variable(
                [0] * (1 + len(self._tasks)), dtype=tf.int64, trainable=False, name="skipped"
            )
        self._train_piece = tf.function(self._train, autograph=False)

    @property
    def rows_seen(self) -> int:
        """Returns the number of rows that went into the weights. A row that was trained on twice counts twice."""
        return int(self._rows_seen.numpy())

    @property
    def skipped_batches(self) -> int:
        """Returns the number of batches whose loss or gradients were not finite."""
        return int(self._not_finite[0].numpy())

    def check_finite(self) -> None:
        """Raises an error if a batch was not finite.

        Raises:
            RunError: the loss or gradients of a batch were not finite. It changed no weight.
        """
        counts = self._not_finite.numpy()
        if counts[0]:
            tasks = [name.removeprefix("loss_") for name, count in zip(self._tasks, counts[1:], strict=True) if count]
            what = f"the loss of {', '.join(tasks)}" if tasks else "a gradient, though every loss is finite"
            raise RunError(
                f"{counts[0]} batches were not finite: {what}. Training stopped; they changed no weight, and the last "
                "checkpoint is from before. Correct the data, lower the learning rate, or set "
                "train_config.gradient_clipping_by_norm; train_config.on_nan: SKIP_BATCH leaves such batches out"
            )

    @property
    def loss(self) -> float:
        """Returns the loss of the last batch that a worker finished."""
        return float(self._loss.numpy())

    def schedule(self, piece: Piece, epoch: int, number: int) -> bool:
        """Hands out a piece, unless the workers have enough to do already. Tells whether it did."""
        if self._scheduled - int(self._pieces_done.numpy()) >= self._most_in_flight and not self._coordinator.done():
            return False
        key = combine(_ROWS, self._seed or 0, epoch, number).astype(np.int64)[0]
        self._coordinator.schedule(
            self._train_piece,
            args=(
                tf.constant(piece.path),
                tf.constant(piece.first, tf.int64),
                tf.constant(piece.rows, tf.int64),
                tf.constant([key, epoch], tf.int64),
            ),
        )
        self._scheduled += 1
        return True

    def is_done(self) -> bool:
        """Tells whether all pieces that were handed out are done."""
        return self._coordinator.done()

    def finish(self) -> None:
        """Waits for all pieces that were handed out, and raises the error of one that failed."""
        self._coordinator.join()

    def _train(self, path: tf.Tensor, first: tf.Tensor, rows: tf.Tensor, key: tf.Tensor) -> None:
        columns = graph_columns(self._schema, path, first, rows, rows, self._layout).get_single_element()
        count = tf.shape(next(iter(columns.values())))[0]
        order = tf.range(count)
        if self._seed is not None:
            order = tf.random.experimental.stateless_shuffle(order, key)

        def train_batch(start: tf.Tensor) -> tuple[tf.Tensor]:
            taken = order[start : start + self._batch_size]
            batch = self._split({name: tf.gather(column, taken) for name, column in columns.items()})
            replicas = self._strategy.run(self._model.train_step, args=(batch,))
            logs = {name: self._strategy.experimental_local_results(value)[0] for name, value in replicas.items()}
            finite = [logs["is_finite"] > 0, *(tf.math.is_finite(logs[name]) for name in self._tasks)]
            with tf.control_dependencies([logs["loss"]]):
                self._rows_seen.assign_add(tf.size(taken, tf.int64))
                self._not_finite.assign_add(tf.cast(~tf.stack(finite), tf.int64))
                self._loss.assign(logs["loss"])
            return (start + self._batch_size,)

        tf.while_loop(lambda start: start < count, train_batch, (tf.constant(0),), parallel_iterations=1)
        self._pieces_done.assign_add(1)


def log_tables(tables: Mapping[str, tf.Variable]) -> None:
    """Logs the division of each table over the servers."""
    for name, table in tables.items():
        pieces = [table] if isinstance(table, tf.Variable) else list(table.variables)
        largest = max(math.prod(piece.shape) * piece.dtype.size for piece in pieces)
        rows, columns = table.shape
        log.info("%s: %d x %d in %d pieces of at most %s bytes", name, rows, columns, len(pieces), f"{largest:,}")


def run_pieces(
    trainer: PieceTrainer,
    plan: Plan,
    progress: DataPosition,
    config: PipelineConfig,
    step: Callable[[], int],
    save: Callable[[tuple[int, int], int], None],
    is_stopped: Callable[[], bool],
    best: Callable[[], tuple[str, float] | None],
    waiting: AbstractContextManager,
) -> None:
    """Trains on the pieces from a run's position to the end that the config sets.

    Args:
        trainer: trainer of the pieces.
        plan: plan of the pieces.
        progress: progress with the position to begin at.
        config: config with the numbers of epochs and steps, and the intervals of saves and log lines.
        step: function that returns the number of batches trained on so far.
        save: function that is called, when all pieces are done, with the position behind the last one and the number of
            rows handed out.
        is_stopped: function that tells whether to stop before the data ends.
        best: function that returns name and value of the best evaluation so far, for the log.
        waiting: context of each wait for the servers, see `waiting_for_servers`.
    """
    train_config, batch_size = config.train_config, config.data_config.batch_size
    position = progress.position()
    planned = saved = step()
    handed_out = 0
    length = Length(train_config.num_steps, config.data_config.num_epochs, len(plan.pieces(0)))
    report = _Report(trainer, step, train_config.log_step_count_steps, batch_size, Outlook(length, best))

    def look() -> None:
        with waiting:
            report.maybe(position)
            if train_config.on_nan == train_pb2.STOP:
                trainer.check_finite()
        time.sleep(_POLL_SECONDS)

    def save_all() -> None:
        while not trainer.is_done():
            look()
        trainer.finish()
        look()
        with waiting:
            save(position, handed_out)

    def schedule(piece: Piece, epoch: int, number: int) -> bool:
        with waiting:
            return trainer.schedule(piece, epoch, number)

    for epoch, number, piece in plan.from_position(*position, config.data_config.num_epochs):
        rows = piece.rows
        if train_config.num_steps:
            rows = min(rows, (train_config.num_steps - planned) * batch_size)
        while rows and not is_stopped() and not schedule(replace(piece, rows=rows), epoch, number):
            look()
        if not rows or is_stopped():
            break
        planned += -(-rows // batch_size)
        handed_out += rows
        position = plan.behind(epoch, number)
        if planned - saved >= train_config.save_checkpoints_steps:
            save_all()
            saved = planned
    if planned != saved or saved == 0:
        save_all()


class _Report:
    """Logs the progress every `log_steps` steps."""

    def __init__(
        self, trainer: PieceTrainer, step: Callable[[], int], log_steps: int, batch_size: int, outlook: Outlook
    ) -> None:
        self._trainer, self._step, self._log_steps, self._batch_size = trainer, step, log_steps, batch_size
        self._outlook, self._first = outlook, step()
        self._last, self._since = step(), time.monotonic()

    def maybe(self, position: tuple[int, int]) -> None:
        """Writes the line if enough steps have passed. The position is the one behind the last piece handed out."""
        step = self._step()
        if self._last == self._first < step:
            self._outlook.start(step, position)
        if self._log_steps and step // self._log_steps > self._last // self._log_steps:
            rate = (step - self._last) * self._batch_size / (time.monotonic() - self._since)
            log.info("%s", self._outlook.line(step, position, {"loss": self._trainer.loss}, rate))
            self._last, self._since = step, time.monotonic()
