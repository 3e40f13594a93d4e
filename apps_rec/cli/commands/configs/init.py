"""`apps-rec init`."""

from __future__ import annotations

import argparse
import sys

import apps_rec
from apps_rec.cli.options import write
from apps_rec.profile.choices.show import shown_decision

HELP = "write a config for a table of your own: features, model, split and training, chosen by what its columns hold"
EXAMPLE = "my_log.parquet --label click --label download -o my.config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the files, the labels, the config to write, and what overrules the choices."""
    parser.add_argument("data", nargs="+", help="CSV or Parquet: path, glob, folder, or several")
    parser.add_argument(
        "--label",
        action="append",
        required=True,
        metavar="COLUMN",
        help="column to learn, of 0 and 1, or of yes and no; once for each",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="config to write")
    parser.add_argument("--eval", metavar="FILES", help="files to measure on; default: a part of the rows")
    parser.add_argument("--user", metavar="COLUMN", help="column of the users; default: found by its name")
    parser.add_argument("--item", metavar="COLUMN", help="column of the items; default: found by its name")
    parser.add_argument("--time", metavar="COLUMN", help="column that says when a row was logged; default: found")
    parser.add_argument("--exclude", action="append", default=[], metavar="COLUMN", help="leave a column out")
    parser.add_argument(
        "--keep", action="append", default=[], metavar="COLUMN", help="use a column that looks like a key or an outcome"
    )
    parser.add_argument("--eval-share", type=float, default=0.1, help="share of the rows that measure; default: 0.1")
    parser.add_argument("--separator", help="of CSV files; default: found")
    parser.add_argument("--easyrec", action="store_true", help="write fields alone that EasyRec knows")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")


def run(options: argparse.Namespace) -> None:
    """Writes the config, and prints what was found, chosen and left out."""
    data = options.data[0] if len(options.data) == 1 else ",".join(path.replace(",", "\\,") for path in options.data)
    made = apps_rec.init(
        data,
        options.label,
        options.output,
        eval_data=options.eval,
        user=options.user,
        item=options.item,
        time=options.time,
        exclude=options.exclude,
        keep=options.keep,
        eval_share=options.eval_share,
        separator=options.separator,
        easyrec=options.easyrec,
        overwrite=options.overwrite,
    )
    for warning in made.config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    write(shown_decision(made.decision))
    for path, what in zip(made.written, ("the rows to train on", "the rows to measure on"), strict=False):
        write(f"{path}: written, {what}")
    write(f"{made.output}: written. Next: apps-rec check-data {made.output}, then apps-rec train {made.output}")
