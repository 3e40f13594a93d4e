"""`apps-rec check`."""

from __future__ import annotations

import argparse
import sys

import apps_rec
from apps_rec.cli.options import add_config, write

HELP = "report every mistake of a config; reads no data"
EXAMPLE = "samples/appstore/esmm.config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config and --set."""
    add_config(parser)


def run(options: argparse.Namespace) -> None:
    """Prints the warnings of a config without mistakes."""
    config = apps_rec.check(options.config, options.set)
    for warning in config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    write(f"{options.config}: no mistakes found")
