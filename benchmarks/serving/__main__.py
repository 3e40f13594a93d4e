"""`make bench-serving`: what a request costs through every signature, beside DeepCTR's SavedModel.

Example:
    python -m benchmarks.serving PEERS_PYTHON [--rounds 30] [-o benchmarks/serving_results.json]
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
from benchmarks.serving.plan import SETTINGS
from benchmarks.workspace import Workspace

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Makes the models, measures, and writes the results and the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description="Measures requests beside DeepCTR's; see docs/serving.md."
    )
    parser.add_argument("peers_python", type=Path, help="python of the environment of benchmarks/peers")
    parser.add_argument("--rounds", type=int, default=30, help="in which all signatures take turns; default: 30")
    parser.add_argument(
        "--folder", type=Path, default=Path("out/bench"), help="for data and models; default: out/bench"
    )
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "serving_results.json")
    parser.add_argument("--document", type=Path, default=ROOT.parent / "docs/serving.md")
    options = parser.parse_args()
    workspace = Workspace(options.folder, options.peers_python)
    models = make_models(workspace, options.folder / "serving")
    results = {"machine": describe(options.peers_python), "rounds": options.rounds, "settings": {}}
    for setting in SETTINGS:
        results["settings"][setting.name] = workspace.run_ours(
            "benchmarks.serving.timing", json.dumps(models), json.dumps(asdict(setting)), str(options.rounds)
        )
    options.output.write_text(json.dumps(report.shortened(results), indent=1) + "\n", encoding="utf-8")
    for name, table in report.blocks(results).items():
        write_block(options.document, name, table)
        print(table, end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
