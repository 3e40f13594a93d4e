"""Trains a config's model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps_rec.tools.commands.check import ConfigLike
from apps_rec.tools.commands.common import checked_config, command
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.legacy_keras import keras
    from apps_rec.training.job import TrainResult


@command
def train(
    config: ConfigLike,
    overrides: Sequence[str] = (),
    resume: bool = False,
    restart: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainResult:
    """Trains a config's model into its model_dir, and says on the log how far it is.

    Args:
        config: path of a config, or one that is read already.
        overrides: `path=value` each, only for a path, such as `train_config.num_steps=500`.
        resume: go on with the run in model_dir, or start afresh where there is none.
        restart: move the run in model_dir aside and start afresh.
        callbacks: Keras callbacks of your own (tf_keras), called after each step.

    Returns:
        What it ended with: `model_dir`, `step`, `best_step` and `best_value` (None where nothing was selected), and
        `skipped_batches`.

    Raises:
        ConfigError: a mistake in the config.
        DataError: a mistake in the data.
        RunError: model_dir holds a run and neither `resume` nor `restart` was said, or it cannot go on or be written;
            a loss is not finite; memory is short. `apps_rec.training.job.train` has the whole list.
        InterruptedRunError: SIGINT or SIGTERM came; the run was saved.

    Example:
        >>> result = apps_rec.train("my.config", ["model_dir=out/a"])  # doctest: +SKIP
        >>> result.step, result.best_value  # doctest: +SKIP
        (1560, 0.7131)
    """
    checked = checked_config(config, overrides)
    from apps_rec.training.distribute.cluster_task import read_task
    from apps_rec.training.run.paths import check_paths

    # In a cluster the chief looks: a server may not see the files.
    if not read_task(checked.message.train_config).cluster:
        check_paths(checked.message, resume, restart)
    quiet_tensorflow()
    from apps_rec.training import job

    return job.train(checked, resume=resume, restart=restart, callbacks=callbacks)
