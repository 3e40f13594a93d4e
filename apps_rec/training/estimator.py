"""The estimator: owns a run from its config to its checkpoints."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from apps_rec.config import Config
from apps_rec.data.dataset import Positions, reraise
from apps_rec.errors import InterruptedRunError, RunError
from apps_rec.evaluation.collect import MetricCollector
from apps_rec.evaluation.evaluator import EvaluationStoppedError, evaluate_model
from apps_rec.evaluation.plan import build_plan
from apps_rec.features import Preprocessor, build_features
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel, build_model
from apps_rec.training import run_folder
from apps_rec.training.build import build_optimizer, build_strategy
from apps_rec.training.callbacks import LogProgress, SaveAndSelect, StopOnSignal
from apps_rec.training.checkpoints import Checkpoints, Progress
from apps_rec.training.finite import Batch, WatchFinite
from apps_rec.training.input import evaluation_dataset, training_dataset
from apps_rec.training.input_files import check_same_input_files, note_input_files
from apps_rec.training.run_folder import RunFolder
from apps_rec.training.run_lock import open_run
from apps_rec.training.warm_start import warm_start

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


class Estimator:
    """A model with its preprocessing, as a config describes it, in memory.

    Args:
        config: checked and normalised.
        vocabularies: words by feature name, in place of reading each vocab_file.
    """

    def __init__(self, config: Config, vocabularies: Mapping[str, Sequence[str]] | None = None) -> None:
        self.config = config
        message = config.message
        _fix_random_numbers(message.train_config.seed, message.train_config.deterministic)
        self.features = build_features(message, vocabularies)
        # The preprocessor's lookup tables live on the host, outside any strategy.
        self.preprocessor = Preprocessor(self.features)
        self.strategy = build_strategy(message.train_config)
        with self.strategy.scope():
            self.model = build_model(message, self.features)
            build_variables(self.model, self.preprocessor)
        # One trace for every batch size.
        self.predict = tf.function(
            lambda features: self.model(features, training=False),
            input_signature=[self.preprocessor.output_signature()],
            autograph=False,
        )

    def evaluate(self, holdout: bool = False, is_stopped: Callable[[], bool] = lambda: False) -> MetricCollector:
        """Measures the model on eval_input_path, or on the holdout of the training files.

        Raises:
            EvaluationStoppedError: `is_stopped`, which is asked before each batch, said so.
        """
        message = self.config.message
        dataset, positions = evaluation_dataset(message, self.preprocessor, holdout)
        with reraise(positions):
            return evaluate_model(
                self.predict,
                dataset,
                build_plan(message),
                0 if holdout else message.eval_config.num_examples,
                is_stopped,
            )

    def train(
        self,
        folder: RunFolder,
        is_resumed: bool,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        before_save: Callable[[], None] = lambda: None,
    ) -> TrainResult:
        """Trains to the end that the config sets, saving into the folder; `callbacks` are called after our own.

        `before_save` is called before anything is saved.

        Raises:
            InterruptedRunError: a signal ended it; it saved before.
            RunError: a loss or gradient is not finite and on_nan is STOP, or a checkpoint cannot be written.
        """
        message = self.config.message
        train_config = message.train_config
        progress = Progress()
        with self.strategy.scope():
            optimizer = build_optimizer(train_config)
            optimizer.build(self.model.trainable_variables)
            self.model.compile(optimizer=optimizer)
        checkpoints = Checkpoints(folder, self.model, optimizer, progress, train_config.keep_checkpoint_max)
        step = (checkpoints.restore_latest() or 0) if is_resumed else 0
        if step:
            log.info("resumed from step %d", step)
        elif train_config.fine_tune_checkpoint:
            warm_start(self.model, self.features, optimizer, train_config.fine_tune_checkpoint, folder)
        if int(progress.evaluation_due.numpy()):
            self._catch_up(step, checkpoints, progress, folder, before_save)
        if self._is_over(step, progress):
            log.info("nothing left to train: the run in %s had come to its end at step %d", folder.path, step)
            return _result(folder, step, progress)

        dataset, positions = training_dataset(
            message, self.preprocessor, (int(progress.epoch.numpy()), int(progress.row.numpy()))
        )
        if train_config.num_steps:
            dataset = dataset.take(train_config.num_steps - step)
        progress_log = LogProgress(
            message.data_config.batch_size,
            train_config.log_step_count_steps,
            train_config.save_summary_steps,
            str(folder.summaries),
        )
        finite = WatchFinite(
            progress, train_config.on_nan, train_config.log_step_count_steps, positions, folder, self._read_batch
        )
        with StopOnSignal() as signals, reraise(positions):
            save = self._save_and_select(checkpoints, progress, progress_log, positions, signals, before_save)
            # Progress first: the time of an evaluation is not training's. What is not finite is not saved.
            self.model.fit(dataset, verbose=0, callbacks=[progress_log, finite, save, signals, *callbacks])
        step = int(optimizer.iterations.numpy())
        is_due = not self._is_over(step, progress) or int(progress.evaluation_due.numpy())
        if signals.received is not None and is_due:
            raise self._interrupted(step, folder, signals)
        log.info("trained to step %d; saved in %s", step, folder.checkpoints)
        finite.report(step)
        return _result(folder, step, progress)

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
        before_save: Callable[[], None],
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
            evaluate=(lambda: self.evaluate(holdout, lambda: signals.received is not None).result())
            if selects
            else None,
            metric=export_config.best_exporter_metric,
            bigger_is_better=export_config.metric_bigger,
            patience=export_config.max_check_steps if export_config.enable_early_stop else None,
            before_save=before_save,
        )

    def _catch_up(
        self,
        step: int,
        checkpoints: Checkpoints,
        progress: Progress,
        folder: RunFolder,
        before_save: Callable[[], None],
    ) -> None:
        """Makes the evaluation of the restored step that a signal cut short."""
        # What is written here is the best checkpoint alone.
        no_log = LogProgress(1, 0, 0, str(folder.summaries))
        with StopOnSignal() as signals:
            save = self._save_and_select(checkpoints, progress, no_log, Positions(), signals, before_save)
            save.set_model(self.model)
            try:
                save.catch_up(step)
            except EvaluationStoppedError:
                raise self._interrupted(step, folder, signals) from None

    def _interrupted(self, step: int, folder: RunFolder, signals: StopOnSignal) -> InterruptedRunError:
        return InterruptedRunError(
            f"interrupted; saved step {step} in {folder.checkpoints}. Go on with: "
            f"apps-rec train {self.config.path} --resume (and the same --set)",
            signals.received or 0,
        )

    def _read_batch(self, start: tuple[int, int]) -> Batch:
        """The batch that begins at a position, once more."""
        dataset, _ = training_dataset(self.config.message, self.preprocessor, start)
        return next(iter(dataset))

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
        RunError: model_dir holds a run and neither was asked for, another training is at work there, it cannot be
            written, the training files are not those of the run, or a loss is not finite.
        DataError: a mistake in the data.
        InterruptedRunError: SIGINT or SIGTERM came; the run was saved.
    """
    with open_run(config.message.model_dir, resume, restart) as (folder, is_resumed, lock):
        vocabularies = None
        if is_resumed:
            run_folder.check_same_model(folder, config.message)
            run_folder.check_same_optimizer(folder, config.message)
            check_same_input_files(folder, config.message)
            vocabularies = run_folder.frozen_vocabularies(folder, config.message)
        estimator = Estimator(config, vocabularies)
        run_folder.freeze_vocabularies(folder, config.message) if vocabularies is None else None
        run_folder.write_config(folder, config.to_text())
        note_input_files(folder, config.message)
        return estimator.train(folder, is_resumed, callbacks, lock.check)


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
        int(progress.skipped_batches.numpy()),
    )
