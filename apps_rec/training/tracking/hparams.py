"""The run on TensorBoard's page HParams: its hyperparameters at the start, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams.api_pb2 import Status
from tensorboard.plugins.hparams.summary import session_end_pb, session_start_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from apps_rec.errors import RunError
from apps_rec.training.tracking.hyperparameters import Value

# TensorBoard takes the first start and the first end that it finds in a folder. They are in files of their own, which
# a run that begins or goes on replaces.
_SUFFIX = ".hparams"


def start_session(folder: Path, values: Mapping[str, Value]) -> None:
    """Writes the hyperparameters of a run beside its curves; the page finds losses and metrics there by itself.

    What an earlier start of the run wrote is deleted.

    Raises:
        RunError: the folder cannot be written.
    """
    try:
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            path.unlink()
        _write(folder, session_start_pb(dict(values)))
    except (OSError, tf.errors.OpError) as error:
        raise RunError(
            f"hyperparameters cannot be written to {folder}: {error}. Make room there, or do without: --set "
            "train_config.save_summary_steps=0"
        ) from error


def end_session(folder: Path, *, is_finished: bool) -> None:
    """Writes that a training came to its end, or that it did not: then it can go on, and the next start deletes this.

    Raises:
        OSError: the folder cannot be written.
        tf.errors.OpError: the same, from TensorFlow's file systems.
    """
    _write(folder, session_end_pb(Status.STATUS_SUCCESS if is_finished else Status.STATUS_FAILURE))


def _write(folder: Path, summary: object) -> None:
    writer = EventFileWriter(str(folder), filename_suffix=_SUFFIX)
    # TensorFlow's Summary is of another class with the same bytes.
    event = Event()
    event.summary.ParseFromString(summary.SerializeToString())  # type: ignore[attr-defined]
    writer.add_event(event)
    writer.close()
