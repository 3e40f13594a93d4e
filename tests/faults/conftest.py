"""Trainings in processes of their own, which are ended, damaged and gone on with."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

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


class Training:
    """A process that trains `tiny.config` of a folder into a model_dir, and may kill itself (`killed_at.py`)."""

    def __init__(self, folder, model_dir, *flags, at=None, overrides=()):
        self.folder, self.model_dir = folder, folder / model_dir
        sets = [word for item in (*OVERRIDES, *overrides, f"model_dir={model_dir}") for word in ("--set", item)]
        command = ["-m", "apps_rec"] if at is None else [str(KILLED_AT), *map(str, at)]
        self.log = folder / f"{Path(model_dir).name}{''.join(flags)}{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, "train", "tiny.config", *flags, *sets],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def wait_for(self, text):
        """Returns as soon as a text stands in the log."""
        until = time.monotonic() + 120
        while text not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.002)

    def end(self):
        """Waits for the end of the process and returns its exit code and log."""
        try:
            code = self.process.wait(timeout=240)
        finally:
            self.process.kill()
        return code, self.log.read_text()

    def finish(self):
        """Waits for the end of the run and returns its log."""
        code, log = self.end()
        assert code == 0, log
        return log


def values(model_dir):
    """Weights, slots, step, position and best value of the newest checkpoint, and the best weights."""
    import tensorflow as tf

    found = {}
    for name in ("checkpoints", "best"):
        path = tf.train.latest_checkpoint(str(model_dir / name))
        read = tf.train.load_checkpoint(path)
        found[f"{name}/path"] = np.array(Path(path).name)
        for key in read.get_variable_to_shape_map():
            if "OBJECT_GRAPH" not in key:
                found[f"{name}/{key}"] = read.get_tensor(key)
    return found


class Whole:
    """A folder with an uninterrupted run in `whole`: what every other run must come to, bit for bit."""

    def __init__(self, folder):
        self.folder = folder
        before = time.monotonic()
        log = Training(folder, "whole").finish()
        self.seconds = time.monotonic() - before
        self.steps = int(log.rpartition("trained to step ")[2].split(";")[0])
        self.values = values(folder / "whole")

    def train(self, model_dir, *flags, **options):
        """Starts a training beside it."""
        return Training(self.folder, model_dir, *flags, **options)

    def assert_equal(self, model_dir):
        """Every bit of a finished run is the uninterrupted one's."""
        found = values(self.folder / model_dir)
        assert found.keys() == self.values.keys()
        for name, value in self.values.items():
            np.testing.assert_array_equal(value, found[name], err_msg=name)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, tiny_run):
    """Return a folder with an uninterrupted run of some 150 steps."""
    folder = tmp_path_factory.mktemp("faults")
    tiny_run(folder)
    return Whole(folder)
