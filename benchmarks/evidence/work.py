"""Does all that is planned, some processes at a time."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from apps_rec.atomic_file import replace_text
from benchmarks.evidence import online, train
from benchmarks.evidence.datasets import ROOT, STORE, Dataset
from benchmarks.evidence.paired import line_gains
from benchmarks.evidence.plan import Size, online_tests, trainings
from benchmarks.evidence.train import Training, exported
from benchmarks.evidence.variants import LINE

# TensorFlow keeps what it once took: after so many jobs a process, others take their places. The pool's own
# max_tasks_per_child hangs where more jobs are waiting (CPython issue 115634).
_JOBS_OF_A_PROCESS = 12


def do_all(size: Size, folder: Path, processes: int = 2) -> dict[str, Any]:
    """Trains and tests all that is not in the folder yet.

    Args:
        size: what is wanted.
        folder: folder of what is done.
        processes: jobs at a time, which write into `log.txt` of the folder; 0: in this process.

    Returns:
        Outcomes by name: `trainings`, `online`, and `study` with the table and seconds of the study; `gains` of AUC
        along the line, by dataset.
    """
    jobs: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
    for training in trainings(size):
        jobs[training.name] = (train.run, (training, folder))
    if size.has_study:
        jobs["study"] = (study, (folder,))
    first = _do(jobs, processes, folder)
    results: dict[str, Any] = {"study": first.pop("study", None), "trainings": first, "online": {}}
    for store in (dataset for dataset in size.datasets if dataset.name == STORE.name):
        tests = {
            test.name: (online.run, (test, _exports(store, test.seed, folder), folder)) for test in online_tests(size)
        }
        results["online"] = _do(tests, processes, folder)
    results["gains"] = {dataset.name: line_gains(dataset, size.seeds, folder) for dataset in size.datasets}
    return results


def study(folder: Path) -> dict[str, Any]:
    """Returns the table of samples/task_correlation.py, which writes its figure and its errors into docs itself."""
    file, began = folder / "study.md", time.monotonic()
    if not file.is_file():
        script = ROOT / "samples/task_correlation.py"
        made = subprocess.run([sys.executable, script], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        replace_text(file, f"{made.stdout.strip()}\n\n{time.monotonic() - began:.0f}\n")
    table, _, seconds = file.read_text(encoding="utf-8").strip().rpartition("\n\n")
    return {"table": table, "seconds": float(seconds)}


def _exports(store: Dataset, seed: int, folder: Path) -> dict[str, Path]:
    return {variant.name: exported(Training(store, variant, seed), folder) for variant in LINE}


def _do(jobs: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]], processes: int, folder: Path) -> dict[str, Any]:
    """Returns what jobs return, by their names and in their order."""
    if not processes:
        return {name: _told(name, function(*arguments)) for name, (function, arguments) in jobs.items()}
    folder.mkdir(parents=True, exist_ok=True)
    done: dict[str, Any] = {}
    names, group = list(jobs), _JOBS_OF_A_PROCESS * processes
    for start in range(0, len(names), group):
        done |= _in_a_pool({name: jobs[name] for name in names[start : start + group]}, processes, folder)
    return done


def _in_a_pool(
    jobs: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]], processes: int, folder: Path
) -> dict[str, Any]:
    context, done = multiprocessing.get_context("spawn"), {}
    with ProcessPoolExecutor(processes, context, _begin, (folder / "log.txt", os.getpid())) as pool:
        futures = {pool.submit(function, *arguments): name for name, (function, arguments) in jobs.items()}
        try:
            for future in as_completed(futures):
                done[futures[future]] = _told(futures[future], future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {name: done[name] for name in jobs}


def _begin(log: Path, parent: int) -> None:
    """Sends all that this process says into a file, TensorFlow's own lines too, and ends it with its parent."""
    with log.open("ab") as stream:
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _told(name: str, outcome: dict[str, Any]) -> dict[str, Any]:
    print(f"{time.strftime('%H:%M:%S')} {name}: {outcome['seconds']:.0f} s", file=sys.stderr, flush=True)
    return outcome
