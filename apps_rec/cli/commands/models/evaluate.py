"""`apps-rec evaluate`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write

HELP = "measure the trained model on eval_input_path"
EXAMPLE = "samples/appstore/esmm.config --set model_dir=out/x --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the column of slices, and the form of the answer."""
    add_config(parser)
    add_date(parser)
    parser.add_argument(
        "--by", metavar="COLUMN", help="a column of input_fields: the metrics within each of its values, too"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run(options: argparse.Namespace) -> None:
    """Evaluates, and prints a table or JSON."""
    metrics = apps_rec.evaluate(read_config(options), by=options.by)
    if options.json:
        from apps_rec.evaluation import to_json

        print(to_json(metrics.to_json()))
    else:
        write(metrics)
