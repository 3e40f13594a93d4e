"""Writes log lines about the progress of a long pass over rows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from apps_rec.terminal.progress_bar import Bar

_LOG = logging.getLogger("apps_rec.data")
SECONDS_BETWEEN_LINES = 10.0


class ProgressLog:
    """Writes a line to the log every ten seconds, and moves a bar.

    Args:
        verb: word for what happens to the rows: written, scored.
        bar: bar of the pass; None: there is none.
        since: when the pass began, in seconds of the clock; None: now.
        clock: function that returns seconds, from any start.
    """

    def __init__(
        self,
        verb: str,
        bar: Bar | None = None,
        since: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verb = verb
        self._bar = bar or Bar()
        self._clock = clock
        self._start = self._last = clock() if since is None else since
        self.rows = 0

    def add(self, rows: int, share: float | None = None) -> None:
        """Counts more rows.

        Args:
            rows: number of rows.
            share: fraction of the input that is done with these rows, in [0, 1]; None: not known.
        """
        self.rows += rows
        self._bar.add(rows, share)
        now = self._clock()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            done = "" if share is None else f", {share:.0%} of the input"
            _LOG.info("%s%s", self._so_far(now), done)

    def finish(self, where: str) -> None:
        """Writes the last line: the total, and the place that the rows went to."""
        now = self._clock()
        _LOG.info("%s, %.1f s: %s", self._so_far(now), now - self._start, where)

    def _so_far(self, now: float) -> str:
        return f"{self.rows:,} rows {self._verb}, {self.rows / max(now - self._start, 1e-3):,.0f} rows/s"
