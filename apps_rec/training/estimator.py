"""The estimator: owns a run from its config to its checkpoints."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.config import Config
from apps_rec.data.dataset import Positions, reraise
from apps_rec.data.split import ALONE, Share
from apps_rec.errors import InterruptedRunError, RunError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.evaluator import evaluate_model
from apps_rec.evaluation.plan import build_plan
from apps_rec.features import Preprocessor, build_features
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel, build_model
from apps_rec.protos import train_pb2
from apps_rec.training import run_folder
from apps_rec.training.build import build_optimizer
from apps_rec.training.callbacks import LogProgress, SaveAndSelect, StopOnSignal
from apps_rec.training.checkpoints import Checkpoints, Progress, take_up
from apps_rec.training.input import evaluation_dataset, log_batches, training_dataset, training_source
from apps_rec.training.loop import run_steps
from apps_rec.training.parameter_servers import PieceTrainer, log_tables, run_pieces, serve
from apps_rec.training.pieces import make_plan
from apps_rec.training.run_folder import RunFolder
from apps_rec.training.strategies import build_strategy, read_task, share_of
from apps_rec.training.tpu import static_batches
from apps_rec.training.workers import Workers, lost_worker

log = logging.getLogger("apps_rec")


@dataclass(frozen=True)
class TrainResult:
    """What a training ended with: its folder, the last step, and the best step and value where one was selected."""

    model_dir: str
    step: int
    best_step: int | None = None
    best_value: float | None = None


class Estimator:
    """A model with its preprocessing, as a config describes it, in memory.

    Args:
        config: checked and normalised.
        vocabularies: words by feature name, in place of reading each vocab_file.
        strategy: to train with; None: this process' default device, which any checkpoint can be read on.
        share: the replicas that this process feeds.
        async_workers: workers of a ParameterServerStrategy; 0 for any other.
    """

    def __init__(
        self,
        config: Config,
        vocabularies: Mapping[str, Sequence[str]] | None = None,
        strategy: tf.distribute.Strategy | None = None,
        share: Share = ALONE,
        async_workers: int = 0,
    ) -> None:
        self.config = config
        message = config.message
        _fix_random_numbers(message.train_config.seed, message.train_config.deterministic)
        self.features = build_features(message, vocabularies)
        self.strategy = strategy or tf.distribute.get_strategy()
        self.workers = Workers(self.strategy, share)
        self._share, self._async_workers = share, async_workers
        # The preprocessor's lookup tables live on the host, outside any strategy; but workers of parameter servers
        # have hosts of their own, and the strategy gives each a copy.
        with self.strategy.scope() if async_workers else nullcontext():
            self.preprocessor = Preprocessor(self.features)
        with self.strategy.scope():
            self.model = build_model(message, self.features)
            build_variables(self.model, self.preprocessor)
        # One trace for every batch size.
        self.predict = tf.function(
            lambda features: self.model(features, training=False),
            input_signature=[self.preprocessor.output_signature()],
            autograph=False,
        )

    def evaluate(self, holdout: bool = False) -> MetricCollector:
        """Measures the model on eval_input_path, or on the holdout of the training files."""
        message = self.config.message
        dataset, positions = evaluation_dataset(message, self.preprocessor, holdout)
        with reraise(positions):
            return evaluate_model(
                self.predict, dataset, build_plan(message), 0 if holdout else message.eval_config.num_examples
            )

    def train(
        self, folder: RunFolder, is_resumed: bool, callbacks: Sequence[keras.callbacks.Callback] = ()
    ) -> TrainResult:
        """Trains to the end that the config sets, saving into the folder; `callbacks` are called after our own.

        Raises:
            InterruptedRunError: a signal ended it; it saved before.
        """
        message = self.config.message
        train_config = message.train_config
        progress = Progress()
        with self.strategy.scope():
            optimizer = build_optimizer(train_config)
            optimizer.build(self.model.trainable_variables)
            self.model.compile(optimizer=optimizer)
        checkpoints = Checkpoints(
            folder, self.model, optimizer, progress, train_config.keep_checkpoint_max, self.workers.is_chief
        )
        step = (checkpoints.restore_latest() or 0) if is_resumed else 0
        if step:
            log.info("resumed from step %d", step)
        if self._is_over(step, progress):
            log.info("nothing left to train: the run in %s had come to its end at step %d", folder.path, step)
            return _result(folder, step, progress)

        progress_log = LogProgress(
            message.data_config.batch_size,
            train_config.log_step_count_steps if self.workers.is_chief else 0,
            train_config.save_summary_steps if self.workers.is_chief else 0,
            str(folder.summaries),
        )
        with StopOnSignal(self.workers) as signals, lost_worker(self.workers.count > 1 or self._async_workers > 0):
            run = self._run_pieces if self._async_workers else self._run_steps
            run(folder, checkpoints, progress, progress_log, signals, callbacks)
        step = int(optimizer.iterations.numpy())
        if signals.received is not None and not self._is_over(step, progress):
            raise InterruptedRunError(
                f"interrupted; saved step {step} in {folder.checkpoints}. Go on with: "
                f"apps-rec train {self.config.path} --resume (and the same --set)",
                signals.received,
            )
        log.info("trained to step %d; saved in %s", step, folder.checkpoints)
        return _result(folder, step, progress)

    def _run_steps(
        self,
        folder: RunFolder,
        checkpoints: Checkpoints,
        progress: Progress,
        progress_log: LogProgress,
        signals: StopOnSignal,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Steps that all replicas take together."""
        message = self.config.message
        source = training_source(message, self._share)
        take_up(progress, source.split, message.data_config.batch_size, folder)
        log_batches(message, self._share, source)
        start = int(progress.epoch.numpy()), int(progress.row.numpy())
        dataset, positions = training_dataset(message, self.preprocessor, source, start)
        if message.train_config.num_steps:
            left = message.train_config.num_steps - int(self.model.optimizer.iterations.numpy())
            dataset = dataset.take(left * self._share.local)
        if message.train_config.train_distribute == train_pb2.TPUStrategy:
            dataset = static_batches(dataset, message.data_config.batch_size, self._share.replicas)
        save = self._save_and_select(checkpoints, progress, progress_log, positions, signals)
        with reraise(positions):
            # Progress first: the time of an evaluation is not training's.
            called = [progress_log, save, signals, *callbacks]
            run_steps(self.model, dataset, self.strategy, self._share, called)

    def _run_pieces(
        self,
        folder: RunFolder,
        checkpoints: Checkpoints,
        progress: Progress,
        progress_log: LogProgress,
        signals: StopOnSignal,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Pieces of the data that the workers of parameter servers take, each at its own pace."""
        message = self.config.message
        plan, layout = make_plan(message)
        log_tables(self.model.embedder.tables)
        take_up(progress, -plan.piece_rows, message.data_config.batch_size, folder)
        trainer = PieceTrainer(
            self.strategy,
            self.model,
            self.preprocessor,
            message,
            layout,
            self._async_workers,
            int(progress.rows_seen.numpy()),
        )
        positions = Positions(files=plan.files)
        saver = self._save_and_select(checkpoints, progress, progress_log, positions, signals)
        saver.set_model(self.model)
        self.model.stop_training = False

        def step() -> int:
            return int(self.model.optimizer.iterations.numpy())

        rows_before = int(progress.rows_due.numpy())

        def save(position: tuple[int, int], rows: int) -> None:
            positions.record(0, position)
            progress.rows_due.assign(rows_before + rows)
            progress.rows_seen.assign(trainer.rows_seen)
            saver.save(step(), evaluate=signals.received is None)

        with reraise(positions):
            run_pieces(
                trainer,
                plan,
                progress,
                message,
                step,
                save,
                lambda: signals.received is not None or self.model.stop_training,
            )
        due, seen = int(progress.rows_due.numpy()), int(progress.rows_seen.numpy())
        log.info("%d rows, each trained on at least once; %d were seen twice, as workers were lost", due, seen - due)

    def restore(self, folder: RunFolder) -> int:
        """Reads the weights that export_config.exporter_type names, and returns their step.

        Raises:
            RunError: there is no such checkpoint, or it cannot be read.
        """
        checkpoints = Checkpoints(folder, self.model)
        wants_best = self.config.message.export_config.exporter_type == "best"
        step = checkpoints.restore_best() if wants_best else checkpoints.restore_latest()
        if step is None:
            where = folder.best if wants_best else folder.checkpoints
            raise RunError(f"{where} holds no checkpoint yet; train first: apps-rec train {self.config.path}")
        return step

    def _save_and_select(
        self,
        checkpoints: Checkpoints,
        progress: Progress,
        progress_log: LogProgress,
        positions: Positions,
        signals: StopOnSignal,
    ) -> SaveAndSelect:
        export_config = self.config.message.export_config
        selects = export_config.exporter_type == "best" or export_config.enable_early_stop
        holdout = self.config.message.data_config.holdout_fraction > 0
        return SaveAndSelect(
            checkpoints,
            progress,
            progress_log,
            self.config.message.train_config.save_checkpoints_steps,
            positions,
            is_interrupted=lambda: signals.received is not None,
            evaluate=(lambda: self.evaluate(holdout).result()) if selects else None,
            metric=export_config.best_exporter_metric,
            bigger_is_better=export_config.metric_bigger,
            patience=export_config.max_check_steps if export_config.enable_early_stop else None,
            agree=self.workers.mean,
        )

    def _is_over(self, step: int, progress: Progress) -> bool:
        message = self.config.message
        best_step = int(progress.best_step.numpy())
        stopped_early = (
            message.export_config.enable_early_stop
            and best_step >= 0
            and step - best_step >= message.export_config.max_check_steps
        )
        had_all_steps = 0 < message.train_config.num_steps <= step
        had_all_epochs = 0 < message.data_config.num_epochs <= int(progress.epoch.numpy())
        return stopped_early or had_all_steps or had_all_epochs


def train(
    config: Config,
    resume: bool = False,
    restart: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Trains the model of a config into its model_dir.

    Args:
        config: from `load_config`.
        resume: go on with the run in model_dir, or start afresh where there is none.
        restart: move the run in model_dir aside and start afresh.
        callbacks: Keras callbacks of your own (tf_keras), called after ours.

    Raises:
        RunError: model_dir holds a run and neither was asked for, or cannot be written.
        DataError: a mistake in the data.
        InterruptedRunError: SIGINT or SIGTERM came; the run was saved.
    """
    train_config = config.message.train_config
    task = read_task(train_config)
    if task.count("ps") and task.kind != "chief":
        serve(task)
    # The strategy first: the processes of a cluster meet when it is made, before any operation.
    strategy = build_strategy(train_config, task)
    share = share_of(strategy, task)
    workers = Workers(strategy, share)
    if workers.is_chief:
        folder, is_resumed = run_folder.open_for_training(config.message.model_dir, resume, restart)
    workers.wait()
    if not workers.is_chief:
        # What the chief has let pass.
        folder, is_resumed = run_folder.open_for_training(config.message.model_dir, resume=True, restart=False)
    vocabularies = None
    if is_resumed:
        run_folder.check_same_model(folder, config.message)
        run_folder.check_same_optimizer(folder, config.message)
        vocabularies = run_folder.frozen_vocabularies(folder, config.message)
    async_workers = task.count("worker") if task.count("ps") else 0
    if async_workers and callbacks:
        raise RunError("callbacks are called after each step, and workers of parameter servers have no common one")
    estimator = Estimator(config, vocabularies, strategy, share, async_workers)
    if workers.is_chief:
        run_folder.freeze_vocabularies(folder, config.message) if vocabularies is None else None
        run_folder.write_config(folder, config.to_text())
    return estimator.train(folder, is_resumed, callbacks)


def load_trained(config: Config) -> tuple[Estimator, RunFolder, int]:
    """The model of a config with the weights of the run in its model_dir, and their step.

    Raises:
        RunError: there is no run, or it was trained with other features or another model.
    """
    folder = run_folder.open_for_reading(config.message.model_dir)
    run_folder.check_same_model(folder, config.message)
    estimator = Estimator(config, run_folder.frozen_vocabularies(folder, config.message))
    return estimator, folder, estimator.restore(folder)


def build_variables(model: RankModel, preprocessor: Preprocessor) -> None:
    """Makes a model's variables by one call on a row of zeros."""
    row = {name: tf.zeros([1, *spec.shape[1:]], spec.dtype) for name, spec in preprocessor.output_signature().items()}
    model(row, training=False)


def _fix_random_numbers(seed: int, deterministic: bool) -> None:
    keras.utils.set_random_seed(seed % 2**32)
    if deterministic:
        tf.config.experimental.enable_op_determinism()


def _result(folder: RunFolder, step: int, progress: Progress) -> TrainResult:
    best = float(progress.best_value.numpy())
    selected = not math.isnan(best)
    return TrainResult(
        str(folder.path),
        step,
        int(progress.best_step.numpy()) if selected else None,
        best if selected else None,
    )
