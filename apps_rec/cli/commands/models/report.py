"""`apps-rec report`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_plugin, names, write

HELP = "write all that is known of a run, or of several, as one page: metrics, curves, gates, importance"
EXAMPLE = "out/appstore/esmm -o report.html\n  apps-rec report out/appstore/esmm out/appstore/fm -o both.html --by hour"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the runs, the files to write, the rows, and the draws."""
    parser.add_argument("model_dir", help="the folder of a run")
    parser.add_argument("others", nargs="*", metavar="OTHER", help="runs to show beside it")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the HTML file to write")
    parser.add_argument("--json", metavar="FILE", help="write the same as JSON")
    parser.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="change a field of the config of each run"
    )
    add_plugin(parser)
    parser.add_argument(
        "--by",
        "--slice",
        type=names,
        default=[],
        metavar="COLUMNS",
        help="columns of input_fields, with commas, such as the day: metrics and gates within each of their values",
    )
    parser.add_argument(
        "--sample", type=int, default=20_000, metavar="N", help="rows to look at gates and features on; default: 20000"
    )
    parser.add_argument("--check-data", action="store_true", help="read all rows, and add what check-data finds")
    parser.add_argument(
        "--gradients",
        type=int,
        default=0,
        metavar="N",
        help="print, and add, how the tasks' losses pull at the layers that they share, on N batches of the training",
    )
    parser.add_argument(
        "--users", metavar="COLUMN", help="the column of users, whose rows are drawn together; default: that of gauc"
    )
    parser.add_argument("--resamples", type=int, metavar="N", help="default: 200")
    parser.add_argument("--seed", type=int, metavar="N", help="of all draws; default: 0")


def run(options: argparse.Namespace) -> None:
    """Writes the page, and prints where it is, each alarm, and gradients where they are asked for."""
    runs = apps_rec.report(
        [options.model_dir, *options.others],
        options.output,
        options.set,
        by=options.by,
        sample=options.sample,
        users=options.users,
        resamples=options.resamples,
        seed=options.seed,
        check_data=options.check_data,
        gradients=options.gradients,
        json_output=options.json,
    )
    for one in runs:
        for alarm in one.inspection.alarms:
            write(f"alarm: {one.name}: {alarm}")
        if one.gradients is not None:
            write(f"{one.name}: {one.gradients}")
    for path in filter(None, (options.output, options.json)):
        write(f"{path}: written")
