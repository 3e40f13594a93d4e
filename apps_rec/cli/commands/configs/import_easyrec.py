"""`apps-rec import-easyrec`."""

from __future__ import annotations

import argparse
import sys

import apps_rec
from apps_rec.cli.options import add_config, names, write

HELP = "write a config of EasyRec or TorchEasyRec in this package's spelling, and a report on what became of it"
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
    parser.add_argument(
        "--lists",
        type=names,
        default=[],
        metavar="NAME,...",
        help="of TorchEasyRec: features or columns whose cells hold several values where value_dim does not say so",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")


def run(options: argparse.Namespace) -> None:
    """Imports, and prints the report; where something is refused, all refusals and no file."""
    made = apps_rec.import_easyrec(options.config, options.output, options.set, options.overwrite, options.lists)
    for warning in made.config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    write(made.report_text)
    write(f"{made.output}: written, and this report as {made.report}")
