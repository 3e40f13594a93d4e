"""Tells a training to TensorBoard's page HParams and to MLflow, from its start to its end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from apps_rec.config import Config
from apps_rec.errors import InterruptedRunError
from apps_rec.training.callbacks import Track
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.tracking.hparams import end_session, start_session
from apps_rec.training.tracking.hyperparameters import hyperparameters
from apps_rec.training.tracking.mlflow_run import open_mlflow_run

log = logging.getLogger("apps_rec")


@contextmanager
def tracking(config: Config, folder: RunFolder, is_resumed: bool) -> Iterator[Track]:
    """Opens what a training is told to, and closes it with how the training ended.

    In MLflow it is FINISHED, KILLED after a signal, or FAILED after an error.

    Yields:
        A function that takes the numbers of a step, for MLflow. It never fails and never waits for a server.

    Raises:
        RunError: the folder cannot be written, or MLflow cannot be used.
    """
    train_config = config.message.train_config
    values, left_out = hyperparameters(config.message)
    if left_out:
        log.info("%d hyperparameters are tracked, and %d more are in pipeline.config alone", len(values), left_out)
    if train_config.save_summary_steps:
        start_session(folder.summaries, values)
    mlflow = None
    if train_config.mlflow_uri:
        mlflow = open_mlflow_run(config, folder, is_resumed, values)
    status = "FAILED"
    try:
        yield mlflow.add if mlflow is not None else _forget
        status = "FINISHED"
    except (InterruptedRunError, KeyboardInterrupt):
        status = "KILLED"
        raise
    finally:
        if train_config.save_summary_steps:
            _end(folder, is_finished=status == "FINISHED")
        if mlflow is not None:
            mlflow.close(status)


@contextmanager
def not_tracked() -> Iterator[Track]:
    """Yields a function that takes numbers and forgets them, for a process that tells nothing."""
    yield _forget


def _forget(step: int, values: object) -> None:
    """Leaves the numbers of a step untold."""


def _end(folder: RunFolder, *, is_finished: bool) -> None:
    """Writes the end for TensorBoard; by then all that matters is saved, or another error is on its way."""
    try:
        end_session(folder.summaries, is_finished=is_finished)
    except (OSError, tf.errors.OpError) as error:
        log.warning("the end of the run cannot be written to %s: %s", folder.summaries, error)
