"""Trains, tests and writes docs/results.md's tables and figures: `make results`.

    python -m benchmarks.evidence

What is done is kept in the folder of -o: a run that was stopped goes on where it was, and a second one only writes the
tables again. Give another folder to do all of it anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from apps_rec.atomic_file import replace_text
from benchmarks import machine
from benchmarks.evidence import documents, plots
from benchmarks.evidence.datasets import DATASETS, ROOT
from benchmarks.evidence.plan import Size
from benchmarks.evidence.work import do_all


def main() -> int:
    """Runs everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("out/results"), help="folder of what is done")
    parser.add_argument("--document", type=Path, default=ROOT / "docs/results.md")
    parser.add_argument("--processes", type=int, default=2, help="trainings at a time (%(default)s)")
    options = parser.parse_args()
    missing = [dataset.measured for dataset in DATASETS if not Path(dataset.measured).is_file()]
    if missing:
        parser.error(f"{', '.join(missing)}: not there; `make results` makes the data first, see {options.document}")
    size = Size()
    began = time.monotonic()
    results = do_all(size, options.output, options.processes)
    results["machine"] = machine.describe(Path(sys.executable))
    results["last_run_seconds"] = time.monotonic() - began
    replace_text(options.output / "results.json", json.dumps(results, indent=1, default=asdict) + "\n")
    documents.write_into(options.document, results, size, options.output)
    plots.draw_all(options.document.parent, results, size)
    print(f"{options.document}: written; {results['last_run_seconds'] / 60:.0f} minutes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
