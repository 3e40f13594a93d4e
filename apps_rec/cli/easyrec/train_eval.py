"""`python -m apps_rec.train_eval`: trains a config, and measures it where it has files for that."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import apps_rec
from apps_rec.cli.easyrec import flags
from apps_rec.cli.easyrec.edits import json_edits
from apps_rec.cli.main import execute
from apps_rec.cli.options import write


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads EasyRec's flags, trains, evaluates, and returns the exit code."""
    parser = flags.command("train_eval", "Train the model of a config, and evaluate it.")
    flags.add_config(parser)
    parser.add_argument("--continue_train", action="store_true", help="go on with the run in model_dir")
    for name in ("train_input_path", "eval_input_path"):
        parser.add_argument(f"--{name}", nargs="*", metavar="PATH", help=f"in place of the config's {name}")
    parser.add_argument("--fine_tune_checkpoint", metavar="PATH", help="run whose weights are the beginning")
    parser.add_argument("--edit_config_json", metavar="JSON", help='such as {"train_config.num_steps": 500}')
    parser.add_argument("--selected_cols", help=argparse.SUPPRESS)
    parser.add_argument("--gpu", metavar="ID", help="the GPU that is seen, as in CUDA_VISIBLE_DEVICES")
    options = flags.parse(parser, arguments, has_edits=True)
    if options.selected_cols is not None:
        parser.error("--selected_cols: refused: columns are found by their names, in data_config.input_fields")
    return execute(argparse.Namespace(run=_run, **vars(options)))


def _run(options: argparse.Namespace) -> None:
    if options.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = options.gpu
    if options.edit_config_json:
        options.edits = [*json_edits(options.edit_config_json), *options.edits]
    changes = {
        "train_input_path": options.train_input_path,
        "eval_input_path": options.eval_input_path,
        "train_config.fine_tune_checkpoint": options.fine_tune_checkpoint,
    }
    config = flags.config_of(options, of_run=False, changes=changes)
    result = apps_rec.train(config, resume=options.continue_train)
    best = "" if result.best_step is None else f"; best at step {result.best_step}: {result.best_value:.5f}"
    write(f"{result.model_dir}: step {result.step}{best}")
    # In a cluster each process comes here, and one of them may see no files.
    if config.message.eval_input_path and not os.environ.get("TF_CONFIG"):
        write(apps_rec.evaluate(config))
