"""Shows the package's log if the program that uses it has not set up logging: a notebook's cell, a script."""

from __future__ import annotations

import logging
import sys
from typing import TextIO


class ToStderr(logging.StreamHandler):
    """Writes to the current sys.stderr, as a notebook puts another in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter("%(message)s"))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Returns what stderr is now."""
        return sys.stderr


def show_log() -> None:
    """Shows progress and warnings on stderr, as the command does, unless logging is set up already.

    It counts as set up if the logger "apps_rec" or the root logger has a handler. The handler that TensorFlow's import
    gives the root logger does not count. A level that was set on "apps_rec" stays.
    """
    logger = logging.getLogger("apps_rec")
    others = [item for item in logging.getLogger().handlers if not type(item).__module__.startswith("absl")]
    if logger.handlers or others:
        return
    logger.addHandler(ToStderr())
    logger.propagate = False
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
