"""CPU seconds of `predict`, and of the same on a Spark of two processes on this machine, one after the other.

Ray is left out: it does not wait for its processes, so the system does not tell their time.

Example:
    python -m benchmarks.engines out/x/export/1796015882 out/200k.parquet
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SET_CHILD_SUBREAPER = 36


def cpu_seconds(command: list[str]) -> float:
    """Runs a command to its end, with all processes that it leaves behind. Returns their CPU seconds."""
    before = os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status = 0
    while True:
        # Processes of processes that ended come to this one, too.
        try:
            pid, code = os.wait()
        except ChildProcessError:
            break
        status = code if pid == process.pid else status
    process.returncode = status
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Prints a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("export", help="folder of one version")
    parser.add_argument("rows", help="a Parquet file")
    flags = parser.parse_args()
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        # The same in Arrow's memory, without an engine.
        plain = (
            "import sys, pyarrow.parquet as pq; from apps_rec.serving import arrow_scorer; "
            "pq.write_table(arrow_scorer(sys.argv[1])(pq.read_table(sys.argv[2])), sys.argv[3])"
        )
        samples = ROOT / "samples"
        commands = {
            "predict": ["-m", "apps_rec", "predict", flags.export, flags.rows, "-o", f"{folder}/predict.parquet"],
            "arrow_scorer": ["-c", plain, flags.export, flags.rows, f"{folder}/arrow.parquet"],
            "Spark": [f"{samples}/spark_scoring.py", flags.export, flags.rows, "-o", f"{folder}/spark", "--local", "2"],
        }
        for name, words in commands.items():
            print(f"{name:14}{cpu_seconds([sys.executable, *words]):8.1f} CPU s", flush=True)


if __name__ == "__main__":
    main()
