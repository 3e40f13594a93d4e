"""Saves and restores the checkpoints of a run: weights, slots and progress."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from apps_rec.data.literal_paths import literal_prefix
from apps_rec.errors import RunError
from apps_rec.models import RankModel
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.run.checkpoint_folder import NAME, UNREADABLE, CheckpointFolder, choose
from apps_rec.training.run.checksums import find_damage, manifest_of
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.run.progress import DataPosition


class _Weights(tf.Module):
    """The variables of a model in their order, and nothing else of it."""

    def __init__(self, model: RankModel) -> None:
        super().__init__(name="weights")
        self.in_order = list(model.variables)


class _Part(tf.Module):
    """Some attributes of a module under their names."""

    def __init__(self, module: tf.Module, names: list[str]) -> None:
        super().__init__(name=module.name)
        for name in names:
            setattr(self, name, getattr(module, name))


class Checkpoints:
    """Saves and restores a run.

    Args:
        folder: folder of the run.
        model: model whose variables are made.
        optimizer: optimizer whose slots are made, to go on training; None to read a model only.
        progress: progress of the run; None to read a model only.
        keep: number of newest checkpoints kept.
        is_writer: true if this process of several writes them. The others take part, as some variables are summed over
            all processes while they are saved.
    """

    def __init__(
        self,
        folder: RunFolder,
        model: RankModel,
        optimizer: RowSparseOptimizer | None = None,
        progress: DataPosition | None = None,
        keep: int = 10,
        is_writer: bool = True,
    ) -> None:
        self._parts = {"model": model} | ({"optimizer": optimizer} if optimizer else {})
        self._is_reader = optimizer is None
        self._is_writer = is_writer
        self._progress = progress
        checkpoint = tf.train.Checkpoint(**self._parts, **({"progress": progress} if progress else {}))
        self._latest = CheckpointFolder(checkpoint, folder.checkpoints, keep)
        # The best one is for reading only: without the slots, which a compiled model drags along, it is a third of
        # the size.
        self._best = CheckpointFolder(tf.train.Checkpoint(weights=_Weights(model)), folder.best, keep=1)

    def save(self, step: int) -> str:
        """Writes a checkpoint to go on from. Its checksums are written only when all of it is on disk."""
        return self._save(self._latest, step)

    def save_best(self, step: int) -> str:
        """Writes the weights as the best so far."""
        return self._save(self._best, step)

    def _save(self, folder: CheckpointFolder, step: int) -> str:
        if self._is_writer:
            return folder.save(step)
        with tempfile.TemporaryDirectory() as aside:
            folder.checkpoint.write(f"{aside}/{NAME}")
        return ""

    def restore_latest(self) -> int | None:
        """Restores the newest whole checkpoint and returns its step; None if there is none yet."""

        def restore(path: Path) -> int:
            parts = dict(self._parts)
            if self._progress is not None:
                parts["progress"] = _Part(self._progress, _saved_names(path, "progress", self._progress))
            return self._restore(tf.train.Checkpoint(**parts), path, _WAY_OUT)

        found = first_that_stays(self._latest.path, _WAY_OUT, restore)
        if found is None:
            return None
        path, step = found
        self._latest.restored_step = step
        if not self._is_reader and not manifest_of(path).exists():
            self._latest.adopt()
        return step

    def restore_best(self) -> int | None:
        """Restores the best weights and returns their step; None if there are none."""

        def restore(path: Path) -> int:
            return self._restore(self._best.checkpoint, path, _WAY_OUT_OF_BEST)

        found = first_that_stays(self._best.path, _WAY_OUT_OF_BEST, restore)
        return None if found is None else found[1]

    def _restore(self, checkpoint: tf.train.Checkpoint, path: Path, way_out: str) -> int:
        try:
            with literal_prefix(path) as prefix:
                status = checkpoint.read(prefix).assert_existing_objects_matched()
            if self._is_reader:
                status.expect_partial()
        except UNREADABLE as error:
            detail = str(getattr(error, "message", error)).strip().split("\n")[0][:200]
            raise RunError(
                f"checkpoint {path} cannot be read: it is damaged or of another model ({detail}). {way_out}"
            ) from error
        return int(path.name.rsplit("-", 1)[1])


def read_weights(path: Path, model: RankModel) -> int:
    """Reads the weights of one checkpoint into the model that it was made of, and returns its step.

    Raises:
        RunError: the checkpoint is damaged, or of another model.
    """
    problem = find_damage(path) if manifest_of(path).exists() else None
    if problem:
        raise RunError(f"checkpoint {path} is damaged: {problem}")
    try:
        with literal_prefix(path) as prefix:
            saved = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
            is_best = any(name.startswith("weights/") for name in saved)
            checkpoint = tf.train.Checkpoint(weights=_Weights(model)) if is_best else tf.train.Checkpoint(model=model)
            checkpoint.read(prefix).assert_existing_objects_matched().expect_partial()
    except UNREADABLE as error:
        detail = str(getattr(error, "message", error)).strip().split("\n")[0][:200]
        raise RunError(f"checkpoint {path} cannot be read: it is damaged or of another model ({detail})") from error
    step = path.name.rpartition("-")[2]
    return int(step) if step.isdecimal() else 0


def first_that_stays(folder: Path, way_out: str, restore: Callable[[Path], int]) -> tuple[Path, int] | None:
    """Restores the newest checkpoint, or the next one if a training removed it. Returns its path and step.

    Raises:
        RunError: no checkpoint is whole, or one that is still there cannot be read.
    """
    gone: set[Path] = set()
    while (path := choose(folder, way_out)) is not None:
        has_checksums = manifest_of(path).exists()
        try:
            return path, restore(path)
        except RunError:
            # Checksums are removed first: if they are still there, the checkpoint was not removed.
            if not has_checksums or manifest_of(path).exists() or path in gone:
                raise
            gone.add(path)
    return None


_WAY_OUT = (
    "Nothing was removed. Put the files back from a copy of the run, or begin a new run from another checkpoint with "
    "train_config.fine_tune_checkpoint; --restart moves this one aside, as it is, and trains afresh"
)
_WAY_OUT_OF_BEST = "--set export_config.exporter_type=latest takes the newest checkpoint instead"


def _saved_names(path: Path, part: str, module: tf.Module) -> list[str]:
    """Returns the variables of a module that a checkpoint holds. An older version wrote fewer: defaults fit then."""
    try:
        with literal_prefix(path) as prefix:
            saved = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
    except UNREADABLE:
        return []  # restoring it says what is wrong
    names = [name for name, value in vars(module).items() if isinstance(value, tf.Variable)]
    return [name for name in names if f"{part}/{name}/.ATTRIBUTES/VARIABLE_VALUE" in saved]
