"""Writes log lines about the progress of a long pass over rows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_LOG = logging.getLogger("apps_rec.data")
SECONDS_BETWEEN_LINES = 10.0


class ProgressLog:
    """Writes a line to the log every ten seconds.

    Args:
        verb: word for what happens to the rows: written, scored.
        clock: function that returns seconds, from any start.
    """

    def __init__(self, verb: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._verb = verb
        self._clock = clock
        self._start = self._last = clock()
        self.rows = 0

    def add(self, rows: int, share: float | None = None) -> None:
        """Counts more rows.

        Args:
            rows: number of rows.
            share: fraction of the input that is done with these rows, in [0, 1]; None: not known.
        """
        self.rows += rows
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
