"""`apps-rec train`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write

HELP = "train a config's model into its model_dir"
EXAMPLE = "samples/appstore/esmm.config --set train_config.num_steps=500 --set model_dir=out/x"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, and the flags that say what to do with a run that is there already."""
    add_config(parser)
    add_date(parser)
    parser.add_argument(
        "--resume", action="store_true", help="go on with the run in model_dir; start where there is none"
    )
    parser.add_argument("--restart", action="store_true", help="move the run in model_dir aside and start afresh")


def run(options: argparse.Namespace) -> None:
    """Trains, and prints the last step and the best one, with what chose it."""
    result = apps_rec.train(read_config(options), resume=options.resume, restart=options.restart)
    best = ""
    if result.best_step is not None:
        best = f"; best checkpoint: {result.best_metric} {result.best_value:.5f} at step {result.best_step}"
    write(f"{result.model_dir}: step {result.step}{best}")
