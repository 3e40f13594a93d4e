"""A training in a process of its own, for tests that end it from outside, and what it leaves behind."""

import contextlib
import io
import logging
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def train_words(model_dir, *flags, overrides=()):
    """The command that trains `tiny.config` into a model_dir."""
    sets = [word for item in (*overrides, f"model_dir={model_dir}") for word in ("--set", item)]
    return ["train", "tiny.config", *flags, *sets]


class Training:
    """A process that trains `tiny.config` of a folder into a model_dir.

    `command` stands in the place of `-m apps_rec`, such as a script that calls it and kills itself.
    """

    def __init__(self, folder, model_dir, *flags, overrides=(), command=("-m", "apps_rec")):
        self.folder, self.model_dir = folder, folder / model_dir
        self.log = folder / f"{Path(model_dir).name}{''.join(flags)}{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, *train_words(model_dir, *flags, overrides=overrides)],
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

    def stop_at(self, step, number):
        """Sends a signal when the log comes to a step, and returns the exit code."""
        self.wait_for(f"step {step}/")
        self.process.send_signal(number)
        return self.process.wait(timeout=120)

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


def train_here(folder, model_dir, *flags, overrides=()):
    """Trains to the end in this process, which spares a start of TensorFlow; returns the log."""
    from apps_rec.cli.main import main

    logger = logging.getLogger("apps_rec")
    before = logger.handlers[:], logger.level, logger.propagate
    with contextlib.chdir(folder), contextlib.redirect_stderr(io.StringIO()) as log:
        code = main(train_words(model_dir, *flags, overrides=overrides))
    logger.handlers[:], logger.level, logger.propagate = before
    assert code == 0, log.getvalue()
    return log.getvalue()


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
