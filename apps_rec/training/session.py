"""The state of one process while it trains: model and optimizer, progress of the run, and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.config.outputs import metrics_by_name
from apps_rec.data.pipeline.dataset import Positions
from apps_rec.legacy_keras import keras
from apps_rec.training.callbacks import LogProgress, Metrics, SaveAndSelect, StopOnSignal, Track
from apps_rec.training.distribute.workers import Workers
from apps_rec.training.estimator import Estimator
from apps_rec.training.optimizers.build import build_optimizer
from apps_rec.training.optimizers.roles import roles_of
from apps_rec.training.run.checkpoints import Checkpoints
from apps_rec.training.run.opening import OpenRun
from apps_rec.training.run.progress import DataPosition
from apps_rec.training.warm_start.vector_files import frozen_tables


class Session:
    """The part of one process in a training.

    Args:
        estimator: estimator whose model is compiled with the config's optimizer here.
        workers: processes of the training.
        run: opened run that the training is saved in.
        track: function that takes the numbers of a step, to tell them elsewhere too.

    Attributes:
        config: config, checked and normalised.
        model: model of the estimator.
        optimizer: optimizer of the model.
        folder: folder of the run.
        progress: position of the run in the data, and its best evaluation.
        checkpoints: checkpoints of model, optimizer and progress.
        progress_log: writer of lines and summaries; only the chief's writes any.
    """

    def __init__(
        self, estimator: Estimator, workers: Workers, run: OpenRun, track: Track = lambda step, values: None
    ) -> None:
        self.track = track
        self.estimator, self.workers, self.run = estimator, workers, run
        self.config, self.model, self.folder = estimator.config.message, estimator.model, run.folder
        train_config = self.config.train_config
        self.progress = DataPosition()
        with estimator.strategy.scope():
            self.optimizer = build_optimizer(train_config)
            self.optimizer.tell_apart(roles_of(self.model, train_config.freeze_gradient, frozen_tables(self.config)))
            self.optimizer.build(self.model.trainable_variables)
            self.model.compile(optimizer=self.optimizer)
        self.checkpoints = Checkpoints(
            self.folder, self.model, self.optimizer, self.progress, train_config.keep_checkpoint_max, workers.is_chief
        )
        self.progress_log = LogProgress(
            self.config.data_config.batch_size,
            self.log_steps,
            train_config.save_summary_steps if workers.is_chief else 0,
            str(self.folder.summaries),
            track,
        )

    @property
    def step(self) -> int:
        """Returns the number of steps that went into the weights."""
        return int(self.optimizer.iterations.numpy())

    @property
    def log_steps(self) -> int:
        """Returns the number of steps between two lines of this process; 0: it writes none."""
        return self.config.train_config.log_step_count_steps if self.workers.is_chief else 0

    def best(self) -> tuple[str, float] | None:
        """Returns name and value of the best evaluation so far; None if there was none."""
        best = self.progress.best()
        return None if best is None else (self.config.export_config.best_exporter_metric, best[1])

    def is_over(self) -> bool:
        """Tells whether the training that the config asks for is at its end."""
        return self.progress.is_over(self.config, self.step)

    def saver(
        self,
        positions: Positions,
        signals: StopOnSignal,
        progress_log: LogProgress | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> SaveAndSelect:
        """Makes the callback that evaluates, selects and saves.

        Args:
            positions: end of each batch of this process in the data.
            signals: signals that came to end the training.
            progress_log: writer of the curves of evaluations; None: the session's.
            callbacks: callbacks whose on_test_end is called with the metrics of each evaluation.
        """
        export_config = self.config.export_config
        selects = export_config.exporter_type == "best" or export_config.enable_early_stop

        # Of several processes each would have to break its evaluation off at the same batch: none does.
        def is_stopped() -> bool:
            return signals.received is not None and self.workers.count == 1

        def on_evaluated(metrics: Metrics) -> None:
            best = self.progress.best()
            if best is not None and best[0] == self.step:
                self.track(self.step, {f"best/{export_config.best_exporter_metric}": best[1]})
            for callback in callbacks:
                callback.on_test_end(dict(metrics))

        return SaveAndSelect(
            self.checkpoints,
            self.progress,
            progress_log or self.progress_log,
            self.config.train_config.save_checkpoints_steps,
            positions,
            is_interrupted=lambda: signals.received is not None,
            evaluate=(lambda: self.estimator.evaluate("validate", is_stopped).result()) if selects else None,
            metric=export_config.best_exporter_metric,
            badness=metrics_by_name(self.config)[export_config.best_exporter_metric].badness if selects else None,
            patience=export_config.max_check_steps if export_config.enable_early_stop else None,
            before_save=self.run.before_save,
            agree=self.workers.mean,
            on_evaluated=on_evaluated,
        )
