"""`apps-rec calibrate`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write_measured

HELP = "find the correction of each tower's logit that makes its probabilities right"
EXAMPLE = "samples/appstore/esmm.config --input data/appstore/eval.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the rows, and the form of the answer."""
    add_config(parser)
    add_date(parser)
    parser.add_argument("--input", metavar="FILES", help="files in place of eval_input_path, all of their rows")
    parser.add_argument(
        "--method",
        default="platt",
        metavar="NAME",
        help="platt: a scale and a shift (the default); isotonic: a rising line of up to 100 points, for many rows",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run(options: argparse.Namespace) -> None:
    """Fits, and prints a table or JSON."""
    found = apps_rec.calibrate(read_config(options), input=options.input, method=options.method)
    write_measured(found, options.json)
