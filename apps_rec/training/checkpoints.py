"""Checkpoints of a run: weights, slots, and where in the data the run stands."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import tensorflow as tf
from google.protobuf import text_format

from apps_rec.errors import RunError
from apps_rec.models import RankModel
from apps_rec.training.optimizers import RowSparseOptimizer
from apps_rec.training.run_folder import RunFolder

NAME = "model.ckpt"
# TensorFlow's reader turns some of its errors into Python's: one that is cut short is an IndexError.
_UNREADABLE = (tf.errors.OpError, ValueError, AssertionError, RuntimeError, LookupError)
log = logging.getLogger("apps_rec")


class Progress(tf.Module):
    """Where a run stands in its data, and the best evaluation so far; the step is the optimizer's `iterations`."""

    def __init__(self) -> None:
        super().__init__(name="progress")
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.row = tf.Variable(0, dtype=tf.int64, trainable=False)
        # What `row` counts. 1: rows of the epoch's order; n > 1: the same of n processes with files of their own;
        # -n: pieces of n rows that parameter servers' workers take.
        self.split = tf.Variable(1, dtype=tf.int64, trainable=False)
        self.best_value = tf.Variable(float("nan"), dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(-1, dtype=tf.int64, trainable=False)
        # Parameter servers only: rows handed out to workers, and rows that went into the weights, which are more where
        # a worker was lost.
        self.rows_due = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.rows_seen = tf.Variable(0, dtype=tf.int64, trainable=False)


def take_up(progress: Progress, split: int, batch_size: int, folder: RunFolder) -> None:
    """Notes how the rows are split, and refuses a position within an epoch that was split in another way.

    Raises:
        RunError: the same position would stand for other rows.
    """
    before, row = int(progress.split.numpy()), int(progress.row.numpy())
    if row and (before != split or (split > 1 and row % batch_size)):
        raise RunError(
            f"the run in {folder.path} stopped in the middle of an epoch whose rows were split {_split(before)}; now "
            f"they are split {_split(split)} in batches of {batch_size}, where its position stands for other rows. Go "
            "on with the strategy, the number of workers and the batch_size it had, or train afresh with --restart"
        )
    progress.split.assign(split)


def _split(split: int) -> str:
    if split < 0:
        return f"into pieces of {-split} rows for workers of ParameterServerStrategy"
    return "by row" if split == 1 else f"by file over {split} workers"


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
        is_writer: whether this process of several writes them; the others take part, for some variables are summed up
            over all while they are saved.
    """

    def __init__(
        self,
        folder: RunFolder,
        model: RankModel,
        optimizer: RowSparseOptimizer | None = None,
        progress: Progress | None = None,
        keep: int = 10,
        is_writer: bool = True,
    ) -> None:
        parts = {"model": model} | ({"optimizer": optimizer} if optimizer else {})
        self._is_reader = optimizer is None
        self._is_writer = is_writer
        self._progress = progress
        self._checkpoint = tf.train.Checkpoint(**parts, **({"progress": progress} if progress else {}))
        self._latest = _manager(self._checkpoint, folder.checkpoints, keep)
        # The best one is for reading only: without the slots, which a compiled model drags along, it is a third of
        # the size.
        self._best = _manager(tf.train.Checkpoint(weights=_Weights(model)), folder.best, keep=1)

    def save(self, step: int) -> str:
        """Writes a checkpoint to go on from; a name is given only when all of it is on disk."""
        return self._save(self._latest, step)

    def save_best(self, step: int) -> str:
        """Writes the weights as the best so far."""
        return self._save(self._best, step)

    def _save(self, manager: tf.train.CheckpointManager, step: int) -> str:
        if self._is_writer:
            return _save(manager, step)
        with tempfile.TemporaryDirectory() as aside:
            manager.checkpoint.write(f"{aside}/{NAME}")
        return ""

    def restore_latest(self) -> int | None:
        """Restores the newest checkpoint and says its step; None where there is none yet."""
        return self._restore(self._latest)

    def restore_best(self) -> int | None:
        """Restores the best weights and says their step; None where there are none."""
        return self._restore(self._best)

    def _restore(self, manager: tf.train.CheckpointManager) -> int | None:
        path = manager.latest_checkpoint or _newest(Path(manager.directory))
        if path is None:
            return None
        try:
            status = manager.checkpoint.restore(path)
            if self._is_reader:
                status.assert_existing_objects_matched().expect_partial()
            else:
                status.assert_existing_objects_matched()
        except _UNREADABLE as error:
            raise RunError(_damage(path, error, _way_out(path, manager, self._best))) from error
        return int(path.rsplit("-", 1)[1])


def _manager(checkpoint: tf.train.Checkpoint, folder: Path, keep: int) -> tf.train.CheckpointManager:
    try:
        return tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=keep, checkpoint_name=NAME)
    except (ValueError, text_format.ParseError, tf.errors.OpError) as error:
        raise RunError(
            f"{folder / 'checkpoint'}, the note of the newest checkpoint, cannot be read; remove it to go on from the "
            "newest one that is there"
        ) from error


def _save(manager: tf.train.CheckpointManager, step: int) -> str:
    try:
        return manager.save(checkpoint_number=step)
    except (OSError, tf.errors.OpError) as error:
        reason = error.message if isinstance(error, tf.errors.OpError) else error
        raise RunError(
            f"the checkpoint of step {step} cannot be written to {manager.directory}: {reason}. Make room there, or "
            "choose another folder with --set model_dir=..."
        ) from error


def _newest(folder: Path) -> str | None:
    """The newest checkpoint of a folder without a note of it, as a run leaves that is killed in its first save.

    The index is written last, so that one with an index is whole.
    """
    steps = [int(path.stem.rsplit("-", 1)[1]) for path in folder.glob(f"{NAME}-*.index")]
    if not steps:
        return None
    path = folder / f"{NAME}-{max(steps)}"
    log.warning("%s holds no note of the newest checkpoint; taking %s", folder, path.name)
    return str(path)


def _damage(path: str, error: Exception, way_out: str) -> str:
    detail = str(getattr(error, "message", error)).strip().split("\n")[0][:200]
    return f"checkpoint {path} cannot be read: it is damaged, cut short or of another model ({detail}). {way_out}"


def _way_out(path: str, manager: tf.train.CheckpointManager, best: tf.train.CheckpointManager) -> str:
    if manager is best:
        return "--set export_config.exporter_type=latest takes the newest one instead"
    before = [other for other in manager.checkpoints if other != path]
    if not before:
        return "There is no other; train afresh with --restart"
    return (
        f"Remove {path}.* and set model_checkpoint_path in {Path(path).parent / 'checkpoint'} to "
        f'"{Path(before[-1]).name}" to go on from the one before, or train afresh with --restart'
    )
