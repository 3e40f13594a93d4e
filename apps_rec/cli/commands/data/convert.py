"""`apps-rec convert`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write

HELP = "write the rows that training reads as TFRecord files, for parameter servers"
EXAMPLE = "samples/appstore/esmm.config -o data/appstore/train_tfrecord --shards 8"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the files, the output folder, and the number of rows of a file."""
    add_config(parser)
    add_date(parser)
    parser.add_argument(
        "input",
        nargs="?",
        help="CSV, Parquet or TFRecord: path, glob, or several with commas; default: train_input_path",
    )
    parser.add_argument("-o", "--output", required=True, help="folder to make")
    parser.add_argument("--eval", action="store_true", help="the rows that evaluation reads; default: eval_input_path")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--shards", type=int, help="number of files; CSV, filters and skipped rows take a second pass")
    size.add_argument("--rows-per-file", type=int, help="default: 1000000")


def run(options: argparse.Namespace) -> None:
    """Converts, and prints the number of rows written and the speed."""
    made = apps_rec.convert(
        read_config(options),
        options.output,
        options.input,
        evaluation=options.eval,
        shards=options.shards,
        rows_per_file=options.rows_per_file,
    )
    write(
        f"{made.folder}: {made.rows} rows in {made.files} files ({made.summary}), "
        f"{made.rows / max(made.seconds, 1e-3):.0f} rows/s"
    )
