"""`apps-rec launch`: runs one training as several processes of this machine, to try distribution out."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from apps_rec.config import Config
from apps_rec.errors import CheckFailedError, ConfigError, InterruptedRunError, JobFailedError, RunError
from apps_rec.protos import train_pb2
from apps_rec.tools.cluster import Cluster, LocalProcess, tasks_of

_LOG = logging.getLogger("apps_rec.tools")

# Seconds for trainings, which save before they end.
GRACE_SECONDS = 15.0
# Seconds for processes that have nothing to save: servers, workers of a chief, the rest of a job that lost a process.
_SHORT_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05
# The end of one process often ends others within moments. The cause is looked for among all of them.
_SETTLE_SECONDS = 0.5
# The user's input is wrong; a check failed.
_VERDICTS = (2, 3)
# A traceback stands above.
DEFECT = 1
# Ended by SIGINT, SIGTERM, after saving.
_STOPPED = (130, 143)


def check_launchable(config: Config, workers: int, ps: int) -> None:
    """Refuses a config whose strategy does not need the cluster that is asked for.

    Raises:
        ConfigError: the strategy is another one; the text has the field and the value that it should have.
    """
    if workers < 1 or ps < 0:
        raise ConfigError(f"--workers, --ps: expected 1 or more and 0 or more, got {workers} and {ps}")
    wanted = train_pb2.ParameterServerStrategy if ps else train_pb2.MultiWorkerMirroredStrategy
    given = config.message.train_config.train_distribute
    if given != wanted:
        with_ps = f"with --ps {ps}" if ps else "without --ps"
        raise ConfigError(
            f"{config.path}: train_config.train_distribute: expected {_name(wanted)} to be launched {with_ps}, got "
            f"{_name(given)}; --set train_config.train_distribute={_name(wanted)}"
        )


def _name(strategy: int) -> str:
    """Returns the first of a strategy's names."""
    return next(value.name for value in train_pb2.DistributionStrategy.DESCRIPTOR.values if value.number == strategy)


def train_command(arguments: Sequence[str]) -> list[str]:
    """Returns the command line of `apps-rec` with these arguments, in this Python."""
    # -P: a folder apps_rec in the working directory, such as a clone of the repository, is not the package.
    return [sys.executable, "-P", "-m", "apps_rec", *arguments]


def launch(
    command: Sequence[str],
    workers: int,
    ps: int = 0,
    *,
    max_restarts: int = 10,
    grace: float = GRACE_SECONDS,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> None:
    """Runs a command once for each task of a local cluster, until the job is done.

    Workers alone (MultiWorkerMirroredStrategy): waits for all of them. If one dies, all are ended and started again on
    new ports with `--resume`. With parameter servers: waits for the chief, then ends the others. A worker that dies is
    started again on its port. If the chief or a server dies, the whole job is started again. Every process finds the
    cluster and its place in TF_CONFIG. No process stays behind; on Linux not even if this one is killed.

    Args:
        command: command line of one process, see `train_command`.
        workers: number of processes that compute, 1 or more.
        ps: number of parameter servers, 0 or more. With one or more there is a chief too.
        max_restarts: largest number of restarts, of the job and of workers together.
        grace: seconds that processes have to save when the job is stopped.
        out: stream for the processes' stdout, each line behind its process's name; default: stdout.
        err: stream for their stderr; default: stderr.

    Raises:
        InterruptedRunError: SIGINT or SIGTERM came, or ended one of the trainings after it saved.
        RunError, CheckFailedError: a process ended with exit code 2 or 3.
        JobFailedError: processes died more often than max_restarts.
    """
    cluster = Cluster(tasks_of(workers, ps), out or sys.stdout, err or sys.stderr)
    job = _Job(cluster, list(command), max_restarts)
    with _noted_signals() as signals:
        try:
            job.start()
            while not signals and not job.is_done():
                time.sleep(_POLL_SECONDS)
            if signals:
                number = signals[0]
                _LOG.warning("launch: %s: stopping all processes", signal.Signals(number).name)
                job.stop(grace)
                raise InterruptedRunError("launch: the job was stopped; train --resume goes on with it", number)
        except _VerdictError as verdict:
            job.stop(grace)
            raise verdict.error from None
        finally:
            cluster.kill()


class _VerdictError(Exception):
    """The job is over; `error` is the one that it ends with."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class _Job:
    """The rules for a cluster when one of its processes ends."""

    def __init__(self, cluster: Cluster, command: list[str], max_restarts: int) -> None:
        self._cluster = cluster
        self._command = command
        self._max_restarts = max_restarts
        self._restarts = 0
        self._chief = LocalProcess("chief", 0) if LocalProcess("chief", 0) in cluster.tasks else None

    def start(self) -> None:
        """Starts every process."""
        self._cluster.start(self._command)

    def is_done(self) -> bool:
        """Looks at the processes that have ended, and starts some of them again. Tells whether the job is done.

        Raises:
            _VerdictError: the job cannot go on.
        """
        ended = self._cluster.ended()
        if any(code for code in ended.values()):
            time.sleep(_SETTLE_SECONDS)
            ended = self._cluster.ended()
        self._judge(ended)
        if self._chief is None:
            return self._all_done(ended)
        return self._chief_done(self._chief, ended)

    def stop(self, grace: float) -> None:
        """Ends the processes; the chief first, which needs the others to save."""
        if self._chief is not None:
            self._cluster.stop([self._chief], grace)
            grace = min(grace, _SHORT_GRACE_SECONDS)
        self._cluster.stop(self._cluster.tasks, grace)

    def _judge(self, ended: dict[LocalProcess, int]) -> None:
        for task, code in ended.items():
            if code in _VERDICTS:
                # The others are about to say the same.
                self._cluster.mute_behind(task)
                text = f"launch: {task} ended with exit code {code}, its message stands above; all others were stopped"
                raise _VerdictError(RunError(text) if code == 2 else CheckFailedError(text))
            if code in _STOPPED and task.kind == (self._chief.kind if self._chief else "worker"):
                text = f"launch: {task} was stopped by a signal, and the job with it; train --resume goes on with it"
                raise _VerdictError(InterruptedRunError(text, code - 128))

    def _all_done(self, ended: dict[LocalProcess, int]) -> bool:
        died = {task: code for task, code in ended.items() if code}
        if died:
            self._restart(died)
        return not died and len(ended) == len(self._cluster.tasks)

    def _chief_done(self, chief: LocalProcess, ended: dict[LocalProcess, int]) -> bool:
        if ended.get(chief) == 0:
            self._cluster.stop(self._cluster.tasks, _SHORT_GRACE_SECONDS)
            return True
        # A server that ends takes its part of the tables along, whatever its exit code.
        vital = {task: code for task, code in ended.items() if task.kind != "worker"}
        if vital:
            self._restart(vital)
            return False
        for task, code in ended.items():
            if code:
                self._count({task: code}, f"{task} starts again")
                self._cluster.forget(task)
                self._cluster.start_task(task, self._command)
        return False

    def _restart(self, died: dict[LocalProcess, int]) -> None:
        self._count(died, "the job starts again with --resume")
        self._cluster.stop(self._cluster.tasks, _SHORT_GRACE_SECONDS)
        # What --restart would move aside is this very run.
        self._command = [word for word in self._command if word not in ("--restart", "--resume")] + ["--resume"]
        self._cluster.start(self._command)

    def _count(self, died: dict[LocalProcess, int], remedy: str) -> None:
        how = "; ".join(f"{task} {_how(code)}" for task, code in died.items())
        if all(code == DEFECT for code in died.values()):
            raise _VerdictError(JobFailedError(f"launch: {how}: a defect, which another start would meet again"))
        if self._restarts >= self._max_restarts:
            raise _VerdictError(
                JobFailedError(f"launch: {how}; the job was started again {self._restarts} times and is given up")
            )
        self._restarts += 1
        _LOG.warning("launch: %s; %s (%d of %d)", how, remedy, self._restarts, self._max_restarts)


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


@contextmanager
def _noted_signals() -> Iterator[list[int]]:
    """Yields a list to which SIGINT and SIGTERM add themselves, in place of their usual effect."""
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may
        yield noted
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
