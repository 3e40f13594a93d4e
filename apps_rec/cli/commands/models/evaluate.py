"""`apps-rec evaluate`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, names, read_config, write_measured

HELP = "measure the trained model on eval_input_path, or on other files"
EXAMPLE = "samples/appstore/esmm.config --set model_dir=out/x --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the columns of slices, the intervals, and the form of the answer."""
    add_config(parser)
    add_date(parser)
    parser.add_argument(
        "--input",
        metavar="FILES",
        help="measure all rows of other files (path, glob, or several with commas; the ending says the format) in "
        "place of eval_input_path; the filters that part the config's own rows do not apply",
    )
    parser.add_argument(
        "--by",
        "--slice",
        type=names,
        metavar="COLUMNS",
        help="columns of input_fields, with commas: the metrics within each value of each, too",
    )
    parser.add_argument(
        "--calibration",
        action="store_true",
        help="predicted over observed by prediction, from the lowest tenth of rows to the highest",
    )
    parser.add_argument(
        "--intervals", action="store_true", help="95 %% intervals of all metrics, by a bootstrap over users"
    )
    parser.add_argument("--resamples", type=int, metavar="N", help="with --intervals; default: 200")
    parser.add_argument("--seed", type=int, metavar="N", help="with --intervals; default: 0")
    parser.add_argument(
        "--users",
        metavar="COLUMN",
        help="with --intervals: the column of users, whose rows are drawn together; default: that of gauc or "
        "session_auc, or where the config has neither, each row is drawn alone",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")


def run(options: argparse.Namespace) -> None:
    """Evaluates, and prints a table or JSON."""
    metrics = apps_rec.evaluate(
        read_config(options),
        by=options.by,
        calibration=options.calibration,
        intervals=options.intervals,
        resamples=options.resamples,
        seed=options.seed,
        users=options.users,
        input=options.input,
    )
    write_measured(metrics, options.json)
