"""`apps-rec check`."""

from __future__ import annotations

import argparse
import sys

import apps_rec
from apps_rec.cli.options import add_config, add_date, write
from apps_rec.config.easyrec.table import used_lines
from apps_rec.config.tuning.parameters import check_values, parameters_of
from apps_rec.errors import ConfigError, Tally, shown

HELP = "report every mistake of a config, and fields of EasyRec that have no effect; reads no data"
EXAMPLE = "samples/appstore/esmm.config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, --set and --date."""
    add_config(parser)
    add_date(parser)


def run(options: argparse.Namespace) -> None:
    """Prints the warnings of a config, the days of its paths, and which fields are used, idle or refused."""
    try:
        config = apps_rec.check(options.config, options.set, options.date)
    except ConfigError as error:
        for line in _lines(options, error.tally):
            print(shown(line), file=sys.stderr)
        raise
    check_values(config, parameters_of(config))
    for warning in config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for line in _lines(options, config.tally):
        write(line)
    for line in config.days:
        write(f"{options.config}: {line}")
    write(f"{options.config}: no mistakes found")


def _lines(options: argparse.Namespace, tally: Tally) -> list[str]:
    """Returns what became of the fields; nothing where all are obeyed and nobody asks."""
    if not (tally.notes or tally.refused or options.verbose):
        return []
    used = [f"{options.config}: {line}" for line in used_lines(tally.used)] if options.verbose else []
    refused = f", {tally.refused} refused" if tally.refused else ""
    return [*used, *tally.notes, f"{options.config}: {len(tally.used)} fields used, {len(tally.notes)} noted{refused}"]
