"""Notices losses, gradients and weights that are not finite before they are saved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from apps_rec.data.pipeline.dataset import Positions
from apps_rec.errors import RunError
from apps_rec.legacy_keras import keras
from apps_rec.models import RankModel
from apps_rec.models.rank_model import REGULARIZERS
from apps_rec.protos import train_pb2
from apps_rec.training.nan_diagnosis import Batch, find_not_finite
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.progress import DataPosition

# Number of elements that are checked at a time, so that no table is copied as a whole.
_CHUNK = 2**24
log = logging.getLogger("apps_rec")


class WatchFinite(keras.callbacks.Callback):
    """Stops at a step whose loss or gradients are not finite, or counts it if on_nan is SKIP_BATCH.

    `RankModel.train_step` makes sure that such a step changes no weight.

    Args:
        progress: progress of the run, whose count of skipped batches is updated here.
        on_nan: value of the option, STOP or SKIP_BATCH.
        log_steps: number of steps between lines about skipped batches.
        positions: positions of the batches of this process.
        folder: folder of the run, for messages.
        read_batch: function that reads the batch that begins at a position once more.
    """

    def __init__(
        self,
        progress: DataPosition,
        on_nan: train_pb2.OnNan,
        log_steps: int,
        positions: Positions,
        folder: RunFolder,
        read_batch: Callable[[tuple[int, int]], Batch],
    ) -> None:
        super().__init__()
        self._progress, self._skips, self._log_steps = progress, on_nan == train_pb2.SKIP_BATCH, log_steps
        self._positions, self._folder, self._read_batch = positions, folder, read_batch
        self._batches = 0
        self._last: tuple[int, str] | None = None
        self._reported = 0

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Checks the result of the step.

        Raises:
            RunError: the loss or the gradients are not finite, and on_nan is STOP.
        """
        self._batches += 1
        logs = logs or {}
        step = int(self.model.optimizer.iterations.numpy())
        if not logs.get("is_finite", 1.0):
            if not self._skips:
                raise RunError(self._explain(step, logs))
            self._progress.skipped_batches.assign_add(1)
            self._last = step, _what(logs)
        if self._log_steps and step % self._log_steps == 0:
            self._log_skipped(step)

    def report(self, step: int) -> None:
        """Logs, at the end, the number of batches left out."""
        skipped = int(self._progress.skipped_batches.numpy())
        if skipped:
            log.warning(
                "%d of %d batches were skipped (train_config.on_nan: SKIP_BATCH): their loss or gradients were not "
                "finite; they changed no weight",
                skipped,
                step,
            )

    def _log_skipped(self, step: int) -> None:
        skipped = int(self._progress.skipped_batches.numpy())
        if self._last is not None and skipped != self._reported:
            at, what = self._last
            log.warning("step %d  %d batches skipped so far, the last at step %d: %s", step, skipped, at, what)
            self._reported = skipped

    def _explain(self, step: int, logs: Mapping[str, Any]) -> str:
        start = epoch, row = self._positions.after(self._batches - 1)
        cause = find_not_finite(self.model, self._read_batch(start), step - 1)
        return (
            f"step {step}: {_what(logs)}. First not finite: {cause}, in the batch that begins at row {row} in the "
            f"order of epoch {epoch}. Training stopped before it changed a weight; the checkpoints in "
            f"{self._folder.checkpoints} are from before. Correct the data, or lower the learning rate, or set "
            "train_config.gradient_clipping_by_norm; train_config.on_nan: SKIP_BATCH leaves such batches out"
        )


def _what(logs: Mapping[str, Any]) -> str:
    """Names the losses that are not finite in the logs of a step."""
    losses = [f"{name} is {float(value):g}" for name, value in logs.items() if name.startswith("loss_")]
    wrong = [text for text in losses if not np.isfinite(float(text.rsplit(" ", 1)[1]))]
    tasks = [text.replace("loss_", "the loss of ", 1) if not text.startswith(_PENALTIES) else text for text in wrong]
    if tasks:
        return ", ".join(tasks)
    return "a gradient is not finite, though every loss is"


_PENALTIES = tuple(f"{name} " for name in REGULARIZERS)


def check_weights(model: RankModel, step: int) -> None:
    """Checks, before a checkpoint is made, that no weight is nan or infinite.

    Raises:
        RunError: a weight is not finite; the message names the first.
    """
    for variable in model.variables:
        if variable.dtype.is_floating and not _is_finite(variable):
            raise RunError(
                f"step {step}: {variable.name} holds values that are not finite, though every loss was finite so far: "
                "an update was too large for float32. Nothing was saved; go on from the last checkpoint with --resume "
                "and a lower learning rate or train_config.gradient_clipping_by_norm"
            )


def _is_finite(variable: tf.Variable) -> bool:
    rows = variable.shape[0] if variable.shape.rank else 1
    if not variable.shape.rank or variable.shape.num_elements() <= _CHUNK:
        return bool(np.isfinite(variable.numpy()).all())
    at_once = max(1, _CHUNK * rows // variable.shape.num_elements())
    starts = range(0, rows, at_once)
    return all(np.isfinite(tf.gather(variable, tf.range(i, min(i + at_once, rows)))).all() for i in starts)
