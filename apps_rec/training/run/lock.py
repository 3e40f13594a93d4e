"""The lock that a run holds on its model_dir, so that only one training is at work there.

The package filelock is no replacement (4.3.1 was tried). Its FileLock and SoftFileLock never call a holder on another
host stale. Its SoftFileLease does so only after it has watched the lock for the whole time of the lease; this one tells
at once.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from apps_rec.errors import RunError
from apps_rec.json_text import read_json
from apps_rec.training.run.folder import RunFolder, open_for_training

NAME = "train.lock"
# Seconds between two signs of life of the owner, and seconds without one after which another host takes the lock over.
HEARTBEAT_SECONDS = 30.0
STALE_SECONDS = 600.0
log = logging.getLogger("apps_rec")


@contextmanager
def open_run(model_dir: str, resume: bool, restart: bool) -> Iterator[tuple[RunFolder, bool, RunLock]]:
    """Opens the folder to train in under its lock. Yields the result of `open_for_training`, and the lock.

    Raises:
        RunError: another training holds the lock, or `open_for_training` refuses.
    """
    path = Path(model_dir)
    with ExitStack() as stack:
        # Before --restart moves the folder: a training may be at work in it.
        lock = stack.enter_context(hold(path)) if path.is_dir() else None
        folder, is_resumed = open_for_training(model_dir, resume, restart)
        if lock is None or not lock.is_held():
            lock = stack.enter_context(hold(folder.path))
        yield folder, is_resumed, lock


@contextmanager
def hold(folder: Path) -> Iterator[RunLock]:
    """Holds the lock of a model_dir, which must exist, while a training writes into it.

    On one host the kernel keeps the lock (flock) and releases it when the process ends, however it ends. If the file
    system has no such lock, or the owner runs on another host, the file's content and time decide. It names host and
    process, and its owner touches it every 30 s. A lock is stale, and is taken over, if its process is gone from this
    host, or if another host has not touched it for ten minutes.

    Raises:
        RunError: another training holds it, or it cannot be written.
    """
    lock = RunLock(folder / NAME)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()


class RunLock:
    """The lock of a model_dir, see `hold`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._mine = ""
        self._ended = threading.Event()

    def acquire(self) -> None:
        """Takes the lock.

        Raises:
            RunError: another training holds it, or it cannot be written.
        """
        try:
            self._file, is_locked = self._open()
            before = _read(self._path)
            if before is not None and _is_alive(before, self._path, is_locked):
                raise RunError(self._refusal(before))
            if before is not None:
                log.info("took over %s, which a training left that is gone: %s", self._path, _shown(before))
            owner = {"host": socket.gethostname(), "process": os.getpid(), "process_started": _start_of(os.getpid())}
            self._mine = json.dumps({**owner, "locked_at": time.strftime("%Y-%m-%d %H:%M:%S %z")}) + "\n"
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, self._mine.encode(), 0)
        except OSError as error:
            self._close()
            raise RunError(
                f"{self._path}, which keeps a second training out of model_dir, cannot be written: {error.strerror}. "
                "Change its permissions, make room, or choose another folder with --set model_dir=..."
            ) from error
        except RunError:
            self._close()
            raise
        threading.Thread(target=self._beat, name="run_lock", daemon=True).start()

    def check(self) -> None:
        """Checks that the lock is still ours. It is not if this process slept for too long.

        Raises:
            RunError: another training took it over.
        """
        if not self.is_held():
            raise RunError(
                f"{self._path} was taken over by another training: {_shown(_read(self._path))}. This one showed no "
                f"life for {STALE_SECONDS:.0f} s and stops, so that the two do not mix their checkpoints"
            )

    def is_held(self) -> bool:
        """Tells whether the lock is still ours, and still in its place."""
        return self._file is not None and _text(self._path) == self._mine

    def release(self) -> None:
        """Removes the lock, if it is still ours."""
        self._ended.set()
        if self._file is not None:
            if self.is_held():
                self._path.unlink(missing_ok=True)
            elif _read(self._path) is None:
                # The folder was moved, and the lock with it. An empty lock belongs to nobody.
                os.ftruncate(self._file, 0)
        self._close()

    def _open(self) -> tuple[int, bool]:
        """Opens the file. Tells whether the kernel locked it for us."""
        while True:
            file = self._open_ours()
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                raise RunError(self._refusal(_read(self._path))) from None
            except OSError as error:
                log.info("%s: the file system has no locks (%s); going by its content", self._path, error.strerror)
                return file, False
            # The owner may have removed the file between our opening and our locking it. Then it belongs to nobody.
            try:
                if os.stat(self._path).st_ino == os.fstat(file).st_ino:
                    return file, True
            except FileNotFoundError:
                pass
            os.close(file)

    def _open_ours(self) -> int:
        """Opens the file, or makes it. Never follows a link there, which leads to somebody else's file.

        Raises:
            RunError: something else has its name.
        """
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                raise RunError(self._foreign()) from None
            raise
        facts = os.fstat(file)
        # A second name (a hard link) is a link too.
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
            os.close(file)
            raise RunError(self._foreign())
        return file

    def _foreign(self) -> str:
        return (
            f"{self._path}: expected the lock of a training, a file of ours, or nothing; it is a link, a folder or "
            "something else that is no plain file, and was left alone. Remove it, or choose another folder with "
            "--set model_dir=..."
        )

    def _refusal(self, owner: dict | None) -> str:
        return (
            f"model_dir {self._path.parent} is in use: another training writes there ({_shown(owner)}). Wait for it or "
            "end it, or choose another folder with --set model_dir=...; if its host is gone for good, remove "
            f"{self._path}"
        )

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                if self.is_held():
                    os.utime(self._path, follow_symlinks=False)
            except OSError as error:
                log.warning("%s cannot be touched: %s", self._path, error.strerror)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


def _is_alive(owner: dict, path: Path, is_locked: bool) -> bool:
    """Tells whether the training that a lock names may still run."""
    if owner.get("host") == socket.gethostname():
        # The kernel would not have locked the file for us while it lives.
        started = _start_of(owner.get("process"))
        return not is_locked and started is not None and started == owner.get("process_started")
    return time.time() - path.stat().st_mtime < STALE_SECONDS


def _start_of(process: object) -> int | None:
    """Returns the start of a process of this host, in clock ticks since boot; None without the process or /proc."""
    try:
        # The name of the program, in parentheses, may hold anything.
        return int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _read(path: Path) -> dict | None:
    """Reads the owner that a lock names; None if it names none."""
    try:
        owner = read_json(_text(path))
    except ValueError:
        return None
    return owner if isinstance(owner, dict) and isinstance(owner.get("host"), str) else None


def _shown(owner: dict | None) -> str:
    if owner is None:
        return "of a process not known"
    return f"process {owner.get('process')} on host {owner.get('host')}, since {owner.get('locked_at')}"
