"""`apps-rec tune`."""

from __future__ import annotations

import argparse
import json

import apps_rec
from apps_rec.cli.options import add_config, add_date, read_config, write

HELP = "train a config with other values again and again, and find the best"
EXAMPLE = "samples/appstore/esmm.config --set tune_config.metric=auc_ctcvr --set tune_config.n_trials=30 -o out/tune"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the config, the folder of the study and the number of processes."""
    add_config(parser)
    add_date(parser)
    parser.add_argument("-o", "--output", metavar="DIR", help="folder of the study; default: tune in model_dir")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes at work; default: 1")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(options: argparse.Namespace) -> None:
    """Runs the study to its end, and prints its trials and where the best config is."""
    result = apps_rec.tune(read_config(options), output=options.output, workers=options.workers)
    if options.json:
        print(json.dumps(result.to_json()))
        return
    write(result)
    write(f"{result.output}: best.config, summary.json, plots.html")
