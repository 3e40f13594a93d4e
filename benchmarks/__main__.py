"""`make bench`: everything that docs/performance.md shows, measured in one run.

Example:
    python -m benchmarks PEERS_PYTHON [--rounds 5] [--only mmoe] [-o benchmarks/results.json]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.machine import describe
from benchmarks.measure import measure
from benchmarks.workspace import Workspace

ROOT = Path(__file__).parent


def main() -> int:
    """Measures, writes the results and the tables, and says which goals were missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measures ours beside the peers; see docs/performance.md."
    )
    parser.add_argument("peers_python", type=Path, help="python of the environment of benchmarks/peers")
    parser.add_argument("--rounds", type=int, default=5, help="of alternating processes; default: 5")
    parser.add_argument("--only", help="entries whose name begins so, and nothing else; the tables are printed only")
    parser.add_argument("--folder", type=Path, default=Path("out/bench"), help="for data and runs; default: out/bench")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "results.json")
    parser.add_argument("--document", type=Path, default=ROOT.parent / "docs/performance.md")
    options = parser.parse_args()
    workspace = Workspace(options.folder, options.peers_python)
    results = {"machine": describe(options.peers_python), **measure(workspace, options.rounds, options.only)}
    if options.only:
        print(report.tables(results))
        return 0
    options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    report.write_into(options.document, results)
    print(report.tables(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
