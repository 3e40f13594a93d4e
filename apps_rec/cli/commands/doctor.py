"""`apps-rec doctor`."""

from __future__ import annotations

import argparse
import json

import apps_rec
from apps_rec.cli.options import write
from apps_rec.errors import CheckFailedError

HELP = "show versions, devices and memory, and what is missing with the command that mends it"
EXAMPLE = "--json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the form of the answer."""
    parser.add_argument("--json", action="store_true", help="print one JSON list, for a report of a defect")


def run(options: argparse.Namespace) -> None:
    """Prints the findings, and fails where one of them is a mistake."""
    found = apps_rec.doctor()
    print(json.dumps(found.to_json(), ensure_ascii=False)) if options.json else write(found)
    if found.mistakes:
        names = ", ".join(finding.name for finding in found.mistakes)
        raise CheckFailedError(f"apps-rec does not run here as it should: {names}")
