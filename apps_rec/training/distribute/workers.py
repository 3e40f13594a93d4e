"""Decisions that the processes of one training must make alike."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import tensorflow as tf

from apps_rec.data.pipeline.sharding import Share
from apps_rec.errors import LostWorkerError
from apps_rec.replicas import sum_over_replicas
from apps_rec.training.outlook import shown
from apps_rec.training.signals import LastSignal, watched_signals

_FIELD = "train_config.collective_timeout_seconds"
_SECONDS_BETWEEN_LINES = 30.0
# Or twice the longest step, if that is longer, so that a running step can end and be saved.
_SECONDS_AFTER_SIGNAL = 8.0
log = logging.getLogger("apps_rec")


class Workers:
    """The processes of a training with MultiWorkerMirroredStrategy; with any other strategy one process alone.

    All processes have to call every method but the properties, in the same order: each waits for the others.

    Args:
        strategy: strategy of the training.
        share: replicas of this process.
        wait_seconds: seconds to wait for the slowest process, in the methods here and within `waiting`; 0: for ever.
    """

    def __init__(self, strategy: tf.distribute.Strategy, share: Share, wait_seconds: float = 0) -> None:
        self._strategy, self._share = strategy, share
        self._limit = WaitLimit(wait_seconds, "a step with the other workers", _abort) if self.count > 1 else None

    @property
    def count(self) -> int:
        """Returns the number of processes."""
        return self._share.workers

    @property
    def is_chief(self) -> bool:
        """Tells whether this process writes the shared files: checkpoints, summaries, the run's folder."""
        return self._share.worker == 0

    def mean(self, value: float) -> float:
        """Returns the mean of all processes' values."""
        return value if self.count == 1 else self._sum(value) / self._share.replicas

    def any(self, flag: bool) -> bool:
        """Tells whether any process has the flag set."""
        return flag if self.count == 1 else self._sum(float(flag)) > 0

    def wait(self) -> None:
        """Waits until all processes have come here."""
        self.any(False)

    def waiting(self) -> AbstractContextManager:
        """Returns a context in which a wait for the others, as in the sums of a step, fails after `wait_seconds`."""
        return self._limit or nullcontext()

    def watching_signals(self) -> AbstractContextManager:
        """Returns a context in which a signal ends a wait for the others, some seconds later."""
        return self._limit.watched() if self._limit else nullcontext()

    def _sum(self, value: float) -> float:
        with self.waiting():
            return float(self._add_up(tf.constant(value, tf.float64)).numpy())

    @tf.function(autograph=False)
    def _add_up(self, value: tf.Tensor) -> tf.Tensor:
        def add(own: tf.Tensor) -> tf.Tensor:
            # The copy is on a device. The argument itself is on none, and cannot be summed.
            return sum_over_replicas(tf.identity(own))

        return self._strategy.experimental_local_results(self._strategy.run(add, args=(value,)))[0]


class WaitLimit:
    """Ends waits for other processes that last too long, and logs that it waits; one thread serves all waits.

    A signal ends a wait too, but some seconds later, as the others may be about to save with this process.

    TensorFlow has a limit of its own for each sum over processes (CommunicationOptions). But it starts two threads for
    every sum, which sleep for the whole limit. With a dozen sums a step, the system runs out of threads in a minute.

    Args:
        seconds: longest wait in seconds; 0: for ever.
        what: name of the awaited thing, for the log.
        end: function that ends the wait. It gets the outcome in words, and the number of the signal that ended the
            wait; None: the wait was too long.
    """

    def __init__(self, seconds: float, what: str, end: Callable[[str, int | None], None]) -> None:
        self._seconds, self._what, self._end = seconds, what, end
        self._since: float | None = None  # when the wait that is under way began
        self._longest = 0.0  # that came to its end
        self._signal = LastSignal()
        threading.Thread(target=self._watch, name="wait limit", daemon=True).start()

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *error: object) -> None:
        if self._since is not None:
            self._longest = max(self._longest, time.monotonic() - self._since)
        self._since = None

    def watched(self) -> AbstractContextManager:
        """Returns a context in which signals are noticed while TensorFlow waits."""
        return watched_signals(self._signal.note)

    def _watch(self) -> None:
        said = 0.0
        while True:
            time.sleep(min(1.0, self._seconds / 10) if self._seconds else 1.0)
            since, signalled, now = self._since, self._signal.at, time.monotonic()
            if since is None:
                continue
            if self._seconds and now - since >= self._seconds:
                self._end(f"waited for {self._seconds:g} s, {_FIELD}", None)
                return
            if signalled is not None and now - max(since, signalled) >= max(_SECONDS_AFTER_SIGNAL, 2 * self._longest):
                self._end("was ended by a signal", self._signal.number)
                return
            if now - max(since, said) >= _SECONDS_BETWEEN_LINES:
                said = now
                limit = f" of {shown(self._seconds)}, {_FIELD}" if self._seconds else ""
                log.info("waiting for %s, %s%s", self._what, shown(now - since), limit)


def _abort(reason: str, number: int | None) -> None:
    from tensorflow.python.eager import context

    code = tf.errors.DEADLINE_EXCEEDED if number is None else tf.errors.CANCELLED
    context.context().abort_collective_ops(code, f"a step or a sum over all workers {reason}")


@contextmanager
def lost_worker(in_cluster: bool) -> Iterator[None]:
    """Turns TensorFlow's error about a process that is gone, or silent for too long, into a LostWorkerError."""
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.CancelledError,
        tf.errors.DeadlineExceededError,
        tf.errors.InternalError,
    ) as error:
        if not in_cluster:
            raise
        raise LostWorkerError(
            "another process of the cluster is gone or was silent for too long "
            f"({_reason(error)}). Start all of them again with --resume: training goes on from "
            "the last checkpoint"
        ) from error


def _reason(error: tf.errors.OpError) -> str:
    """Returns the line of an error that has the reason. The place of the operation in the graph comes before it."""
    return error.message.strip().split("\n\n")[-1].strip().splitlines()[0][:300]
