"""Folders of versions: lists their numbers, adds a new version, and removes old ones."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps_rec.errors import RunError

LEFTOVER_SECONDS = 24 * 3600
# TensorFlow Serving reads a version as a number of 64 bits and passes over every other name.
LARGEST = 2**63 - 1
log = logging.getLogger("apps_rec")


def version_number(name: str) -> int | None:
    """Returns the version number that a folder's name stands for; None: it is no version."""
    number = int(name) if re.fullmatch("[0-9]{1,19}", name, re.ASCII) else None
    return number if number is not None and number <= LARGEST else None


def versions(folder: Path) -> list[Path]:
    """Returns the folders of the versions, oldest first by number."""
    there = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    numbered = [(number, path) for path in there if (number := version_number(path.name)) is not None]
    return [path for _, path in sorted(numbered)]


def check_place(folder: Path) -> None:
    """Refuses a folder that cannot be made or written, before the work on a version begins.

    Raises:
        RunError: it is no folder, or not to be written by this process.
    """
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.exists(path))
    if not nearest.is_dir():
        reason = errno.ENOTDIR
    elif not os.access(nearest, os.W_OK | os.X_OK):
        reason = errno.EACCES
    else:
        return
    raise RunError(f"cannot export to {folder}: {os.strerror(reason)}; choose another folder")


@contextmanager
def new_version(folder: Path) -> Iterator[Path]:
    """Makes a folder to write a version into. `publish` gives it its name; else it is removed with the block.

    Its first name is unique and no number, so that a server that watches passes over it. Its number is known only when
    it is published, so `replacing` of apps_rec.atomic_file cannot be used.

    Args:
        folder: folder of the versions; it is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = _claimed(folder)
    try:
        yield aside
    finally:
        if aside.exists():
            shutil.rmtree(aside)


def _claimed(folder: Path) -> Path:
    number = _next_number(folder)
    while True:
        aside = folder / f".{number}.partial"
        try:
            aside.mkdir()
        except FileExistsError:
            number += 1
        else:
            return aside


def publish(aside: Path) -> Path:
    """Renames a whole version to a number larger than any that is there, and returns its folder.

    Raises:
        RunError: there is no larger number.
    """
    folder = aside.parent
    while True:
        target = folder / str(_next_number(folder))
        try:
            return aside.rename(target)
        except OSError as error:
            # Another export took the number in the meantime.
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise


def _next_number(folder: Path) -> int:
    """Returns seconds since 1970, or one more than the largest number that is there, be it a folder or a file."""
    there = [number for path in folder.iterdir() if (number := version_number(path.name)) is not None]
    largest = max(there, default=0)
    if largest >= LARGEST:
        raise RunError(
            f"{folder}: version {largest} is there, and no larger number is a version; move it away, or choose another "
            "folder"
        )
    return max(int(time.time()), largest + 1)


def remove_leftovers(folder: Path) -> None:
    """Removes the leftovers of exports that were killed a day ago or earlier. A younger export may be at work."""
    for path in [*folder.glob(".*.partial"), *folder.glob(".*.removed")]:
        try:
            if time.time() - path.stat().st_mtime > LEFTOVER_SECONDS:
                log.info("removing %s, which an earlier export left behind", path)
                shutil.rmtree(path)
        except FileNotFoundError:
            continue  # another export was quicker
        except OSError as error:
            log.warning("warning: %s, which an earlier export left behind, cannot be removed: %s", path, error.strerror)


def remove_old(folder: Path, keep: int) -> None:
    """Removes all versions but the newest `keep`; 0: removes none. Warns about one that cannot be removed."""
    for path in versions(folder)[:-keep] if keep else []:
        # Renamed first: a server never sees a version with half its files.
        gone = path.with_name(f".{path.name}.removed")
        try:
            path.rename(gone)
            shutil.rmtree(gone)
        except FileNotFoundError:
            continue  # another export was quicker
        except OSError as error:
            log.warning(
                "warning: %s, older than the newest %d, cannot be removed: %s; remove it by hand",
                gone if gone.exists() else path,
                keep,
                error.strerror,
            )
        else:
            log.info("removed %s", path)
