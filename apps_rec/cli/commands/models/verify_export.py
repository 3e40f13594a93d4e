"""`apps-rec verify-export`."""

from __future__ import annotations

import argparse
import json

import apps_rec
from apps_rec.cli.options import TRUST, write
from apps_rec.errors import CheckFailedError

HELP = "repeat the proof of an export: load it as a server does, compare with the model, time it"
EXAMPLE = "out/x/export/1700000000 --rows data/appstore/eval.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the export, the rows, and the form of the answer."""
    parser.add_argument("export", help="folder of one version, as export printed it")
    parser.add_argument("--rows", help="labelled files to measure it on: path, glob, or several with commas")
    parser.add_argument("--proof-only", action="store_true", help="leave out the table of latencies")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--trust", action="store_true", help=TRUST)


def run(options: argparse.Namespace) -> None:
    """Verifies the export, prints the findings, and fails where the export differs from the model."""
    result = apps_rec.verify_export(options.export, options.rows, latency=not options.proof_only, trust=options.trust)
    print(json.dumps(vars(result))) if options.json else write(result)
    if result.failures:
        raise CheckFailedError(f"{options.export} differs from the model it was exported from")
