"""A folder of checkpoints: writes and removes them, and finds the newest whole one."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

import tensorflow as tf

from apps_rec.atomic_file import replace_text
from apps_rec.data.literal_paths import literal_prefix
from apps_rec.errors import RunError
from apps_rec.training.run.checksums import find_damage, manifest_of, write_manifest

NAME = "model.ckpt"
# Number of tries to find a checkpoint beside a training that removes them.
_TRIES = 20
# TensorFlow's own note of the newest checkpoint. We write it for tf.train.latest_checkpoint and never read it.
NOTE = "checkpoint"
# Files, and the folder that TensorFlow writes into before it renames; ours start with a dot until they are renamed.
_PART = re.compile(rf"\.?{re.escape(NAME)}-(\d+)(?:\..*|_temp.*)")
# TensorFlow's reader turns some of its errors into Python's: a file that is cut short is an IndexError.
UNREADABLE = (tf.errors.OpError, ValueError, AssertionError, RuntimeError, LookupError)
log = logging.getLogger("apps_rec")


class CheckpointFolder:
    """Writes checkpoints named by step, `model.ckpt-<step>`, and finds the newest one that is whole.

    A save ends with the checksums of its files (`apps_rec.training.run.checksums`). Only then are older checkpoints
    removed. Whenever a process dies, one whole checkpoint is there.

    Args:
        checkpoint: checkpoint object that is saved and restored.
        folder: folder of the checkpoints; made with the first save.
        keep: number of newest checkpoints that stay.
    """

    def __init__(self, checkpoint: tf.train.Checkpoint, folder: Path, keep: int) -> None:
        self.checkpoint = checkpoint
        self.path = folder
        self._keep = keep
        # The step that the run went on from. Later checkpoints are damaged until they are written anew.
        self.restored_step: int | None = None
        self._written: set[int] = set()

    def save(self, step: int) -> str:
        """Writes a checkpoint, removes all but the newest `keep`, and returns its prefix.

        Raises:
            RunError: it cannot be written. Nothing of it is left, and the others are unchanged.
        """
        prefix = self.path / f"{NAME}-{step}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._remove({step})  # of a save that a kill cut short
            self.checkpoint.write(str(prefix))
            write_manifest(prefix)
            self._written.add(step)
        except (OSError, tf.errors.OpError) as error:
            self._remove_quietly(step)
            raise RunError(self._not_written(step, error)) from error
        try:
            self._sweep(step)
            self._write_note(prefix)
        except OSError as error:
            raise RunError(self._not_written(step, error)) from error
        return str(prefix)

    def steps(self) -> list[int]:
        """Returns the steps of all checkpoints of which anything is there, whole or not, in order."""
        return steps_in(self.path)

    def adopt(self) -> None:
        """Writes checksums of the present files of checkpoints that an older version wrote."""
        for step in self.steps():
            prefix = self.path / f"{NAME}-{step}"
            if prefix.with_name(f"{prefix.name}.index").exists() and not manifest_of(prefix).exists():
                write_manifest(prefix)

    def _not_written(self, step: int, error: OSError | tf.errors.OpError) -> str:
        reason = error.message if isinstance(error, tf.errors.OpError) else error
        return (
            f"the checkpoint of step {step} cannot be written to {self.path}: {reason}. Older checkpoints are as they "
            "were. Make room there and go on with --resume, or choose another folder with --set model_dir=..."
        )

    def _sweep(self, step: int) -> None:
        """Removes all but the newest `keep` whole checkpoints up to a step."""
        base = step if self.restored_step is None else self.restored_step
        known = [other for other in self.steps() if other <= base or other in self._written]
        whole = [other for other in known if other <= step and manifest_of(self.path / f"{NAME}-{other}").exists()]
        self._remove(set(self.steps()) - set(whole[-self._keep :]))

    def _remove(self, steps: set[int]) -> None:
        if not steps:
            return
        # Checksums go first, so that a process that dies here leaves no checkpoint behind.
        for step in steps:
            manifest_of(self.path / f"{NAME}-{step}").unlink(missing_ok=True)
        for path in list(self.path.iterdir()):
            found = _PART.fullmatch(path.name)
            if found and int(found[1]) in steps:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _remove_quietly(self, step: int) -> None:
        """Removes a checkpoint that could not be written, as far as the disk allows."""
        try:
            self._remove({step})
            if not any(self.path.iterdir()):
                self.path.rmdir()  # no run was saved here
        except OSError as error:
            log.warning("what was written of step %d in %s could not be removed: %s", step, self.path, error)

    def _write_note(self, newest: Path) -> None:
        names = [f"{NAME}-{step}" for step in self.steps()]
        lines = [
            f'model_checkpoint_path: "{newest.name}"',
            *(f'all_model_checkpoint_paths: "{name}"' for name in names),
        ]
        replace_text(self.path / NOTE, "\n".join(lines) + "\n")


def steps_in(folder: Path) -> list[int]:
    """Returns the steps of all checkpoints of a folder of which anything is there, whole or not, in order."""
    if not folder.is_dir():
        return []
    return sorted({int(found[1]) for path in folder.iterdir() if (found := _PART.fullmatch(path.name))})


def choose(folder: Path, way_out: str) -> Path | None:
    """Returns the prefix of the newest whole checkpoint, or None if no save has ended yet.

    It checks the bytes of the newest checkpoint against its checksums. If they differ, a warning names the checkpoint,
    and the one before is checked. In folders of an older version, without any checksums, it reads all values instead.

    Args:
        folder: folder of checkpoints.
        way_out: advice in the message if none is whole.

    Raises:
        RunError: there are checkpoints, and none is whole.
    """
    for _ in range(_TRIES):
        steps = steps_in(folder)
        prefix, problems = _newest_whole(folder, steps)
        # A training at work here removes old checkpoints. The one found may be gone, and the list outdated.
        if (prefix is not None and manifest_of(prefix).exists()) or steps_in(folder) == steps:
            break
    for name, problem in problems:
        log.warning("checkpoint %s is damaged or half-written: %s; it is left out", folder / name, problem)
    if prefix is not None:
        return prefix
    if not problems:
        return _choose_unchecked(folder, [folder / f"{NAME}-{step}" for step in reversed(steps)], way_out)
    found = "; ".join(f"{name}: {problem}" for name, problem in problems)
    raise RunError(f"no checkpoint in {folder} is whole ({found}). {way_out}")


def _newest_whole(folder: Path, steps: list[int]) -> tuple[Path | None, list[tuple[str, str]]]:
    """Returns the newest whole prefix, and name and problem of newer ones; an empty problem means no checksums."""
    prefixes = [folder / f"{NAME}-{step}" for step in reversed(steps)]
    if not any(manifest_of(prefix).exists() for prefix in prefixes):
        return None, []
    problems: list[tuple[str, str]] = []
    for prefix in prefixes:
        if not manifest_of(prefix).exists():
            problem: str | None = f"there is no {manifest_of(prefix).name}, so that its save did not come to its end"
        else:
            problem = find_damage(prefix)
        if problem is None:
            return prefix, problems
        problems.append((prefix.name, problem))
    return None, problems


def _choose_unchecked(folder: Path, prefixes: list[Path], way_out: str) -> Path | None:
    for prefix in prefixes:
        if not prefix.with_name(f"{prefix.name}.index").exists():
            continue
        if _reads(prefix):
            log.warning(
                "no checkpoint in %s has checksums: an older version wrote it, or its first save was cut short. Taking "
                "%s, which can be read",
                folder,
                prefix.name,
            )
            return prefix
        log.warning("checkpoint %s is damaged or half-written: it cannot be read; it is left out", prefix)
    if not (folder / NOTE).exists():
        # The note comes last: the very first save did not come to its end, and there is nothing to lose.
        return None
    raise RunError(f"no checkpoint in {folder} can be read. {way_out}")


def _reads(prefix: Path) -> bool:
    """Tells whether every value can be read. TensorFlow keeps a checksum of its own for each."""
    try:
        with literal_prefix(prefix) as literal:
            reader = tf.train.load_checkpoint(literal)
            for name in reader.get_variable_to_shape_map():
                reader.get_tensor(name)
    except UNREADABLE:
        return False
    return True
