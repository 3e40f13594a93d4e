"""Errors that the user can mend; the command line prints their text and exits with their code."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

_HOST = re.compile(r"([^:@]*|\[[0-9A-Fa-f:.]*\])(:[0-9]*)?")
_SECRET = re.compile(
    r"([?&;][\w.-]*(?:key|secret|token|passw|signature|sig|credential)[\w.-]*=)[^&;,)\s\"']+", re.IGNORECASE
)


def shown(text: str) -> str:
    r"""Makes a text fit for messages and logs: without credentials, and without characters that a terminal obeys.

    Characters that do not print become escapes, also those that turn the direction of a line. Ends of lines, tabs,
    blanks of any width and joiners of letters stay.

    Example:
        >>> shown("s3://me:secret@logs/a.csv \x1b[2J")
        's3://***@logs/a.csv \\x1b[2J'
    """
    text = without_credentials(text)
    if text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else char.encode("unicode_escape").decode() for char in text)


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char in "\n\t\u200c\u200d" or unicodedata.category(char) == "Zs"


def without_credentials(text: str) -> str:
    """Replaces by `***` all that may be a user, a password, a key or a token in the URIs of a text.

    A host and its port stay. The user of hdfs:// stays too, since it has no password.
    """
    pieces = text.split("://")
    found = False
    for at in range(1, len(pieces)):
        scheme = re.split(r"[^A-Za-z0-9+.-]", pieces[at - 1][-20:])[-1].lower()
        piece = pieces[at]
        authority = re.split(r"[/\s\"'<>,]", piece, maxsplit=1)[0]
        user, at_sign, host = authority.rpartition("@")
        if not _HOST.fullmatch(host) or ":" in user or found:
            # A password may hold a slash, a comma or a blank: all up to the last @ may belong to it.
            found = True
            _, at_sign, rest = piece.rpartition("@")
            pieces[at] = f"***@{rest}" if at_sign else f"***{piece[len(authority) :]}"
        elif at_sign and scheme != "hdfs":
            pieces[at] = f"***@{piece[len(user) + 1 :]}"
        pieces[at] = _SECRET.sub(r"\1***", pieces[at])
    return "://".join(pieces)


class UserError(ValueError):
    """A mistake in the user's input: the message says where, what was expected, what came and what to do."""

    exit_code = 2

    def __str__(self) -> str:
        return shown(super().__str__())


@dataclass(frozen=True)
class Tally:
    """The fields that a config gives, by what became of them.

    Attributes:
        used: how often a field was read and is obeyed, by the names of message and field.
        notes: one line for each field that has no effect here, and why.
        refused: number of fields of EasyRec that would change the result and are not obeyed.
    """

    used: dict[tuple[str, str], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: int = 0


class ConfigError(UserError):
    """One or several mistakes in a config; the text holds one line for each, `tally` what became of the fields."""

    def __init__(self, text: str, tally: Tally | None = None) -> None:
        super().__init__(text)
        self.tally = tally or Tally()


class DataError(UserError):
    """A mistake in a data file, with file, row and column."""


class NoRowsError(DataError):
    """Files that hold no rows, or none that are left."""


class RunError(UserError):
    """A model folder, checkpoint or export that cannot be used as asked."""


# Flags that are not called like their argument.
_FLAGS = {"part_format": "--format", "eval_data": "--eval", "tasks": "--task", "overrides": "--set"}


class ArgumentError(RunError):
    """A wrong argument of a function, which is a flag of a command too.

    Args:
        text: message, with `{name}` for each argument and each value.
        arguments: names of arguments.
        values: values that are shown, by other names.

    Example:
        >>> error = ArgumentError("{top_k}: expected 1 or more, got {got}", "top_k", got=0)
        >>> str(error), error.of_command()
        ('top_k: expected 1 or more, got 0', '--top-k: expected 1 or more, got 0')
    """

    def __init__(self, text: str, *arguments: str, **values: object) -> None:
        super().__init__(text.format(**values, **{name: name for name in arguments}))
        flags = {name: _FLAGS.get(name, f"--{name.replace('_', '-')}") for name in arguments}
        self._of_command = text.format(**values, **flags)

    def of_command(self) -> str:
        """Returns the message with the flags of the command in place of the arguments."""
        return shown(self._of_command)


class LostWorkerError(RunError):
    """A training that lost another of its processes; it can be started again from the last checkpoint."""

    # EX_TEMPFAIL of sysexits.h: try again.
    exit_code = 75


class CheckFailedError(UserError):
    """A check that ran to its end and failed."""

    exit_code = 3


class PluginError(UserError):
    """A plugin that cannot be taken: a module that is not there, a wrong row, a name that is taken, a wrong shape."""


class JobFailedError(UserError):
    """A job whose processes died too often; their output stands above the message."""

    exit_code = 1


class InterruptedRunError(UserError):
    """A training that a signal ended, after it saved; the exit code is the shell's for that signal."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
