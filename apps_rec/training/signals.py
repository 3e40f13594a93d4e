"""Handles signals while the main thread is inside TensorFlow, where Python's own handlers have to wait."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

_ENDING = (signal.SIGINT, signal.SIGTERM)
# Seconds in which Python's own handler may end the wait, if it gets to run.
_GRACE_SECONDS = 2.0


@contextlib.contextmanager
def watched_signals(on_signal: Callable[[int], None]) -> Iterator[None]:
    """Calls a function with the number of each SIGINT or SIGTERM that Python handles, at once, from another thread.

    Python's handlers run too, when the main thread comes back to Python. A call outside the main thread watches
    nothing, as signals go to the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    read, write = os.pipe()
    os.set_blocking(write, False)

    def watch() -> None:
        while numbers := os.read(read, 64):
            for number in numbers:
                if number in _ENDING:
                    on_signal(number)
        os.close(read)

    before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    threading.Thread(target=watch, name="signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(write)


@contextlib.contextmanager
def ended_by_signals(what: str) -> Iterator[None]:
    """Ends the process at SIGINT or SIGTERM if the code inside does not come back to Python.

    The code inside must leave nothing half-written.

    Args:
        what: description of the code inside, for the message.
    """
    is_over = threading.Event()

    def end(number: int) -> None:
        if not is_over.wait(_GRACE_SECONDS):
            os.write(2, f"{signal.Signals(number).name} came during {what}\n".encode())
            os._exit(128 + number)

    with watched_signals(end):
        try:
            yield
        finally:
            is_over.set()


class LastSignal:
    """The time of the last SIGINT or SIGTERM, in seconds of `time.monotonic`, and its number; None: there was none."""

    def __init__(self) -> None:
        self.at: float | None = None
        self.number: int | None = None

    def note(self, number: int) -> None:
        """Notes that a signal came now."""
        self.number = number
        self.at = time.monotonic()
