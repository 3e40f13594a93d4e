"""Signals that come while the main thread is not in Python."""

import os
import signal
import subprocess
import sys
import time

import pytest

from apps_rec.training.signals import watched_signals

# libc's pause() in a loop stands for TensorFlow's waits: Python's handler does not run before it returns.
STUCK = """
import ctypes, signal
from apps_rec.training.signals import ended_by_signals
signal.signal(signal.SIGTERM, lambda number, frame: print("python", flush=True))
print("ready", flush=True)
with ended_by_signals("a wait"):
    pthread = ctypes.CDLL(None)
    mutex = ctypes.create_string_buffer(64)
    pthread.pthread_mutex_lock(mutex)
    pthread.pthread_mutex_lock(mutex)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wait_outside_python_ends(number):
    process = subprocess.Popen([sys.executable, "-c", STUCK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(number)
        assert process.wait(timeout=30) == 128 + number
        assert process.stderr.read() == f"{number.name} came during a wait\n"
    finally:
        process.kill()
        process.wait()


def test_what_watched_before_watches_again():
    found = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        with watched_signals(found.append):
            os.kill(os.getpid(), signal.SIGTERM)
            until = time.monotonic() + 10
            while not found and time.monotonic() < until:
                time.sleep(0.01)
        assert found == [signal.SIGTERM]
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGTERM, before)
