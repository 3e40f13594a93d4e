"""What the processes of one training must decide alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from apps_rec.data.split import Share
from apps_rec.errors import LostWorkerError


class Workers:
    """The processes of a training with MultiWorkerMirroredStrategy; one alone where there is no other.

    Every method but the properties has to be called by all of them, in the same order: each waits for the others.

    Args:
        strategy: of the training.
        share: of this process.
    """

    def __init__(self, strategy: tf.distribute.Strategy, share: Share) -> None:
        self._strategy, self._share = strategy, share

    @property
    def count(self) -> int:
        """How many there are."""
        return self._share.workers

    @property
    def is_chief(self) -> bool:
        """Whether this one writes what all share: checkpoints, summaries, the run's folder."""
        return self._share.worker == 0

    def mean(self, value: float) -> float:
        """The mean of all processes' values."""
        return value if self.count == 1 else self._sum(value) / self._share.replicas

    def any(self, flag: bool) -> bool:
        """Whether one of them says so."""
        return flag if self.count == 1 else self._sum(float(flag)) > 0

    def wait(self) -> None:
        """Returns when all have come here."""
        self.any(False)

    def _sum(self, value: float) -> float:
        return float(self._add_up(tf.constant(value, tf.float64)).numpy())

    @tf.function(autograph=False)
    def _add_up(self, value: tf.Tensor) -> tf.Tensor:
        def add(own: tf.Tensor) -> tf.Tensor:
            # A copy, which is on a device: the argument itself is on none, and cannot be summed.
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(own))

        return self._strategy.experimental_local_results(self._strategy.run(add, args=(value,)))[0]


@contextmanager
def lost_worker(in_cluster: bool) -> Iterator[None]:
    """Gives what TensorFlow says of a process that is gone, or silent for too long, as a LostWorkerError."""
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
            f"({error.message.splitlines()[0][:300]}). Start all of them again with --resume: training goes on from "
            "the last checkpoint"
        ) from error
