"""Trains a config's model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps_rec.tools.commands.common import checked_config, command
from apps_rec.tools.commands.configs.check import ConfigLike
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
    """Trains a config's model into its model_dir, and logs the progress.

    Args:
        config: path of a config, or a config that is read already.
        overrides: changes to the config, `path=value` each, such as `train_config.num_steps=500`; only for a path.
        resume: true goes on with the run in model_dir, or starts afresh if there is none.
        restart: true moves the run in model_dir aside and starts afresh.
        callbacks: Keras callbacks of your own (tf_keras), called after each step; `on_test_end` gets the metrics of
            an evaluation, by name.

    Returns:
        `model_dir`, last `step`, `best_step`, `best_value` and `best_metric` (None if nothing was selected), and
        `skipped_batches`.

    Raises:
        ConfigError: the config has a mistake.
        DataError: the data has a mistake.
        RunError: model_dir holds a run and neither `resume` nor `restart` is set; the run cannot go on or be written; a
            loss is not finite; memory is short. `apps_rec.training.job.train` has the whole list.
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
