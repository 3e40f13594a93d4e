"""`apps-rec simulate config`."""

from __future__ import annotations

import argparse
import shlex

import apps_rec
from apps_rec.cli.options import add_config, write

HELP = "rows that fit a config, with a signal that its model can learn"
EXAMPLE = "my.config -o out/rows --rows 20000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the folder, the number of rows and the seed."""
    add_config(parser)
    parser.add_argument("-o", "--output", required=True, help="folder to write into")
    parser.add_argument(
        "--rows", type=int, default=20000, help="rows to train on, and a quarter as many to evaluate; default: 20000"
    )
    parser.add_argument("--seed", type=int, default=7, help="default: 7")


def run(options: argparse.Namespace) -> None:
    """Simulates, and prints what is true of the labels and the command that trains on the rows."""
    made = apps_rec.simulate_config(options.config, options.output, options.rows, options.seed, options.set)
    write(f"{made.train}: {made.rows} rows; {made.eval}: {made.eval_rows} rows; signal in {', '.join(made.signal)}")
    for label, facts in made.truth.items():
        for name, value in facts.items():
            write(f"{label}: {_WORDS[name]} {value:.4f}")
    flags = "".join(f" \\\n  --set {shlex.quote(change)}" for change in (*options.set, *made.overrides))
    write(f"apps-rec train {shlex.quote(options.config)}{flags}")


_WORDS = {
    "auc": "AUC of the planted signal",
    "deviation": "standard deviation",
    "largest_class": "share of the most frequent class",
}
