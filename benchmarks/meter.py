"""Measurements that a worker takes of itself: time and CPU time of its steps, peak memory, time to its first step."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

# When the parent started this process, seconds since the epoch.
SPAWNED_AT = "BENCH_SPAWNED_AT"
MARK = "BENCH "
# Steps before the steady state: tracing, threads, caches.
WARM_UP = 50


class Meter:
    """Counts steps; `step()` is called at the end of each."""

    def __init__(self, batch_size: int, warm_up: int = WARM_UP) -> None:
        self._batch_size, self._warm_up = batch_size, warm_up
        self._steps = 0
        self._first_step: float | None = None
        self._begin = self._end = (0.0, 0.0)

    def step(self) -> None:
        """Notes that a step has ended."""
        self._steps += 1
        if self._steps == 1:
            self._first_step = time.time() - float(os.environ[SPAWNED_AT])
        if self._steps == self._warm_up:
            self._begin = _clocks()
        self._end = _clocks()

    def report(self) -> dict[str, float | None]:
        """Returns rows per second and per CPU-second in the steady state and of the whole process up to the last step.

        Raises:
            ValueError: no step behind the warm-up.
        """
        if self._steps <= self._warm_up:
            raise ValueError(f"expected more than the {self._warm_up} steps of warm-up, got {self._steps}: more rows")
        rows = (self._steps - self._warm_up) * self._batch_size
        wall, cpu = (end - begin for begin, end in zip(self._begin, self._end, strict=True))
        whole = time.time() - float(os.environ[SPAWNED_AT])
        all_rows = self._steps * self._batch_size
        return {
            "steps": self._steps,
            "rows_per_second": rows / wall,
            "rows_per_cpu_second": rows / cpu,
            "whole_rows_per_second": all_rows / whole,
            "whole_rows_per_cpu_second": all_rows / self._end[1],
            "first_step_seconds": self._first_step,
            "peak_mb": peak_mb(),
        }


def peak_mb() -> float:
    """Returns the largest resident memory of this process so far, in MiB."""
    # Not ru_maxrss, which begins at the parent's peak.
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def say(values: dict) -> None:
    """Prints a worker's result as the line that the parent looks for."""
    print(MARK + json.dumps(values), flush=True)


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.process_time()
