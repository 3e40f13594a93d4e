"""Trainings in processes of their own, which are ended, damaged and gone on with."""

import time
from pathlib import Path

import numpy as np
import pytest

from tests.training.process import Training, train_here, values

KILLED_AT = Path(__file__).with_name("killed_at.py")
NUM_EPOCHS, STEPS_PER_SAVE = 4, 10
OVERRIDES = (
    f"data_config.num_epochs={NUM_EPOCHS}",
    "data_config.batch_size=16",
    "data_config.eval_batch_size=8",
    "data_config.holdout_fraction=0.1",
    f"train_config.save_checkpoints_steps={STEPS_PER_SAVE}",
    "train_config.keep_checkpoint_max=2",
    "train_config.log_step_count_steps=1",
    "export_config.enable_early_stop=true",
    "export_config.max_check_steps=1000",
    "export_config.best_exporter_metric=auc_ctr",
    "export_config.exporter_type=best",
)


class Whole:
    """A folder with an uninterrupted run in `whole`: what every other run must come to, bit for bit."""

    def __init__(self, folder):
        self.folder = folder
        before = time.monotonic()
        log = self.finish_here("whole")
        self.seconds = time.monotonic() - before
        self.steps = int(log.rpartition("trained to step ")[2].split(";")[0])
        self.values = values(folder / "whole")

    def train(self, model_dir, *flags, at=None, overrides=()):
        """Starts a training beside it, one that kills itself where `at` says so (`killed_at.py`)."""
        command = ("-m", "apps_rec") if at is None else (str(KILLED_AT), *map(str, at))
        return Training(self.folder, model_dir, *flags, overrides=(*OVERRIDES, *overrides), command=command)

    def finish_here(self, model_dir, *flags):
        """Trains beside it, or goes on with a run, in this process; returns the log."""
        return train_here(self.folder, model_dir, *flags, overrides=OVERRIDES)

    def assert_equal(self, model_dir):
        """Every bit of a finished run is the uninterrupted one's."""
        found = values(self.folder / model_dir)
        assert found.keys() == self.values.keys()
        for name, value in self.values.items():
            np.testing.assert_array_equal(value, found[name], err_msg=name)


@pytest.fixture(scope="session")
def whole(tmp_path_factory, small_run):
    """Return a folder with an uninterrupted run of some 150 steps."""
    folder = tmp_path_factory.mktemp("faults")
    small_run(folder)
    return Whole(folder)
