"""Finds files of this machine by path or glob, without the risk that a file system holds the program up for ever."""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
from collections.abc import Callable, Hashable, Iterator
from fnmatch import fnmatchcase
from queue import Empty, SimpleQueue
from typing import TypeVar

from apps_rec.data.delta import live_files
from apps_rec.data.folders import check_files_of_folder, is_no_data
from apps_rec.errors import DataError

_LOG = logging.getLogger("apps_rec.data")

# A disk answers in milliseconds, a folder of a million files on a slow mount in a minute.
_SAID_SECONDS = 10.0
_FIELD = "data_config.input_timeout_seconds"

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

Answer = TypeVar("Answer")


def answer_of(question: Callable[[], Answer], what: str, timeout_seconds: float) -> Answer:
    """Returns the answer of a file system.

    A call to a mount that hangs never returns, and no signal interrupts it. The call is therefore made in a thread.

    Args:
        question: function that asks the file system.
        what: name of the file or folder in a message.
        timeout_seconds: seconds to wait for the answer; 0: for ever.

    Raises:
        DataError: there is no answer in time.
    """
    answers = SimpleQueue[tuple[Answer | None, BaseException | None]]()

    def ask() -> None:
        try:
            answers.put((question(), None))
        except BaseException as error:  # raised again where it is waited for
            answers.put((None, error))

    threading.Thread(target=ask, daemon=True, name="apps_rec-look-at-files").start()
    try:
        try:
            answer, error = answers.get(timeout=min(_SAID_SECONDS, timeout_seconds or _SAID_SECONDS))
        except Empty:
            limit = f", for {timeout_seconds:g} s at most, {_FIELD}" if timeout_seconds else ""
            _LOG.warning("%s: waiting for its file system to answer%s", what, limit)
            left = max(0.0, timeout_seconds - _SAID_SECONDS) if timeout_seconds else None
            answer, error = answers.get(timeout=left)
    except Empty:
        raise DataError(
            f"{what}: its file system gave no answer for {timeout_seconds:g} s, {_FIELD}; does the mount hang?"
        ) from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]


def local_files(pattern: str, field: str, timeout_seconds: float) -> list[tuple[str, Hashable]]:
    """Returns the files of a path or a glob, each with a key that is equal for all names of one file.

    There are none if nothing matches. A folder stands for the data files below it. `*`, `?` and `[...]` stay within one
    name. `**` as a whole name stands for any number of folders. Each folder is entered once, however many links lead to
    it.

    Args:
        pattern: path or glob without a scheme.
        field: name of the pattern in a message.
        timeout_seconds: seconds to wait for an answer; 0: for ever.

    Raises:
        DataError: there is no answer in time; a folder holds no data, or several formats; the path is no regular file;
            a file cannot be opened; a name is no text.
    """
    return answer_of(lambda: _look(pattern, field), f'{field}: "{shown_path(pattern)}"', timeout_seconds)


def _look(pattern: str, field: str) -> list[tuple[str, Hashable]]:
    # A name that exists is that file, even where it holds characters of a glob.
    found = [pattern] if os.path.lexists(pattern) else list(_matching(pattern))
    below = {
        path: list(_data_below(path if path.endswith("/") else f"{path}/", field, set()))
        for path in found
        if os.path.isdir(path)
    }
    files = live_files(list(dict.fromkeys(file for path in found for file in below.get(path, [path]))), field)
    live = set(files)
    for path, inside in below.items():
        check_files_of_folder([file for file in inside if file in live], shown_path(path), field)
    return [(path, _identity(path, field)) for path in files]


def _data_below(folder: str, field: str, seen: set[tuple[int, int] | None]) -> Iterator[str]:
    """Yields the data files below a folder, whose path ends with a slash. Each folder is entered once."""
    place = _place(folder)
    if place in seen:
        return
    seen.add(place)
    try:
        names = _sorted_names(folder)
    except OSError as error:
        raise DataError(f'{field}: "{shown_path(folder)}" cannot be looked into: {error.strerror}') from None
    for name in names:
        if is_no_data(name):
            continue
        if os.path.isdir(folder + name):
            yield from _data_below(f"{folder}{name}/", field, seen)
        else:
            yield folder + name


def _identity(path: str, field: str) -> Hashable:
    where = f'{field}: "{shown_path(path)}"'
    if shown_path(path) != path:
        raise DataError(f"{where}: the name is no UTF-8 text, which other programs need; rename the file")
    try:
        status = os.stat(path)
    except OSError as error:
        if os.path.islink(path):
            raise DataError(
                f'{where} is a link to "{os.readlink(path)}", and there is no such file ({error.strerror})'
            ) from None
        raise DataError(f"{where} cannot be looked at: {error.strerror}") from None
    kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), None)
    if kind is not None:
        raise DataError(f"{where} is {kind}; expected a file, which can be read more than once: write the rows to one")
    try:
        with open(path, "rb", buffering=0) as file:
            file.read(1)
    except PermissionError:
        raise DataError(f"{where} may not be read; change its permissions") from None
    except OSError as error:
        raise DataError(f"{where} cannot be read: {error.strerror}") from None
    return status.st_dev, status.st_ino


def _matching(pattern: str) -> Iterator[str]:
    """Yields the paths of a glob. Names that begin with a dot are found only if the pattern has the dot."""
    first = re.search(r"[*?\[]", pattern)
    if first is None:
        return
    folder = pattern[: pattern.rfind("/", 0, first.start()) + 1]
    names = [name for name in pattern[len(folder) :].split("/") if name]
    yield from dict.fromkeys(_below(folder, names, set()))


def _below(folder: str, names: list[str], seen: set[tuple[int, int]]) -> Iterator[str]:
    """Yields the paths below a folder that fit the names.

    Args:
        folder: folder to look into, "" or with a slash at its end.
        names: patterns of the names of folders and, last, of the file.
        seen: folders that a `**` has entered already.
    """
    name, rest = names[0], names[1:]
    if name == "**":
        place = _place(folder or ".")
        if place is None or place in seen:
            return
        seen.add(place)
        # Any number of folders may be none. ** at the end stands for everything below.
        yield from _below(folder, rest or ["*"], set())
        for entry in _entries(folder):
            if not entry.startswith(".") and os.path.isdir(folder + entry):
                yield from _below(f"{folder}{entry}/", names, seen)
        return
    if not re.search(r"[*?\[]", name):
        matching = [name] if os.path.lexists(folder + name) else []
    else:
        matching = [
            entry
            for entry in _entries(folder)
            if (name.startswith(".") or not entry.startswith(".")) and fnmatchcase(entry, name)
        ]
    for entry in matching:
        if not rest:
            yield folder + entry
        elif os.path.isdir(folder + entry):
            yield from _below(f"{folder}{entry}/", rest, seen)


def _entries(folder: str) -> list[str]:
    try:
        return _sorted_names(folder)
    except OSError:
        return []


def _sorted_names(folder: str) -> list[str]:
    # Folders come before links to them, so that a file is found by its own path.
    return sorted(os.listdir(folder or "."), key=lambda name: (os.path.islink(folder + name), name))


def _place(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def shown_path(path: str) -> str:
    """Returns a path for a message, with bytes that are no text escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
