"""Trainings of several processes on loopback, for tests: started by `apps-rec launch`, ended whatever happens."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import tensorflow as tf

# A cluster on two busy cores takes half a minute to come up.
TIMEOUT = 240


class Cluster:
    """`apps-rec launch ... -- train tiny.config` in a folder, with its output in a file."""

    def __init__(self, folder, model_dir, *overrides, workers=2, ps=0, resume=False):
        self.log = folder / f"{model_dir}.log"
        sets = [word for item in (*overrides, f"model_dir={model_dir}") for word in ("--set", item)]
        servers = ["--ps", str(ps)] if ps else []
        launch = [sys.executable, "-m", "apps_rec", "launch", "--workers", str(workers), *servers, "--"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*launch, "train", "tiny.config", *(["--resume"] if resume else []), *sets],
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
            )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def text(self):
        """What all processes have said so far."""
        return self.log.read_text()

    def wait_for(self, pattern, timeout=TIMEOUT):
        """The match of a pattern in the output, as soon as it is there."""
        end = time.monotonic() + timeout
        while not (found := re.search(pattern, self.text)):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, f"no {pattern!r} within {timeout} s in:\n{self.text}"
            time.sleep(0.02)
        return found

    def wait_for_count(self, pattern, count, start=0, timeout=TIMEOUT):
        """Returns as soon as a pattern is in the output so many times, behind its first `start` characters."""
        end = time.monotonic() + timeout
        while len(pattern.findall(self.text, start)) < count:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, f"no {count} times {pattern} within {timeout} s:\n{self.text}"
            time.sleep(0.02)

    def kill(self, kind, index, how=signal.SIGKILL):
        """Ends one process; one that died is waited for until it is started again."""
        os.kill(self.wait_for_process(kind, index), how)

    def wait_for_process(self, kind, index, timeout=30):
        """The number of one process, as soon as it is there."""
        end = time.monotonic() + timeout
        while (process := self._process_of({"type": kind, "index": index})) is None:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, f"there is no {kind} {index} within {timeout} s:\n{self.text}"
            time.sleep(0.02)
        return process

    def _process_of(self, task):
        """Its number, or None where the task has no process at present."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                parent = re.search(r"PPid:\s+(\d+)", (path / "status").read_text())[1]
                found = re.search(r"TF_CONFIG=([^\0]*)", (path / "environ").read_text())
            except (OSError, ValueError):
                continue
            if found and int(parent) == self.process.pid and json.loads(found[1])["task"] == task:
                return int(path.name)
        return None

    def stop(self, timeout=60):
        """Asks all processes to stop, and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=timeout)

    def finish(self, timeout=TIMEOUT):
        """Waits for the end, which has to be a good one, and returns the output."""
        code = self.process.wait(timeout=timeout)
        assert code == 0, self.text
        return self.text


def weights(folder, model_dir):
    """Weights of the newest checkpoint of a run by name."""
    read = tf.train.load_checkpoint(str(folder / model_dir / "checkpoints"))
    return {
        key: read.get_tensor(key)
        for key in read.get_variable_to_shape_map()
        if key.startswith("model/") and "OPTIMIZER" not in key and "optimizer" not in key and key.endswith("_VALUE")
    }
