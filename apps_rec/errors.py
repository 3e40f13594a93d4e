"""Errors that are the user's to mend; the command line prints their text and exits with their code."""


class UserError(ValueError):
    """Something handed in is wrong: the message says where, what was expected, what came and what to do."""

    exit_code = 2


class ConfigError(UserError):
    """One or several mistakes in a config; the text holds one line for each."""


class DataError(UserError):
    """A mistake in a data file, with file, row and column."""


class RunError(UserError):
    """A model folder, checkpoint or export that cannot be used as asked."""


class LostWorkerError(RunError):
    """Another process of the training is gone; it can be started again from the last checkpoint."""

    # EX_TEMPFAIL of sysexits.h: try again.
    exit_code = 75


class CheckFailedError(UserError):
    """A check ran to its end and did not hold."""

    exit_code = 3


class JobFailedError(UserError):
    """Processes of a job died too often; what they said stands above."""

    exit_code = 1


class InterruptedRunError(UserError):
    """A training that a signal ended, after it saved; the exit code is the shell's for that signal."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
