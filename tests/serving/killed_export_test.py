"""kill -9 in the middle of an export: who watches the folder never sees a version that does not load."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from apps_rec.serving.engine import Engine
from apps_rec.serving.requests import request

LIMIT_SECONDS = 120


class Watcher(threading.Thread):
    """Polls a folder as a server does and loads every version that appears."""

    def __init__(self, folder, ranked):
        super().__init__(daemon=True)
        self.folder, self.ranked = folder, ranked
        self.loaded, self.failures, self.stop = set(), [], threading.Event()
        self.inputs = request("rank", ranked.rows(), ranked.schema)

    def run(self):
        while not self.stop.is_set():
            self.look()
            time.sleep(0.005)

    def look(self):
        for path in self.folder.glob("*"):
            if path.name.isdigit() and path.name not in self.loaded:
                self.loaded.add(path.name)
                try:
                    with Engine(path) as engine:
                        assert np.all(np.isfinite(engine.run("rank", self.inputs)["score"]))
                    assert (path / "assets/schema.json").exists()
                    assert (path / "assets.extra/tf_serving_warmup_requests").exists()
                except Exception as error:  # the test's to judge
                    self.failures.append((path.name, error))


def start(ranked, folder, *options):
    return subprocess.Popen(
        [sys.executable, "-m", "apps_rec", "export", str(ranked.run.config), "-o", str(folder), *options],
        cwd=ranked.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )


def kill(process):
    """Kills an export with the proof that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def begin(ranked, folder):
    """An export that has just begun to write."""
    before = set(folder.glob(".*.partial"))
    process = start(ranked, folder)
    limit = time.monotonic() + LIMIT_SECONDS
    while not set(folder.glob(".*.partial")) - before and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.005)
    return process


# Of the long suites: four and more exports in processes of their own. In the quick suite export_test.py watches one.
@pytest.mark.slow
@pytest.mark.parametrize("kills", [2, 20])
def test_a_watcher_sees_whole_versions_only(ranked, tmp_path, kills):
    folder = tmp_path / "export"
    folder.mkdir()
    draw = random.Random(kills)
    watcher = Watcher(folder, ranked)
    watcher.start()
    process = begin(ranked, folder)
    began = time.monotonic()
    process.communicate(timeout=LIMIT_SECONDS)
    whole = time.monotonic() - began
    assert process.returncode == 0
    killed_at = []
    for at in range(kills):
        process = begin(ranked, folder)
        try:
            time.sleep(whole * draw.uniform(at, at + 1) / kills)
            killed_at.append(process.poll() is None)
        finally:
            kill(process)
    process = start(ranked, folder, "--set", "export_config.exports_to_keep=1")
    try:
        _, errors = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        kill(process)
    assert process.returncode == 0, errors
    watcher.stop.set()
    watcher.join(LIMIT_SECONDS)
    watcher.look()
    assert watcher.failures == []
    there = [path.name for path in folder.iterdir() if path.name.isdigit()]
    assert len(there) == 1  # exports_to_keep
    assert there[0] in watcher.loaded
    assert sum(killed_at) >= kills / 2
    print(f"{sum(killed_at)} of {kills} exports were killed before their end")
