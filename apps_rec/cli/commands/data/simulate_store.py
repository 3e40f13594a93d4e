"""`apps-rec simulate store`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import write

HELP = "an app-store log: impressions, clicks, downloads, and their true probabilities"
EXAMPLE = "-o data/appstore --users 20000 --seed 7"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the folder, the size of the store, and the rates to reach."""
    parser.add_argument("-o", "--output", required=True, help="folder to write into")
    parser.add_argument("--users", type=int, default=20000, help="default: 20000")
    parser.add_argument("--seed", type=int, default=7, help="default: 7")
    parser.add_argument("--ctr", type=float, help="click rate to reach, in (0, 1)")
    parser.add_argument("--cvr", type=float, help="share of clicks that download to reach, in (0, 1)")
    parser.add_argument("--correlation", type=float, help="of click and download taste, in [-1, 1]")


def run(options: argparse.Namespace) -> None:
    """Simulates, and prints the rows, clicks and downloads of both files."""
    made = apps_rec.simulate_store(
        options.output, options.users, options.seed, options.ctr, options.cvr, options.correlation
    )
    for name, split in (("train", made.train), ("eval", made.eval)):
        write(
            f"{options.output}/{name}.parquet: {split.rows} impressions, {split.clicks} clicks, {split.downloads} "
            f"downloads; CTR {split.ctr:.4f}, CVR {split.cvr:.3f}"
        )
