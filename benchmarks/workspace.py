"""Data, configs and the command line of every process, below one folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from benchmarks.configs import Job, config_text
from benchmarks.dataset import BATCH_SIZE, write_dataset
from benchmarks.meter import MARK, SPAWNED_AT
from benchmarks.plan import STEPS, Entry

# Peers and we get the same two threads, on a machine of any size.
CPUS = sorted(os.sched_getaffinity(0))[:2]
_WORKERS = {"deepctr": "benchmarks.peers.deepctr_worker", "rechub": "benchmarks.peers.rechub_worker"}


class Workspace:
    """A folder for data, configs and runs.

    Args:
        folder: path of the folder; data that is there already is kept.
        peers_python: Python of the peers' environment.
    """

    def __init__(self, folder: Path, peers_python: Path) -> None:
        self.folder, self._peers_python = folder, peers_python

    def data(self, vocabulary: int, rows: int = STEPS * BATCH_SIZE, with_history: bool = False) -> Path:
        """Returns the folder of a data set, made where it is not there."""
        folder = self.folder / f"ids_{vocabulary}_rows_{rows}{'_history' * with_history}"
        write_dataset(folder, rows, vocabulary, with_history=with_history)
        return folder

    def csv(self, folder: Path) -> Path:
        """Writes the training rows of a data set as CSV, once; returns the path."""
        path = folder / "train.csv"
        if not path.exists():
            arrow_csv.write_csv(pq.read_table(folder / "train.parquet"), path.with_suffix(".partial"))
            path.with_suffix(".partial").replace(path)
        return path

    def config(self, name: str, job: Job, train: Path) -> Path:
        """Writes the config of a job."""
        path = self.folder / "configs" / f"{name.replace('/', '_')}.config"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = "CSVInput" if train.suffix == ".csv" else "ParquetInput"
        path.write_text(config_text(job, train, self.folder / "runs" / path.stem, kind))
        return path

    def run_entry(self, entry: Entry, with_auc: bool) -> dict:
        """Runs one entry's process and returns what it measured."""
        flags = [*entry.flags, *(["--auc"] if with_auc and entry.has_auc else [])]
        data = self.data(entry.job.shared_rows or entry.job.vocabulary, with_history=entry.job.model == "din")
        if entry.side == "ours":
            config = self.config(entry.name, entry.job, data / "train.parquet")
            return self.run_ours("benchmarks.ours", str(config), *flags)
        arguments = [entry.job.model, str(data), "--vocabulary", str(entry.job.vocabulary), *flags]
        return self.run_peer(_WORKERS[entry.side], *arguments, environment=dict(entry.environment))

    def run_peer(self, module: str, *arguments: str, environment: dict[str, str] | None = None) -> dict:
        """Runs a process of the peers' environment and returns what it measured."""
        return _run(self._peers_python, module, arguments, environment or {})

    def run_ours(self, module: str, *arguments: str) -> dict:
        """Runs one of our own processes and returns what it measured."""
        return _run(Path(sys.executable), module, arguments, {})


def _run(python: Path, module: str, arguments: tuple[str, ...], environment: dict[str, str]) -> dict:
    command = [str(python), "-m", module, *arguments]
    variables = {**os.environ, **environment, SPAWNED_AT: str(time.time())}
    done = subprocess.run(
        command,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, CPUS),
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not lines:
        raise SystemExit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr[-3000:]}")
    return json.loads(lines[-1].removeprefix(MARK))
