"""The line that a training logs about its progress and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Length of a line of the log, without the name in front of it under `launch`.
WIDTH = 120
Position = tuple[int, int]


@dataclass(frozen=True)
class Length:
    """The length of a training, as far as its config and its files tell it.

    Args:
        num_steps: number of steps after which it ends; 0: no such limit.
        num_epochs: number of epochs after which it ends; 0: no such limit.
        epoch_rows: number of rows of an epoch as positions count them, exact or estimated; None: not known.
        epoch_steps: number of steps of an epoch; None: not known exactly.
    """

    num_steps: int = 0
    num_epochs: int = 0
    epoch_rows: int | None = None
    epoch_steps: int | None = None

    def share(self, step: int, position: Position) -> float | None:
        """Returns the part of the training that is done, in [0, 1]; None: not known."""
        shares = [step / self.num_steps] if self.num_steps else []
        epoch, row = position
        if self.num_epochs and self.epoch_steps:
            shares.append(step / (self.num_epochs * self.epoch_steps))
        elif self.num_epochs and self.epoch_rows:
            # The estimate may be too small. Then the line shows the end of the epoch until it ends.
            shares.append((epoch + min(1.0, row / self.epoch_rows)) / self.num_epochs)
        return min(1.0, max(shares)) if shares else None

    def steps(self, step: int, position: Position) -> tuple[int, bool] | None:
        """Returns the steps of the whole training, and whether the number is exact; None: not known."""
        known = [self.num_steps] if self.num_steps else []
        if self.num_epochs and self.epoch_steps:
            known.append(self.num_epochs * self.epoch_steps)
        share = self.share(step, position)
        by_epochs = self.num_epochs and not self.epoch_steps and share
        if known and not (by_epochs and step / share < 0.99 * min(known)):  # type: ignore[operator]
            return min(known), True
        return (max(step, round(step / share)), False) if share else None


class Outlook:
    """Writes the line about the progress of a training.

    Args:
        length: length of the training.
        best: function that returns name and value of the best evaluation so far; None: there is none.
        clock: function that returns seconds, from any start.
    """

    def __init__(
        self,
        length: Length,
        best: Callable[[], tuple[str, float] | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._length, self._best, self._clock = length, best, clock
        self._start: tuple[float, float] | None = None  # time and share where the clock was started
        self._most_losses: int | None = None  # number of losses in the line before

    def start(self, step: int, position: Position) -> None:
        """Starts the clock after the first step, which is traced and slower than all others."""
        share = self._length.share(step, position)
        self._start = None if share is None else (self._clock(), share)

    def share(self, step: int, position: Position) -> float | None:
        """Returns the part of the training that is done, in [0, 1]; None: not known."""
        return self._length.share(step, position)

    def line(self, step: int, position: Position, losses: Mapping[str, float], rows_per_second: float | None) -> str:
        """Writes `step 100/1,560, epoch 1/3, loss 0.69315, 91,234 rows/s, 2 min left, best auc_ctr 0.6812` or the like.

        The line has at most 120 characters. Losses that do not fit are left out, the last ones first, and do not come
        back where a later line is shorter.
        """
        total = self._length.steps(step, position)
        of = f"/{total[0]:,}" if total and total[1] else f"/~{_about(total[0], step):,}" if total else ""
        epochs = f"/{self._length.num_epochs:,}" if self._length.num_epochs else ""
        # There is no further epoch behind the last row of the last one.
        epoch = position[0] + 1 if not self._length.num_epochs else min(position[0] + 1, self._length.num_epochs)
        head = [f"step {step:,}{of}", f"epoch {epoch:,}{epochs}"]
        tail = [] if rows_per_second is None else [f"{rows_per_second:,.0f} rows/s"]
        left, best = self._seconds_left(step, position), self._best()
        tail += [] if left is None else [f"{shown(left)} left{'' if best is None else ' with evaluations'}"]
        tail += [] if best is None else [f"best {best[0]} {best[1]:.4f}"]
        line = ", ".join([*head, *tail])
        for at, (name, value) in enumerate(list(losses.items())[: self._most_losses]):
            longer = [*head, f"{name} {value:.5f}"]
            if len(", ".join([*longer, *tail])) > WIDTH:
                self._most_losses = at
                break
            head, line = longer, ", ".join([*longer, *tail])
        return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."

    def _seconds_left(self, step: int, position: Position) -> float | None:
        share = self._length.share(step, position)
        if self._start is None or share is None or share <= self._start[1]:
            return None
        since, before = self._start
        return (self._clock() - since) / (share - before) * (1 - share)


def _about(steps: int, least: int) -> int:
    """Returns a number of steps that is not known exactly in two digits, so that it does not change with every line."""
    return max(least, int(float(f"{steps:.2g}")))


def shown(seconds: float) -> str:
    """Writes a time for people to read.

    Example:
        >>> shown(42), shown(130), shown(4000)
        ('42 s', '2 min', '1 h 7 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"
