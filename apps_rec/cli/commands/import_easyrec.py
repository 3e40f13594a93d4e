"""`apps-rec import-easyrec`."""

from __future__ import annotations

import argparse
import sys

import apps_rec
from apps_rec.cli.options import add_config, write

HELP = "write a config of EasyRec in this package's spelling, with a report on what is used, noted and different"
EXAMPLE = "easyrec.config -o my.config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, --set, the new file, and whether one that is there may be replaced."""
    add_config(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="config to write, without the comments of the old one; FILE.report.md is written beside it",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")


def run(options: argparse.Namespace) -> None:
    """Imports, and prints the report; where something is refused, all refusals and no file."""
    made = apps_rec.import_easyrec(options.config, options.output, options.set, options.overwrite)
    for warning in made.config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    write(made.report_text)
    write(f"{made.output}: written, and this report as {made.report}")
