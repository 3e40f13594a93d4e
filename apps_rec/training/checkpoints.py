"""Checkpoints of a run: weights, slots, and where in the data the run stands."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.models import RankModel
from apps_rec.training.optimizers import RowSparseOptimizer
from apps_rec.training.run_folder import RunFolder

NAME = "model.ckpt"
_UNREADABLE = (tf.errors.OpError, ValueError, AssertionError, RuntimeError, tf.errors.DataLossError)


class Progress(tf.Module):
    """Where a run stands in its data, and the best evaluation so far; the step is the optimizer's `iterations`."""

    def __init__(self) -> None:
        super().__init__(name="progress")
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.row = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best_value = tf.Variable(float("nan"), dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(-1, dtype=tf.int64, trainable=False)


class _Weights(tf.Module):
    """A model's variables in their order, and nothing else of it."""

    def __init__(self, model: RankModel) -> None:
        super().__init__(name="weights")
        self.in_order = list(model.variables)


class Checkpoints:
    """Saves and restores a run.

    Args:
        folder: of the run.
        model: with its variables made.
        optimizer: with its slots made, to go on training; None to read a model only.
        progress: where the run stands; likewise.
        keep: newest checkpoints kept.
    """

    def __init__(
        self,
        folder: RunFolder,
        model: RankModel,
        optimizer: RowSparseOptimizer | None = None,
        progress: Progress | None = None,
        keep: int = 10,
    ) -> None:
        parts = {"model": model} | ({"optimizer": optimizer} if optimizer else {})
        self._is_reader = optimizer is None
        self._progress = progress
        self._checkpoint = tf.train.Checkpoint(**parts, **({"progress": progress} if progress else {}))
        self._latest = tf.train.CheckpointManager(
            self._checkpoint, str(folder.checkpoints), max_to_keep=keep, checkpoint_name=NAME
        )
        # The best one is for reading only: without the slots, which a compiled model drags along, it is a third of
        # the size.
        self._best = tf.train.CheckpointManager(
            tf.train.Checkpoint(weights=_Weights(model)), str(folder.best), max_to_keep=1, checkpoint_name=NAME
        )

    def save(self, step: int) -> str:
        """Writes a checkpoint to go on from; a name is given only when all of it is on disk."""
        return self._latest.save(checkpoint_number=step)

    def save_best(self, step: int) -> str:
        """Writes the weights as the best so far."""
        return self._best.save(checkpoint_number=step)

    def restore_latest(self) -> int | None:
        """Restores the newest checkpoint and says its step; None where there is none yet."""
        return self._restore(self._latest)

    def restore_best(self) -> int | None:
        """Restores the best weights and says their step; None where there are none."""
        return self._restore(self._best)

    def _restore(self, manager: tf.train.CheckpointManager) -> int | None:
        path = manager.latest_checkpoint
        if path is None:
            _check_none_is_there(Path(manager.directory))
            return None
        try:
            status = manager.checkpoint.restore(path)
            if self._is_reader:
                status.assert_existing_objects_matched().expect_partial()
            else:
                status.assert_existing_objects_matched()
        except _UNREADABLE as error:
            raise RunError(_damage(path, manager.checkpoints, error)) from error
        return int(path.rsplit("-", 1)[1])


def _check_none_is_there(folder: Path) -> None:
    """Raises where there are checkpoints and no readable note of the newest: starting afresh would overwrite them."""
    steps = sorted((int(path.stem.rsplit("-", 1)[1]) for path in folder.glob(f"{NAME}-*.index")), reverse=True)
    if steps:
        raise RunError(
            f"{folder / 'checkpoint'}, the note of the newest checkpoint, is missing or cannot be read. Write "
            f'this line into it to go on from step {steps[0]}: model_checkpoint_path: "{NAME}-{steps[0]}"'
        )


def _damage(path: str, others: list[str], error: Exception) -> str:
    detail = str(getattr(error, "message", error)).strip().split("\n")[0][:200]
    before = [other for other in others if other != path]
    advice = (
        f"Remove {path}.* and set model_checkpoint_path in {Path(path).parent / 'checkpoint'} to "
        f'"{Path(before[-1]).name}" to go on from the one before, or train afresh with --restart'
        if before
        else "There is no other; train afresh with --restart"
    )
    return f"checkpoint {path} cannot be read: it is damaged, cut short or of another model ({detail}). {advice}"
