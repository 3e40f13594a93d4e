"""`apps-rec regress`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_plugin, write
from apps_rec.errors import CheckFailedError

HELP = "run the configs of a folder as regression tests"
EXAMPLE = "samples/appstore"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the folder, the length of the runs, and what is written."""
    parser.add_argument("folder", help="holds <name>.config and <name>.expected.json")
    add_plugin(parser)
    parser.add_argument("--quick", action="store_true", help="the shortened run")
    parser.add_argument(
        "--write",
        action="store_true",
        help="make the expected.json of each config that has none, from what is measured",
    )
    parser.add_argument("--update", action="store_true", help="move the bands that are missed to what was measured")


def run(options: argparse.Namespace) -> None:
    """Runs the configs, and fails with those whose metrics leave their bands."""
    results = apps_rec.regress(options.folder, quick=options.quick, update=options.update, write=options.write)
    failed = [result for result in results if not result.passed]
    if failed:
        raise CheckFailedError("\n".join(str(result) for result in failed))
    write(f"{options.folder}: {len(results)} configs hold")
