"""The folder of a study: what stands where, and the locks that its processes hold."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StudyFolder:
    """The paths inside the folder of a study."""

    path: Path

    @property
    def database(self) -> Path:
        """Returns the path of the study's SQLite database."""
        return self.path / "study.db"

    @property
    def config(self) -> Path:
        """Returns the path of the config that all processes of the study read."""
        return self.path / "study.config"

    @property
    def best(self) -> Path:
        """Returns the path of the config with the best values."""
        return self.path / "best.config"

    @property
    def summary(self) -> Path:
        """Returns the path of the study's summary, JSON."""
        return self.path / "summary.json"

    @property
    def plots(self) -> Path:
        """Returns the path of the plots, one HTML file."""
        return self.path / "plots.html"

    def trial(self, number: int) -> Path:
        """Returns the model_dir of a trial."""
        return self.path / "trials" / f"{number:04}"

    def log(self, number: int) -> Path:
        """Returns the path of what a trial's training logged."""
        return self.path / "logs" / f"{number:04}.log"

    def make(self) -> None:
        """Makes the folders.

        Raises:
            OSError: one cannot be made.
        """
        for name in ("trials", "logs", "locks"):
            (self.path / name).mkdir(parents=True, exist_ok=True)

    def remove_trial(self, number: int) -> None:
        """Removes the model_dir of a trial; its log stays."""
        shutil.rmtree(self.trial(number), ignore_errors=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the lock of the study while its list of trials is looked at and changed."""
        with open(self.path / "locks" / "study", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def hold_trial(self, number: int) -> int | None:
        """Takes the lock of a trial, which the kernel frees when the process ends, however that happens.

        Returns:
            Its file, to be closed by `release_trial`; None if another process holds it.
        """
        file = os.open(self.path / "locks" / f"{number:04}", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    def release_trial(self, number: int, file: int) -> None:
        """Frees the lock of a trial that has ended."""
        (self.path / "locks" / f"{number:04}").unlink(missing_ok=True)
        os.close(file)
