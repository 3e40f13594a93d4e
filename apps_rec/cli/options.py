"""Flags that several commands have, and the function by which a command prints."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import apps_rec
from apps_rec.errors import shown
from apps_rec.tools.quiet import quiet_tensorflow

TRUST = "run the export though it holds operations that are in no export of apps-rec, and may read or write files"


class Measured(Protocol):
    """A result of numbers, whose text is a table."""

    def to_json(self) -> dict[str, Any]:
        """Returns the numbers by name."""


class Parser(argparse.ArgumentParser):
    """The standard parser, which shows a mistake in the arguments as one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        self.exit(2, f"{self.prog}: error: {shown(message)}; see {self.prog} --help\n")


class CommandParser(Parser):
    """The parser of one command."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuses what a command does not know itself, so that the message names its own --help."""
        found, rest = super().parse_known_args(args, namespace)
        if rest and self._subparsers is None:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds the config, --set and --plugin."""
    parser.add_argument("config", help="text proto, or JSON where the name ends in .json")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change a field, list items by name: 'feature_config.features[*].embedding_dim=8'",
    )
    add_plugin(parser)


def add_plugin(parser: argparse.ArgumentParser) -> None:
    """Adds --plugin; `execute` loads what it names before the command runs."""
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="MODULE",
        help="take bodies and losses of one's own from a Python module, as my_team.models (docs/python.md)",
    )


def load_plugins(options: argparse.Namespace) -> None:
    """Loads the plugins of a command that may have some."""
    if names := getattr(options, "plugin", None):
        quiet_tensorflow()
        apps_rec.plugins.load(names)


def add_date(parser: argparse.ArgumentParser) -> None:
    """Adds --date, for a command that reads the config by `read_config`."""
    parser.add_argument(
        "--date", metavar="DAY", help="fill {date}, {date-7..date-1} and the like in the config's paths: 2026-11-08"
    )


def read_config(options: argparse.Namespace) -> apps_rec.Config:
    """Reads the config before TensorFlow is loaded, so that its mistakes are shown at once."""
    config = apps_rec.check(options.config, options.set, options.date)
    for remark in config.remarks:
        logging.getLogger("apps_rec").warning("%s", remark)
    return config


def names(text: str) -> list[str]:
    """Splits names at commas."""
    return [name for name in text.split(",") if name]


def write(text: object) -> None:
    """Prints a text with control characters escaped, so that it is safe for a terminal."""
    print(shown(str(text)))


def write_measured(found: Measured, as_json: bool) -> None:
    """Prints what was measured as a table, or as one JSON object on one line."""
    if as_json:
        # numpy, which a mistake in a config need not wait for.
        from apps_rec.evaluation import to_json

        print(to_json(found.to_json()))
    else:
        write(found)
