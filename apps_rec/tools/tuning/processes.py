"""Several processes at work on one study of this machine."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from apps_rec.errors import RunError

_WRAPPER = Path(__file__).parents[1] / "die_with_parent.py"
_POLL_SECONDS, _SECONDS_TO_SAVE = 0.2, 60.0
log = logging.getLogger("apps_rec.tune")


def run_processes(command: Sequence[str], count: int, most_restarts: int) -> None:
    """Runs a command in several processes until all have come to their end.

    One that is killed is started again: the trial that it was at has failed, the study goes on. None stays behind.

    Args:
        command: command line of one process.
        count: number of processes.
        most_restarts: largest number of processes that are started again.

    Raises:
        RunError: a process ended with an error, or more were killed than `most_restarts`. The others are stopped.
    """
    processes = [_start(command) for _ in range(count)]
    try:
        while processes:
            time.sleep(_POLL_SECONDS)
            for one in [one for one in processes if one.poll() is not None]:
                processes.remove(one)
                if one.returncode < 0 and most_restarts > 0:
                    most_restarts -= 1
                    log.warning(
                        "a process of the study was killed by signal %d; another takes its place", -one.returncode
                    )
                    processes.append(_start(command))
                elif one.returncode:
                    raise RunError(f"a process of the study ended with exit code {one.returncode}; it says why above")
    finally:
        _stop(processes)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # In a session of its own: Ctrl-C comes to this process alone, which ends the others once.
    line = [sys.executable, str(_WRAPPER), str(os.getpid()), *command]
    return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ends processes as SIGTERM does, and kills those that do not end."""
    for one in processes:
        one.terminate()
    end = time.monotonic() + _SECONDS_TO_SAVE
    for one in processes:
        try:
            one.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()
