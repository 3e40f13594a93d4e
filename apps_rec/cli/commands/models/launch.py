"""`apps-rec launch`."""

from __future__ import annotations

import argparse
import logging

from apps_rec.cli.commands.models import train
from apps_rec.cli.options import Parser, load_plugins, read_config
from apps_rec.errors import ConfigError
from apps_rec.tools import launch

HELP = "train in several processes of this machine, to try distribution out"
EXAMPLE = (
    "--workers 2 -- train samples/appstore/esmm.config \\\n"
    "    --set train_config.train_distribute=MultiWorkerMirroredStrategy"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the processes, and the command that each runs."""
    parser.add_argument("--workers", type=int, default=2, help="processes that compute; default: 2")
    parser.add_argument("--ps", type=int, default=0, help="parameter servers; with them a chief is started too")
    parser.add_argument(
        "--max-restarts", type=int, default=10, help="times that what died is started again; default: 10"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- train, and its arguments")


def run(options: argparse.Namespace) -> None:
    """Starts the processes, and waits until the training ends."""
    words = options.command
    if not words or words[0] != "--":
        got = f", got {words[0]}" if words else ""
        raise ConfigError(
            f"launch: expected -- and a train command behind its own options{got}; as in: "
            "apps-rec launch --workers 2 -- train CONFIG --set model_dir=out/two"
        )
    from apps_rec.training.run.paths import check_paths

    words = words[1:]
    if words[:1] != ["train"]:
        raise ConfigError(f"launch: expected a train command after --, got {words[0] if words else 'nothing'}")
    parser = Parser(prog="apps-rec train")
    train.add_arguments(parser)
    inner = parser.parse_args(words[1:])
    load_plugins(inner)
    config = read_config(inner)
    launch.check_launchable(config, options.workers, options.ps)
    check_paths(config.message, inner.resume, inner.restart)
    logging.getLogger("apps_rec").warning(
        "launch: TensorFlow's servers take connections on every interface of this machine, from anybody; "
        "docs/scaling.md says how to wall them off"
    )
    launch.launch(launch.train_command(words), options.workers, options.ps, max_restarts=options.max_restarts)
