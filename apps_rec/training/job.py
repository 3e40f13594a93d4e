"""A training, from its config to its last checkpoint: what `apps-rec train` does."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.config import Config
from apps_rec.config.outputs import metrics_by_name
from apps_rec.data.pipeline.dataset import Positions, reraise
from apps_rec.errors import InterruptedRunError, RunError
from apps_rec.evaluation.evaluator import EvaluationStoppedError
from apps_rec.legacy_keras import keras
from apps_rec.protos import train_pb2
from apps_rec.training.callbacks import LogProgress, SaveAndSelect, StopOnSignal
from apps_rec.training.distribute.cluster_task import read_task
from apps_rec.training.distribute.rendezvous import meet
from apps_rec.training.distribute.strategies import build_strategy, share_of
from apps_rec.training.distribute.tpu import static_batches
from apps_rec.training.distribute.workers import Workers, lost_worker
from apps_rec.training.estimator import Estimator
from apps_rec.training.input import log_batches, training_dataset, training_length, training_source
from apps_rec.training.loop import run_steps
from apps_rec.training.nan_guard import Batch, WatchFinite
from apps_rec.training.optimizers.build import build_optimizer
from apps_rec.training.optimizers.schedules import say_of_length
from apps_rec.training.outlook import Outlook
from apps_rec.training.parameter_server.shards import make_plan
from apps_rec.training.parameter_server.trainer import PieceTrainer, log_tables, run_pieces, serve, waiting_for_servers
from apps_rec.training.run import folder as run_folder
from apps_rec.training.run.checkpoints import Checkpoints
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.input_files import check_same_input_files, look_for_eval_files, note_input_files
from apps_rec.training.run.lock import open_run
from apps_rec.training.run.progress import Progress, take_up
from apps_rec.training.run.same_data import check_same_data
from apps_rec.training.run.vocabularies import freeze_vocabularies, frozen_vocabularies
from apps_rec.training.signals import ended_by_signals
from apps_rec.training.warm_start.warm_start import warm_start

log = logging.getLogger("apps_rec")


@dataclass(frozen=True)
class TrainResult:
    """What a training ended with: its folder, the last step, and the best step and value where one was selected.

    `skipped_batches` counts those that on_nan: SKIP_BATCH left out, over the whole run.
    """

    model_dir: str
    step: int
    best_step: int | None = None
    best_value: float | None = None
    skipped_batches: int = 0


def train(
    config: Config,
    resume: bool = False,
    restart: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Trains the model of a config into its model_dir, or takes this process' part in it.

    In a cluster every process calls this, with a TF_CONFIG of its own; a server, and a worker of servers, does not
    return: it serves until a signal ends it.

    Args:
        config: from `load_config`.
        resume: go on with the run in model_dir, or start afresh where there is none.
        restart: move the run in model_dir aside and start afresh.
        callbacks: Keras callbacks of your own (tf_keras), called after ours.

    Raises:
        RunError: model_dir holds a run and neither was asked for, another training is at work there, it cannot be
            written, the training files are not those of the run, or a loss is not finite.
        LostWorkerError: another process of the cluster is gone.
        DataError: a mistake in the data.
        InterruptedRunError: SIGINT or SIGTERM came; the run was saved.
    """
    message = config.message
    task = read_task(message.train_config)
    if task.cluster:
        meet(task, message.train_config.cluster_start_timeout_seconds)
    if task.count("ps") and task.kind != "chief":
        serve(task)
    async_workers = task.count("worker") if task.count("ps") else 0
    if async_workers and callbacks:
        raise RunError("callbacks are called after each step, and workers of parameter servers have no common one")
    # The strategy first: the processes of a cluster meet when it is made, before any operation.
    with ended_by_signals("the wait for the other processes of TF_CONFIG") if task.cluster else nullcontext():
        strategy = build_strategy(message.train_config, task)
    share = share_of(strategy, task)
    workers = Workers(strategy, share, message.train_config.collective_timeout_seconds)
    opened = _opened(config, resume, restart, workers)
    in_cluster = workers.count > 1 or async_workers > 0
    with (
        lost_worker(in_cluster),
        workers.watching_signals(),
        opened as (folder, is_resumed, before_save),
    ):
        vocabularies = None
        if is_resumed:
            run_folder.check_same_model(folder, message)
            run_folder.check_same_optimizer(folder, message)
            check_same_data(folder, message)
            check_same_input_files(folder, message)
            vocabularies = frozen_vocabularies(folder, message)
        estimator = Estimator(config, vocabularies, strategy, share, async_workers, trains=True)
        if workers.is_chief:
            if vocabularies is None:
                freeze_vocabularies(folder, message)
            run_folder.write_config(folder, config.to_text())
            note_input_files(folder, message)
            look_for_eval_files(message)
        return _Training(estimator, workers, folder, before_save).run(is_resumed, callbacks)


@contextmanager
def _opened(
    config: Config, resume: bool, restart: bool, workers: Workers
) -> Iterator[tuple[RunFolder, bool, Callable[[], None]]]:
    """The folder, whether to go on from its checkpoint, and what to call before a save; the chief holds its lock."""
    model_dir = config.message.model_dir
    if workers.is_chief:
        with open_run(model_dir, resume, restart) as (folder, is_resumed, lock):
            workers.wait()
            yield folder, is_resumed, lock.check
    else:
        workers.wait()
        # What the chief has let pass.
        folder, is_resumed = run_folder.open_for_training(model_dir, resume=True, restart=False)
        yield folder, is_resumed, lambda: None


class _Training:
    """One process' part of a training."""

    def __init__(
        self, estimator: Estimator, workers: Workers, folder: RunFolder, before_save: Callable[[], None]
    ) -> None:
        self._estimator, self._workers, self._folder, self._before_save = estimator, workers, folder, before_save
        self._message = estimator.config.message
        self._model = estimator.model
        train_config = self._message.train_config
        self._progress = Progress()
        with estimator.strategy.scope():
            self._optimizer = build_optimizer(train_config)
            self._optimizer.build(self._model.trainable_variables)
            self._model.compile(optimizer=self._optimizer)
        self._checkpoints = Checkpoints(
            folder, self._model, self._optimizer, self._progress, train_config.keep_checkpoint_max, workers.is_chief
        )
        self._progress_log = LogProgress(
            self._message.data_config.batch_size,
            train_config.log_step_count_steps if workers.is_chief else 0,
            train_config.save_summary_steps if workers.is_chief else 0,
            str(folder.summaries),
        )

    def run(self, is_resumed: bool, callbacks: Sequence[keras.callbacks.Callback]) -> TrainResult:
        """Trains to the end that the config sets."""
        step = (self._checkpoints.restore_latest() or 0) if is_resumed else 0
        warm = self._message.train_config.fine_tune_checkpoint
        if step:
            log.info("resumed from step %d", step)
        elif warm:
            reported_in = self._folder if self._workers.is_chief else None
            warm_start(self._model, self._estimator.features, self._optimizer, warm, reported_in)
        if int(self._progress.evaluation_due.numpy()):
            self._catch_up(step)
        if self._is_over():
            log.info("nothing left to train: the run in %s had come to its end at step %d", self._folder.path, step)
            return self._result()
        with StopOnSignal(self._workers) as signals:
            try:
                if self._estimator.async_workers:
                    self._run_pieces(signals)
                else:
                    self._run_steps(signals, callbacks)
            except tf.errors.OpError as error:
                if signals.received is None or self._workers.count == 1:
                    raise
                raise InterruptedRunError(
                    "interrupted while the other workers did not come to the end of a step; nothing was saved since "
                    "the last checkpoint. Go on with --resume",
                    signals.received,
                ) from error
        is_due = not self._is_over() or int(self._progress.evaluation_due.numpy())
        if signals.received is not None and is_due:
            raise self._interrupted(signals)
        log.info("trained to step %d; saved in %s", self._step, self._folder.checkpoints)
        say_of_length(self._optimizer.get_config()["learning_rate"]["config"], self._step)
        return self._result()

    @property
    def _step(self) -> int:
        return int(self._optimizer.iterations.numpy())

    def _best(self) -> tuple[str, float] | None:
        """Name and value of the best evaluation so far."""
        if int(self._progress.best_step.numpy()) < 0:
            return None
        return self._message.export_config.best_exporter_metric, float(self._progress.best_value.numpy())

    def _run_steps(self, signals: StopOnSignal, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Steps that all replicas take together."""
        message, share = self._message, self._estimator.share
        source = training_source(message, share)
        take_up(self._progress, source.split, message.data_config.batch_size, self._folder)
        log_batches(message, share, source)
        start = int(self._progress.epoch.numpy()), int(self._progress.row.numpy())
        dataset, positions = training_dataset(message, self._estimator.preprocessor, source, start)
        self._progress_log.follow(Outlook(training_length(message, source), self._best), positions.after)
        if message.train_config.num_steps:
            dataset = dataset.take((message.train_config.num_steps - self._step) * share.local)
        if message.train_config.train_distribute == train_pb2.TPUStrategy:
            dataset = static_batches(dataset, message.data_config.batch_size, share.replicas)
        save = self._save_and_select(positions, signals, self._progress_log)
        finite = WatchFinite(
            self._progress,
            message.train_config.on_nan,
            message.train_config.log_step_count_steps if self._workers.is_chief else 0,
            positions,
            self._folder,
            self._read_batch,
        )
        with reraise(positions):
            # Progress first: the time of an evaluation is not training's. What is not finite is not saved.
            called = [self._progress_log, finite, save, signals, *callbacks]
            run_steps(self._model, dataset, self._estimator.strategy, share, self._workers, called)
        finite.report(self._step)

    def _run_pieces(self, signals: StopOnSignal) -> None:
        """Pieces of the data that the workers of parameter servers take, each at its own pace."""
        message, estimator, progress = self._message, self._estimator, self._progress
        plan, layout = make_plan(message)
        log_tables(self._model.embedder.tables)
        take_up(progress, -plan.piece_rows, message.data_config.batch_size, self._folder)
        positions = Positions(files=plan.files)
        saver = self._save_and_select(positions, signals, self._progress_log)
        saver.set_model(self._model)
        self._model.stop_training = False
        trainer = PieceTrainer(
            estimator.strategy,
            self._model,
            estimator.preprocessor,
            message,
            layout,
            estimator.async_workers,
            int(progress.rows_seen.numpy()),
        )
        due_before, skipped_before = int(progress.rows_due.numpy()), int(progress.skipped_batches.numpy())

        def save(position: tuple[int, int], rows: int) -> None:
            positions.record(0, position)
            progress.rows_due.assign(due_before + rows)
            progress.rows_seen.assign(trainer.rows_seen)
            progress.skipped_batches.assign(skipped_before + trainer.skipped_batches)
            saver.save(self._step, evaluate=signals.received is None)

        def is_stopped() -> bool:
            return signals.received is not None or self._model.stop_training

        waiting = waiting_for_servers(message.train_config.collective_timeout_seconds)
        with waiting.watched(), reraise(positions):
            run_pieces(trainer, plan, progress, message, lambda: self._step, save, is_stopped, self._best, waiting)
        due, seen = int(progress.rows_due.numpy()), int(progress.rows_seen.numpy())
        log.info("%d rows, each trained on at least once; %d were seen twice, as workers were lost", due, seen - due)

    def _save_and_select(self, positions: Positions, signals: StopOnSignal, progress_log: LogProgress) -> SaveAndSelect:
        export_config = self._message.export_config
        selects = export_config.exporter_type == "best" or export_config.enable_early_stop

        # Of several processes each would have to break its evaluation off at the same batch: none does.
        def is_stopped() -> bool:
            return signals.received is not None and self._workers.count == 1

        return SaveAndSelect(
            self._checkpoints,
            self._progress,
            progress_log,
            self._message.train_config.save_checkpoints_steps,
            positions,
            is_interrupted=lambda: signals.received is not None,
            evaluate=(lambda: self._estimator.evaluate("validate", is_stopped).result()) if selects else None,
            metric=export_config.best_exporter_metric,
            badness=metrics_by_name(self._message)[export_config.best_exporter_metric].badness if selects else None,
            patience=export_config.max_check_steps if export_config.enable_early_stop else None,
            before_save=self._before_save,
            agree=self._workers.mean,
        )

    def _catch_up(self, step: int) -> None:
        """Makes the evaluation of the restored step that a signal cut short."""
        # What is written here is the best checkpoint alone.
        no_log = LogProgress(1, 0, 0, str(self._folder.summaries))
        with StopOnSignal(self._workers) as signals:
            save = self._save_and_select(Positions(), signals, no_log)
            save.set_model(self._model)
            try:
                save.catch_up(step)
            except EvaluationStoppedError:
                raise self._interrupted(signals) from None

    def _interrupted(self, signals: StopOnSignal) -> InterruptedRunError:
        return InterruptedRunError(
            f"interrupted; saved step {self._step} in {self._folder.checkpoints}. Go on with: "
            f"apps-rec train {self._estimator.config.path} --resume (and the same --set)",
            signals.received or 0,
        )

    def _read_batch(self, start: tuple[int, int]) -> Batch:
        """The rows of the step that begins at a position, once more: those of all replicas where each reads all."""
        source = training_source(self._message, self._estimator.share)
        if source.split == 1:
            source = training_source(self._message)
        dataset, _ = training_dataset(self._message, self._estimator.preprocessor, source, start)
        return next(iter(dataset))

    def _is_over(self) -> bool:
        message = self._message
        best_step = int(self._progress.best_step.numpy())
        stopped_early = (
            message.export_config.enable_early_stop
            and best_step >= 0
            and self._step - best_step >= message.export_config.max_check_steps
        )
        had_all_steps = 0 < message.train_config.num_steps <= self._step
        had_all_epochs = 0 < message.data_config.num_epochs <= int(self._progress.epoch.numpy())
        return stopped_early or had_all_steps or had_all_epochs

    def _result(self) -> TrainResult:
        best = float(self._progress.best_value.numpy())
        selected = not math.isnan(best)
        return TrainResult(
            str(self._folder.path),
            self._step,
            int(self._progress.best_step.numpy()) if selected else None,
            best if selected else None,
            int(self._progress.skipped_batches.numpy()),
        )
