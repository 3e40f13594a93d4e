"""`apps-rec`: one command is read, run and turned into an exit code."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import apps_rec
from apps_rec.cli.commands import COMMANDS, GROUPS
from apps_rec.cli.options import CommandParser, Parser, load_plugins
from apps_rec.errors import ArgumentError, ConfigError, UserError
from apps_rec.terminal.progress_bar import bars_on_terminal
from apps_rec.tools.log import ToStderr

_VERBOSE = "show more: the time of each line, TensorFlow's own lines, where in the code an error arose, fields in use"
OK, DEFECT, INTERRUPTED, TERMINATED = 0, 1, 130, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code, see `execute`."""
    return execute(build_parser().parse_args(arguments))


def execute(options: argparse.Namespace) -> int:
    """Runs the command of parsed flags, `options.run`, and returns its exit code.

    0: done; 1: a defect of ours, with a traceback; 2: the user's input is wrong; 3: a check ran and failed;
    130, 143: ended by SIGINT, SIGTERM.
    """
    is_verbose = vars(options).get("verbose", False)
    _set_up_log(is_verbose)
    try:
        with _raised_by_sigterm(), bars_on_terminal():
            load_plugins(options)
            options.run(options)
    except UserError as error:
        if is_verbose and not isinstance(error, ConfigError):
            traceback.print_exc()
        print(error.of_command() if isinstance(error, ArgumentError) else error, file=sys.stderr)
        return error.exit_code
    except TerminatedError:
        print("terminated", file=sys.stderr)
        return TERMINATED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return OK


def _set_up_log(is_verbose: bool) -> None:
    logger, handler = logging.getLogger("apps_rec"), ToStderr()
    if is_verbose:
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    logger.handlers[:] = [handler]
    # TensorFlow's own lines are shown at this level too.
    logger.setLevel(logging.DEBUG if is_verbose else logging.INFO)
    # TensorFlow gives the root logger a handler of its own.
    logger.propagate = False


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came. It ends a command as SIGINT does, so that nothing half-written stays behind."""


@contextmanager
def _raised_by_sigterm() -> Iterator[None]:
    def terminate(number: int, frame: FrameType | None) -> None:
        raise TerminatedError

    if threading.current_thread() is not threading.main_thread():  # only the main thread may
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def build_parser() -> Parser:
    """Makes the parser of all commands."""
    parser = Parser(
        prog="apps-rec",
        description="Multi-task ranking for app stores: train, evaluate, export and score from a config.",
    )
    parser.add_argument("--version", action="version", version=f"apps-rec {apps_rec.__version__}")
    top = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=CommandParser)
    groups: dict[str, argparse._SubParsersAction] = {}
    for full_name, command in COMMANDS.items():
        group, _, name = full_name.rpartition(" ")
        if group and group not in groups:
            groups[group] = top.add_parser(group, help=GROUPS[group]).add_subparsers(
                title=f"what to {group}", required=True, metavar="WHAT"
            )
        one = (groups[group] if group else top).add_parser(
            name,
            help=command.HELP,
            description=command.HELP[0].upper() + command.HELP[1:] + ".",
            epilog=f"example:\n  apps-rec {full_name} {command.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(one)
        one.add_argument("--verbose", action="store_true", help=_VERBOSE)
        one.set_defaults(run=command.run)
    return parser
