"""What happens between steps: progress, summaries, evaluation, early stop, checkpoints, interruption."""

from __future__ import annotations

import logging
import math
import signal
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import tensorflow as tf

from apps_rec.data.dataset import Positions
from apps_rec.errors import ConfigError, RunError
from apps_rec.evaluation.evaluator import EvaluationStoppedError
from apps_rec.legacy_keras import keras
from apps_rec.training.checkpoints import Checkpoints, Progress
from apps_rec.training.finite import check_weights

log = logging.getLogger("apps_rec")
Metrics = Mapping[str, float | int | None]


class LogProgress(keras.callbacks.Callback):
    """Says step, losses and rows per second every so many steps, and writes them for TensorBoard."""

    def __init__(self, batch_size: int, log_steps: int, summary_steps: int, folder: str) -> None:
        super().__init__()
        self._batch_size = batch_size
        self._log_steps, self._summary_steps = log_steps, summary_steps
        self._folder = folder
        self._writer: tf.summary.SummaryWriter | None = None
        self._since = time.monotonic()
        self._steps_since = 0
        self._has_started = False

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Reports at multiples of log_steps and summary_steps."""
        losses_only = {name: value for name, value in (logs or {}).items() if name.startswith("loss")}
        step = int(self.model.optimizer.iterations.numpy())
        if not self._has_started:
            # The first step is traced first: seconds that are no row's.
            self._has_started = True
            self.restart_clock()
        else:
            self._steps_since += 1
        if self._log_steps and step % self._log_steps == 0:
            seconds = time.monotonic() - self._since
            rate = self._steps_since * self._batch_size / max(seconds, 1e-9)
            losses = "  ".join(f"{name} {float(value):.5f}" for name, value in losses_only.items())
            log.info("step %d  %s  %s rows/s", step, losses, f"{rate:,.0f}")
            self.restart_clock()
        if self._summary_steps and step % self._summary_steps == 0:
            self.write(step, {**losses_only, "learning_rate": self.model.optimizer.learning_rate})

    def restart_clock(self) -> None:
        """Leaves the time since the last line out of the next rate."""
        self._since, self._steps_since = time.monotonic(), 0

    def write(self, step: int, values: Mapping[str, Any]) -> None:
        """Writes scalars for TensorBoard."""
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


class SaveAndSelect(keras.callbacks.Callback):
    """Every so many steps: evaluates where a best checkpoint is wanted, keeps the best, stops early, saves.

    The evaluation comes before the save, so that a run killed in between repeats it and decides the same.

    Args:
        progress: its epoch and row are brought up to date here.
        positions: of the batches of this process: where to go on from.
        evaluate: measures the model as it stands, or raises EvaluationStoppedError where a signal comes in between;
            None: nothing is selected.
        is_interrupted: whether training ends by a signal: then the last step is saved without an evaluation, since
            an uninterrupted run would not have made one there.
        metric: to select by.
        bigger_is_better: whether a larger value of it is better.
        patience: steps without improvement before training stops; None: never.
        before_save: called before anything is written.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        progress: Progress,
        progress_log: LogProgress,
        save_steps: int,
        positions: Positions,
        is_interrupted: Callable[[], bool],
        evaluate: Callable[[], Metrics] | None = None,
        metric: str = "",
        bigger_is_better: bool = True,
        patience: int | None = None,
        before_save: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._before_save = before_save
        self._checkpoints, self._progress, self._log = checkpoints, progress, progress_log
        self._save_steps, self._positions, self._is_interrupted = save_steps, positions, is_interrupted
        self._evaluate, self._metric, self._bigger, self._patience = evaluate, metric, bigger_is_better, patience
        self._batches = 0
        self.saved_step: int | None = None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Takes a step that was restored for saved."""
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
        """Evaluates, where a best checkpoint is wanted, and saves.

        Raises:
            RunError: nothing can be written, or a weight is not finite.
        """
        self._before_save()
        check_weights(self.model, step)
        self._progress.evaluation_due.assign(0)
        if evaluate and self._evaluate is not None:
            try:
                self._select(step, self._evaluate())
            except EvaluationStoppedError:
                # The signal leaves seconds, and an evaluation may take minutes.
                self._progress.evaluation_due.assign(1)
        epoch, row = self._positions.after(self._batches)
        self._positions.prune(self._batches)
        self._progress.epoch.assign(epoch)
        self._progress.row.assign(row)
        self._checkpoints.save(step)
        self.saved_step = step

    def catch_up(self, step: int) -> None:
        """Makes the evaluation of a restored step that a signal cut short, before the run goes on.

        Nothing needs saving after it: a run that is killed before its next checkpoint makes it again.

        Raises:
            EvaluationStoppedError: a signal came again.
        """
        if self._evaluate is not None and int(self._progress.evaluation_due.numpy()):
            self._select(step, self._evaluate())
            self._progress.evaluation_due.assign(0)

    def _select(self, step: int, metrics: Metrics) -> None:
        value = metrics[self._metric]
        if value is None:
            raise ConfigError(
                f"export_config.best_exporter_metric: {self._metric} is undefined on the rows it is chosen on: they "
                "hold one class only. Choose another metric, more rows, or a larger data_config.holdout_fraction"
            )
        shown = "  ".join(f"{name} {number:.5f}" for name, number in metrics.items() if isinstance(number, float))
        log.info("step %d  evaluated  %s", step, shown)
        self._log.write(step, {f"eval/{name}": number for name, number in metrics.items()})
        best = float(self._progress.best_value.numpy())
        if math.isnan(best) or (value > best if self._bigger else value < best):
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


class StopOnSignal(keras.callbacks.Callback):
    """Ends training after the step in which SIGINT or SIGTERM came; a second SIGINT ends it at once."""

    def __init__(self) -> None:
        super().__init__()
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
        """Stops where a signal came."""
        if self.received is not None:
            self.model.stop_training = True
