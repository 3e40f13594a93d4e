"""`make bench-serving`: what a request costs through every signature, beside DeepCTR's SavedModel.

Example:
    python -m benchmarks.serving PEERS_PYTHON [--rounds 30] [--only lists] [-o benchmarks/serving_results.json]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import describe
from benchmarks.report import write_block
from benchmarks.serving import report
from benchmarks.serving.models import make_models
from benchmarks.serving.plan import COMPARISONS
from benchmarks.workspace import Workspace

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Makes the models, measures, and writes the results and the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description="Measures requests beside DeepCTR's; see docs/serving.md."
    )
    parser.add_argument("peers_python", type=Path, help="python of the environment of benchmarks/peers")
    parser.add_argument("--rounds", type=int, default=30, help="in which all signatures take turns; default: 30")
    parser.add_argument("--only", choices=COMPARISONS, help="one comparison; the tables of others stay as they are")
    parser.add_argument(
        "--folder", type=Path, default=Path("out/bench"), help="for data and models; default: out/bench"
    )
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "serving_results.json")
    parser.add_argument("--document", type=Path, default=ROOT.parent / "docs/serving.md")
    options = parser.parse_args()
    workspace = Workspace(options.folder, options.peers_python)
    chosen = [options.only] if options.only else list(COMPARISONS)
    models = make_models(
        workspace, options.folder / "serving", frozenset().union(*(COMPARISONS[c].models for c in chosen))
    )
    written = json.loads(options.output.read_text(encoding="utf-8")) if options.output.exists() else {}
    for name in chosen:
        results = {"machine": describe(options.peers_python), "rounds": options.rounds, "settings": {}}
        for setting in COMPARISONS[name].settings:
            arguments = (json.dumps(models), name, json.dumps(asdict(setting)), str(options.rounds))
            results["settings"][setting.name] = workspace.run_ours("benchmarks.serving.timing", *arguments)
        written[name] = report.shortened(results)
        options.output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
        for place, table in report.blocks(name, results).items():
            write_block(options.document, place, table)
            print(table, end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
