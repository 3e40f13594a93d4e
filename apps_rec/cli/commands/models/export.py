"""`apps-rec export`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write

HELP = "write the trained model as a SavedModel, OUTPUT/<version>/"
EXAMPLE = "samples/appstore/esmm.config --set model_dir=out/x -o out/x/export"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config and the folder of the versions."""
    add_config(parser)
    add_date(parser)
    parser.add_argument("-o", "--output", required=True, help="folder of the versions")


def run(options: argparse.Namespace) -> None:
    """Exports, and prints the folder of the new version."""
    write(apps_rec.export(read_config(options), options.output))
