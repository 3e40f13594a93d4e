"""`python -m apps_rec.eval`: measures a trained model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import apps_rec
from apps_rec.atomic_file import replace_text
from apps_rec.cli.easyrec import flags
from apps_rec.cli.main import execute
from apps_rec.cli.options import write
from apps_rec.errors import RunError


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads EasyRec's flags, evaluates, and returns the exit code."""
    parser = flags.command("eval", "Evaluate a trained model.")
    flags.add_config(parser)
    parser.add_argument("--eval_input_path", action="append", metavar="PATH", help="in place of the config's")
    parser.add_argument(
        "--eval_result_path",
        default="eval_result.txt",
        metavar="NAME",
        help="file in model_dir for the metrics, as JSON",
    )
    return execute(argparse.Namespace(run=_run, **vars(flags.parse(parser, arguments))))


def _run(options: argparse.Namespace) -> None:
    config = flags.config_of(options, of_run=True, changes={"eval_input_path": options.eval_input_path})
    metrics = apps_rec.evaluate(config)
    write(metrics)
    path = Path(config.message.model_dir) / options.eval_result_path
    try:
        replace_text(path, json.dumps(metrics.to_json(), indent=2) + "\n")
    except OSError as error:
        raise RunError(f"--eval_result_path: {path} cannot be written: {error.strerror}") from error
    write(f"metrics in {path}")
