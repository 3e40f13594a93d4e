"""The progress of a run: its position in the data, and its best evaluation."""

from __future__ import annotations

import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.run.folder import RunFolder


class DataPosition(tf.Module):
    """The position of a run in its data, and its best evaluation so far. The step is the optimizer's `iterations`."""

    def __init__(self) -> None:
        super().__init__(name="progress")
        self.epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.row = tf.Variable(0, dtype=tf.int64, trainable=False)
        # What `row` counts. 1: rows of the epoch's order; n > 1: the same of n processes with files of their own;
        # -n: pieces of n rows that parameter servers' workers take.
        self.split = tf.Variable(1, dtype=tf.int64, trainable=False)
        self.best_value = tf.Variable(float("nan"), dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(-1, dtype=tf.int64, trainable=False)
        # Batches that on_nan: SKIP_BATCH left out.
        self.skipped_batches = tf.Variable(0, dtype=tf.int64, trainable=False)
        # 1 if a signal cut the evaluation of this step short. It is then made first when the run goes on.
        self.evaluation_due = tf.Variable(0, dtype=tf.int64, trainable=False)
        # Parameter servers only: rows handed out to workers, and rows that went into the weights. The latter are more
        # if a worker was lost.
        self.rows_due = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.rows_seen = tf.Variable(0, dtype=tf.int64, trainable=False)

    def position(self) -> tuple[int, int]:
        """Returns epoch and row to go on from."""
        return int(self.epoch.numpy()), int(self.row.numpy())

    def best(self) -> tuple[int, float] | None:
        """Returns step and value of the best evaluation so far; None if there was none."""
        step = int(self.best_step.numpy())
        return None if step < 0 else (step, float(self.best_value.numpy()))

    def owes_evaluation(self) -> bool:
        """Tells whether a signal cut the evaluation of this step short."""
        return bool(self.evaluation_due.numpy())

    def is_over(self, config: PipelineConfig, step: int) -> bool:
        """Tells whether a run with this progress has had all epochs or steps of a config, or was stopped early.

        Args:
            config: config, checked and normalised.
            step: number of steps that went into its weights.
        """
        best, export_config = self.best(), config.export_config
        return (
            (export_config.enable_early_stop and best is not None and step - best[0] >= export_config.max_check_steps)
            or 0 < config.train_config.num_steps <= step
            or 0 < config.data_config.num_epochs <= self.position()[0]
        )


def restore_position(progress: DataPosition, split: int, batch_size: int, folder: RunFolder) -> None:
    """Notes the way in which the rows are split, and refuses a position in an epoch that was split in another way.

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
