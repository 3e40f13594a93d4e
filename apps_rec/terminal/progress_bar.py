"""Shows how far a long pass over rows is: a bar on a terminal, nothing where nobody looks.

Commands turn bars on (`bars_on_terminal`). What reads rows opens one (`progress_bar`), whether it shows or not.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

# A step may take a millisecond; nobody sees more than some changes a second.
_SECONDS_BETWEEN_CHANGES = 0.2


class Bar:
    """One bar, shown or not. `rows` is the number of rows so far.

    Args:
        shown: the bars of the terminal, and which of them this is; None: it is not shown.
        clock: function that returns seconds, from any start.
    """

    def __init__(
        self, shown: tuple[Progress, TaskID] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shown, self._clock = shown, clock
        self.rows = self._rows = 0
        self._since = self._last = clock() if shown else 0.0

    @property
    def is_shown(self) -> bool:
        """Tells whether anybody sees it: whether finding out the length of the pass is worth its while."""
        return self._shown is not None

    def add(self, rows: int, share: float | None = None) -> None:
        """Counts more rows.

        Args:
            rows: number of rows.
            share: fraction of the pass that is done with these rows, in [0, 1]; None: not known.
        """
        self.rows += rows
        if self._shown is None:
            return
        self._rows += rows
        now = self._clock()
        if now - self._last < _SECONDS_BETWEEN_CHANGES:
            return
        self._last = now
        progress, task = self._shown
        rate = f"{self._rows / (now - self._since):,.0f} rows/s"
        if share is None:
            progress.update(task, rate=rate)
        else:
            progress.update(task, total=1.0, completed=share, rate=rate)

    def skip_start(self) -> None:
        """Leaves out of the rate what was done until now, such as a first step that builds its graph."""
        if self._shown is not None:
            self._rows, self._since = 0, self._clock()


class _Terminal:
    """The bars of a terminal, those of a pass within another below its bar."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._open = 0

    @contextlib.contextmanager
    def bar(self, what: str) -> Iterator[Bar]:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        if self._progress is None:
            columns = [
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            ]
            # What is printed meanwhile stands above the bars, and they leave no trace.
            self._progress = Progress(*columns, console=self._console, transient=True, refresh_per_second=4)
            self._progress.start()
        progress = self._progress
        task = progress.add_task(what, total=None, rate="")
        self._open += 1
        try:
            yield Bar((progress, task))
        finally:
            progress.refresh()
            progress.remove_task(task)
            self._open -= 1
            if not self._open:
                self._progress = None
                progress.stop()


_terminal: _Terminal | None = None


@contextlib.contextmanager
def bars_on_terminal(stream: TextIO | None = None) -> Iterator[None]:
    """Shows the bars inside the block, if the stream is a terminal.

    Colours follow NO_COLOR (no-color.org) and TERM, as rich reads them.

    Args:
        stream: where to show them; None: sys.stderr.
    """
    global _terminal
    stream = stream or sys.stderr
    before = _terminal
    if stream.isatty():
        from rich.console import Console

        _terminal = _Terminal(Console(file=stream))
    try:
        yield
    finally:
        _terminal = before


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Bar]:
    """Opens a bar, which is shown where bars are on.

    Args:
        what: word for what is done: training, measuring, scoring.
    """
    if _terminal is None:
        yield Bar()
    else:
        with _terminal.bar(what) as bar:
            yield bar
