"""Checks that a run has come to its end, as exporter_type final demands."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from apps_rec.data.literal_paths import literal_prefix
from apps_rec.errors import RunError
from apps_rec.training.run.checkpoint_folder import NAME, UNREADABLE
from apps_rec.training.run.folder import RunFolder, trained_config

_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


def require_finished(folder: RunFolder, step: int) -> None:
    """Checks that the newest checkpoint is the last one of its training, by the config of the training.

    Args:
        folder: folder of the run.
        step: step of the restored checkpoint, the newest whole one.

    Raises:
        RunError: the training was cut short, or still runs.
    """
    config = trained_config(folder)
    # The restored checkpoint, as TensorFlow's note of the newest may be damaged, or name a damaged one.
    path = folder.checkpoints / f"{NAME}-{step}"
    try:
        epoch, best_step = (_read(path, name) for name in ("epoch", "best_step"))
    except UNREADABLE as error:
        raise RunError(
            f'export_config.exporter_type is "final" and the training in {folder.path} is going on: it removed step '
            f"{step}, which was the newest. Wait for its end, or export what is there: --set "
            "export_config.exporter_type=latest"
        ) from error
    steps, epochs, export = config.train_config.num_steps, config.data_config.num_epochs, config.export_config
    stopped_early = export.enable_early_stop and 0 <= best_step <= step - export.max_check_steps
    if 0 < steps <= step or 0 < epochs <= epoch or stopped_early:
        return
    end = " or ".join([*([f"step {steps}"] if steps else []), *([f"the end of epoch {epochs}"] if epochs else [])])
    raise RunError(
        f'export_config.exporter_type is "final" and the run in {folder.path} is not at its end: it stands at step '
        f"{step} in epoch {epoch + 1}, and goes to {end}. Finish it: apps-rec train CONFIG --resume; or export what is "
        "there: --set export_config.exporter_type=latest"
    )


def _read(path: Path, name: str) -> int:
    """Reads a number of the run's progress; -1 if the checkpoint does not hold it."""
    key = f"progress/{name}{_SUFFIX}"
    with literal_prefix(path) as prefix:
        reader = tf.train.load_checkpoint(prefix)
        return int(reader.get_tensor(key)) if reader.has_tensor(key) else -1
