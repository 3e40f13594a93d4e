"""The parts that every command shares: it reads the config first, shows the log, and reports a lack of memory.

Imports of TensorFlow and pyarrow stand inside the commands, so that a command that needs neither is quick.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from apps_rec.config import Config
from apps_rec.config.files.uris import local_mistake
from apps_rec.errors import RunError
from apps_rec.tools.commands.configs.check import ConfigLike, check
from apps_rec.tools.log import show_log
from apps_rec.tools.told import told

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def command(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Shows the log of a command, and reports a lack of memory or permissions without a traceback."""

    @functools.wraps(function)
    def run(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        show_log()
        with told(function.__name__):
            return function(*args, **kwargs)

    return run


def checked_config(config: ConfigLike, overrides: Sequence[str]) -> Config:
    """Checks a config, and logs the remarks if it is read here."""
    checked = check(config, overrides)
    if checked is not config:
        for remark in checked.remarks:
            logging.getLogger("apps_rec").warning("%s", remark)
    return checked


def on_other_files(checked: Config, paths: str) -> Config:
    """Returns a config that measures other files, all of their rows. See `apps_rec.data.other_files`."""
    from apps_rec.data.other_files import config_of_other_files

    return replace(checked, message=config_of_other_files(checked.message, paths))


def require_local(path: str | Path, name: str) -> None:
    """Refuses a URI, and an empty text, as a place to write to or to load an export from."""
    if not str(path).strip():
        raise RunError(f"{name}: expected a path, got nothing")
    if mistake := local_mistake(str(path)):
        raise RunError(f"{name}: {mistake}")
