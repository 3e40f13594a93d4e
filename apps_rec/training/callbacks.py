"""The callbacks between steps: progress, summaries, evaluation, early stop, checkpoints, interruption."""

from __future__ import annotations

import logging
import math
import re
import signal
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import tensorflow as tf

from apps_rec.data.pipeline.dataset import Positions
from apps_rec.errors import ConfigError, RunError
from apps_rec.evaluation.evaluator import EvaluationStoppedError
from apps_rec.evaluation.metrics import METRICS
from apps_rec.evaluation.report import to_lines
from apps_rec.legacy_keras import keras
from apps_rec.terminal.progress_bar import Bar
from apps_rec.training.distribute.workers import Workers
from apps_rec.training.nan_guard import check_weights
from apps_rec.training.outlook import Length, Outlook, Position
from apps_rec.training.run.checkpoints import Checkpoints
from apps_rec.training.run.progress import DataPosition

log = logging.getLogger("apps_rec")
_SECONDS_WITHOUT_LINE = 30.0
# Evaluations may follow each other within a second; TensorBoard has all.
_SECONDS_BETWEEN_METRICS = 10.0
Metrics = Mapping[str, float | int | None]
# Takes the numbers of a step, to tell them elsewhere too.
Track = Callable[[int, Mapping[str, Any]], None]


class LogProgress(keras.callbacks.Callback):
    """Logs the progress every `log_steps` steps, or half a minute, and writes losses for TensorBoard.

    Args:
        batch_size: number of rows of a step.
        log_steps: number of steps between two lines; 0: no lines.
        summary_steps: number of steps between two points of a curve; 0: no curves. Before the first, there are points
            at steps 1, 2, 5, 10, 20, 50 and so on, and at the last step, so that a short run has curves too.
        folder: folder of the summaries.
        track: function that is handed all that is written, and evaluations without curves too.
    """

    def __init__(
        self,
        batch_size: int,
        log_steps: int,
        summary_steps: int,
        folder: str,
        track: Track = lambda step, values: None,
    ) -> None:
        super().__init__()
        self._track = track
        self._batch_size = batch_size
        self._log_steps, self._summary_steps = log_steps, summary_steps
        self._folder = folder
        self._writer: tf.summary.SummaryWriter | None = None
        self._since = time.monotonic()
        self._steps_since = 0
        self._batches = 0
        self._outlook = Outlook(Length())
        self._position: Callable[[int], Position] = lambda batches: (0, 0)
        self._bar = Bar()
        self._written_step: int | None = None

    def follow(self, outlook: Outlook, position: Callable[[int], Position], bar: Bar) -> None:
        """Sets what the progress is told by.

        Args:
            outlook: outlook on the whole training.
            position: function of a number of batches that returns the position behind them.
            bar: bar of the training.
        """
        self._outlook, self._position, self._bar = outlook, position, bar

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Reports at multiples of log_steps and at the points of curves."""
        self._batches += 1
        losses_only = {name: value for name, value in (logs or {}).items() if name.startswith("loss")}
        step = int(self.model.optimizer.iterations.numpy())
        if self._batches == 1:
            # The first step includes tracing, whose seconds must not count for the rate of rows.
            self.restart_clock()
            self._outlook.start(step, self._position(1))
            self._bar.skip_start()
        else:
            self._steps_since += 1
            if self._bar.is_shown:
                self._bar.add(self._batch_size, self._outlook.share(step, self._position(self._batches)))
        seconds = time.monotonic() - self._since
        if self._log_steps and (step % self._log_steps == 0 or seconds >= _SECONDS_WITHOUT_LINE):
            rate = self._steps_since * self._batch_size / max(seconds, 1e-9) if self._steps_since else None
            losses = {name: float(value) for name, value in losses_only.items()}
            log.info("%s", self._outlook.line(step, self._position(self._batches), losses, rate))
            self.restart_clock()
        if self._summary_steps and _is_point(step, self._summary_steps):
            self._write_losses(step, losses_only)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the last step's losses too."""
        step = int(self.model.optimizer.iterations.numpy())
        if self._batches and step != self._written_step:
            self._write_losses(step, {name: value for name, value in (logs or {}).items() if name.startswith("loss")})

    def _write_losses(self, step: int, losses: Mapping[str, Any]) -> None:
        self.write(step, {**losses, **self.model.optimizer.rates()})
        self._written_step = step

    def restart_clock(self) -> None:
        """Leaves the time since the last line out of the next rate."""
        self._since, self._steps_since = time.monotonic(), 0

    def write(self, step: int, values: Mapping[str, Any]) -> None:
        """Writes scalars for TensorBoard, and hands them on."""
        self._track(step, values)
        if not self._summary_steps:
            return
        try:
            if self._writer is None:
                self._writer = tf.summary.create_file_writer(self._folder)
            with self._writer.as_default(step=step):
                for name, value in values.items():
                    if value is not None:
                        tf.summary.scalar(name, value)
            self._writer.flush()
        except tf.errors.OpError as error:
            raise RunError(
                f"summaries of step {step} cannot be written to {self._folder}: {error.message}. Make room there and "
                "go on with --resume, or do without: --set train_config.save_summary_steps=0"
            ) from error


def _is_point(step: int, every: int) -> bool:
    """Tells whether a curve has a point at a step: at multiples of `every`, and before at 1, 2, 5, 10, 20, 50, ..."""
    return step % every == 0 or (step < every and re.fullmatch("[125]0*", str(step)) is not None)


class UndefinedMetricError(ConfigError):
    """best_exporter_metric has no value on the rows that it is measured on."""

    def __init__(self, step: int, metric: str, metrics: Metrics) -> None:
        defined = [name for name, value in metrics.items() if isinstance(value, float) and name != "loss"]
        others = f"a metric that has a value there ({', '.join(defined[:6])}), " if defined else "another metric, "
        why, rows = "they hold one class only", "rows of both classes for eval_input_path"
        for name, row in METRICS.items():
            if row.none_where and metric.startswith(f"{name}_"):
                why, rows = row.none_where, "a lower threshold"
        super().__init__(
            f"export_config.best_exporter_metric: {metric} is undefined on the rows it is chosen on: {why}. The run is "
            f"saved at step {step}. Choose {others}{rows}, or no best at all (export_config.exporter_type: latest, "
            "without enable_early_stop), with --set, and go on with --resume; another data_config.holdout_fraction "
            "needs a new run"
        )


class SaveAndSelect(keras.callbacks.Callback):
    """Every save_steps steps: evaluates if a best checkpoint is wanted, keeps the best, stops early, saves.

    The evaluation comes before the save. A run that is killed in between therefore repeats it and decides the same.

    Args:
        progress: progress of the run, whose epoch and row are updated here.
        positions: positions of the batches of this process, to go on from.
        evaluate: function that measures the current model, or raises EvaluationStoppedError if a signal comes
            meanwhile; None: nothing is selected.
        is_interrupted: function that tells whether a signal ends the training. The last step is then saved without an
            evaluation, since an uninterrupted run would not have made one there.
        metric: name of the metric to select by.
        badness: function of a value of the metric, the larger the worse. Needed with `evaluate`.
        patience: number of steps without improvement before training stops; None: it never does.
        before_save: function that is called before anything is written.
        agree: function that makes one value of those that the processes measured, so that all decide alike.
        on_evaluated: function that is called with the metrics of each evaluation.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        progress: DataPosition,
        progress_log: LogProgress,
        save_steps: int,
        positions: Positions,
        is_interrupted: Callable[[], bool],
        evaluate: Callable[[], Metrics] | None = None,
        metric: str = "",
        badness: Callable[[float], float] | None = None,
        patience: int | None = None,
        before_save: Callable[[], None] = lambda: None,
        agree: Callable[[float], float] = float,
        on_evaluated: Callable[[Metrics], None] = lambda metrics: None,
    ) -> None:
        super().__init__()
        self._before_save, self._agree, self._on_evaluated = before_save, agree, on_evaluated
        self._checkpoints, self._progress, self._log = checkpoints, progress, progress_log
        self._save_steps, self._positions, self._is_interrupted = save_steps, positions, is_interrupted
        self._evaluate, self._metric, self._badness, self._patience = evaluate, metric, badness, patience
        self._batches = 0
        self.saved_step: int | None = None
        self._told_at = -math.inf

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Notes a step that was restored as saved."""
        step = int(self.model.optimizer.iterations.numpy())
        self.saved_step = step or None

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Saves at multiples of save_steps."""
        self._batches += 1
        step = int(self.model.optimizer.iterations.numpy())
        if step % self._save_steps == 0:
            self.save(step)
            self._log.restart_clock()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Saves the last step."""
        step = int(self.model.optimizer.iterations.numpy())
        if self.saved_step != step:
            self.save(step, evaluate=not self._is_interrupted())

    def save(self, step: int, evaluate: bool = True) -> None:
        """Evaluates, if a best checkpoint is wanted, and saves.

        Raises:
            RunError: nothing can be written, or a weight is not finite.
            UndefinedMetricError: the metric to select by has no value. The step was saved.
        """
        self._before_save()
        check_weights(self.model, step)
        self._progress.evaluation_due.assign(0)
        undefined: ConfigError | None = None
        if evaluate and self._evaluate is not None:
            try:
                self._select(step, self._evaluate())
            except EvaluationStoppedError:
                # After a signal only seconds are left, and an evaluation may take minutes.
                self._progress.evaluation_due.assign(1)
            except UndefinedMetricError as error:
                # With another metric the run goes on as if that one had been used from the start.
                self._progress.evaluation_due.assign(1)
                undefined = error
        epoch, row = self._positions.after(self._batches)
        self._positions.prune(self._batches)
        self._progress.epoch.assign(epoch)
        self._progress.row.assign(row)
        self._checkpoints.save(step)
        self.saved_step = step
        if undefined is not None:
            raise undefined

    def catch_up(self, step: int) -> None:
        """Makes the evaluation of a restored step that a signal cut short, before the run goes on.

        Nothing needs saving after it. A run that is killed before its next checkpoint makes the evaluation again.

        Raises:
            EvaluationStoppedError: a signal came again.
            UndefinedMetricError: the metric to select by has no value.
        """
        if self._evaluate is not None and int(self._progress.evaluation_due.numpy()):
            self._select(step, self._evaluate())
            self._progress.evaluation_due.assign(0)

    def _select(self, step: int, metrics: Metrics) -> None:
        value = metrics[self._metric]
        if value is None:
            raise UndefinedMetricError(step, self._metric, metrics)
        value = self._agree(value)
        if time.monotonic() - self._told_at >= _SECONDS_BETWEEN_METRICS:
            self._told_at = time.monotonic()
            for line in to_lines(metrics):
                log.info("step %d  %s", step, line)
        self._log.write(step, {f"eval/{name}": number for name, number in metrics.items()})
        best = float(self._progress.best_value.numpy())
        assert self._badness is not None
        if math.isnan(best) or self._badness(value) < self._badness(best):
            self._progress.best_value.assign(value)
            self._progress.best_step.assign(step)
            self._checkpoints.save_best(step)
        elif self._patience is not None and step - int(self._progress.best_step.numpy()) >= self._patience:
            log.info(
                "stopped early at step %d: %s was best, %.5f, at step %d",
                step,
                self._metric,
                best,
                int(self._progress.best_step.numpy()),
            )
            self.model.stop_training = True
        self._on_evaluated(metrics)


class StopOnSignal(keras.callbacks.Callback):
    """Ends training after the step in which SIGINT or SIGTERM came. A second SIGINT ends it at once.

    Args:
        workers: processes of the training. All stop after the same step, as all must take part in the save.
    """

    def __init__(self, workers: Workers) -> None:
        super().__init__()
        self._workers = workers
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopOnSignal:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._receive)
            except ValueError:  # only the main thread may; a notebook's thread goes without
                break
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = number
        log.info("received %s: saving after this step", signal.Signals(number).name)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Stops if a signal came, to this process or another one."""
        if self._workers.any(self.received is not None):
            self.received = self.received or signal.SIGTERM
            self.model.stop_training = True
