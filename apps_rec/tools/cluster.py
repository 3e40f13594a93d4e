"""Starts, watches and ends local processes that form a TensorFlow cluster, and shows their output line by line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

_WRAPPER = Path(__file__).with_name("die_with_parent.py")
_POLL_SECONDS = 0.05
# Seconds to wait for the last lines of an ended process. A process that it left behind may hold its output open.
_OUTPUT_SECONDS = 2.0


@dataclass(frozen=True)
class LocalProcess:
    """One process of a cluster, in the words of TF_CONFIG.

    Args:
        kind: "chief", "worker" or "ps".
        index: number among those of its kind, from 0.
    """

    kind: str
    index: int

    def __str__(self) -> str:
        return f"{self.kind} {self.index}"


def tasks_of(workers: int, ps: int) -> list[LocalProcess]:
    """Returns the tasks of a cluster: workers alone, or with parameter servers a chief too."""
    chief = [LocalProcess("chief", 0)] if ps else []
    return [
        *chief,
        *(LocalProcess("ps", index) for index in range(ps)),
        *(LocalProcess("worker", index) for index in range(workers)),
    ]


def free_ports(count: int) -> list[int]:
    """Returns different ports of the loopback interface that nobody listens on at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


def tf_config(task: LocalProcess, ports: dict[LocalProcess, int]) -> str:
    """Returns the TF_CONFIG of a task, as TensorFlow documents it."""
    cluster: dict[str, list[str]] = {}
    for other, port in ports.items():
        cluster.setdefault(other.kind, []).append(f"127.0.0.1:{port}")
    return json.dumps({"cluster": cluster, "task": {"type": task.kind, "index": task.index}})


class Cluster:
    """The processes of one job.

    Args:
        tasks: tasks, one process each.
        out: stream for their stdout, every line behind the name of its process.
        err: stream for their stderr.
    """

    def __init__(self, tasks: Sequence[LocalProcess], out: TextIO, err: TextIO) -> None:
        self.tasks = tuple(tasks)
        self._out, self._err = out, err
        self._lock = threading.Lock()
        self._muted = False
        self._ports: dict[LocalProcess, int] = {}
        self._processes: dict[LocalProcess, _Process] = {}

    def start(self, command: Sequence[str]) -> None:
        """Starts every task on a new port."""
        self._ports = dict(zip(self.tasks, free_ports(len(self.tasks)), strict=True))
        for task in self.tasks:
            self.start_task(task, command)

    def start_task(self, task: LocalProcess, command: Sequence[str]) -> None:
        """Starts one task, on the port that it has."""
        environment = {**os.environ, "TF_CONFIG": tf_config(task, self._ports), "PYTHONUNBUFFERED": "1"}
        self._processes[task] = _Process(
            command,
            environment,
            lambda line: self._show(self._out, task, line),
            lambda line: self._show(self._err, task, line),
        )

    def ended(self) -> dict[LocalProcess, int]:
        """Returns the exit codes of the tasks that have ended; below 0 if a signal ended one."""
        codes = {task: process.popen.poll() for task, process in self._processes.items()}
        return {task: code for task, code in codes.items() if code is not None}

    def forget(self, task: LocalProcess) -> None:
        """Shows the last lines of an ended task, and takes it out of `ended`."""
        self._processes.pop(task).finish_output()

    def mute_behind(self, task: LocalProcess) -> None:
        """Shows the last lines of an ended task, and no further line of any task."""
        self._processes[task].finish_output()
        with self._lock:
            self._muted = True

    def stop(self, tasks: Sequence[LocalProcess], grace: float) -> None:
        """Sends SIGTERM to the tasks, and SIGKILL to those that still run after the grace (in seconds)."""
        chosen = [self._processes[task] for task in tasks if task in self._processes]
        for process in chosen:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while any(process.popen.poll() is None for process in chosen) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        for process in chosen:
            process.signal(signal.SIGKILL)
        for process in chosen:
            process.popen.wait()
            process.finish_output()

    def kill(self) -> None:
        """Ends every process at once."""
        self.stop(self.tasks, 0.0)

    def _show(self, stream: TextIO, task: LocalProcess, line: str) -> None:
        # A reader that is gone (launch | head) does not stop the job, whose results are in its model_dir.
        with self._lock, contextlib.suppress(OSError, ValueError):
            if not self._muted:
                stream.write(f"[{task}] {line}\n")
                stream.flush()


class _Process:
    """A process in a session of its own, which Ctrl-C does not reach, with a thread for each of its outputs."""

    def __init__(
        self,
        command: Sequence[str],
        environment: dict[str, str],
        out: Callable[[str], None],
        err: Callable[[str], None],
    ) -> None:
        # For the kernel, the thread that starts a process is its parent. It must be a thread that stays.
        self.popen = subprocess.Popen(
            [sys.executable, "-I", str(_WRAPPER), str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=_read_lines, args=(pipe, show), daemon=True)
            for pipe, show in ((self.popen.stdout, out), (self.popen.stderr, err))
        ]
        for reader in self._readers:
            reader.start()

    def signal(self, number: int) -> None:
        """Sends a signal to the process and those that it started, unless it has ended."""
        if self.popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, number)

    def finish_output(self) -> None:
        """Waits for the last lines."""
        for reader in self._readers:
            reader.join(_OUTPUT_SECONDS)


def _read_lines(pipe: IO[bytes], show: Callable[[str], None]) -> None:
    with pipe:
        for line in pipe:
            show(line.decode("utf-8", "replace").rstrip("\r\n"))
