"""Paths for TensorFlow's readers of checkpoints, which take `*`, `?`, `[` and a backslash for wildcards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps_rec.config.files.uris import WILDCARDS
from apps_rec.errors import RunError


@contextmanager
def literal_folder(folder: Path) -> Iterator[str]:
    """Yields the path of a folder. If it would be taken for a glob, yields that of a link, kept during the block.

    Raises:
        RunError: there is no place for a link.
    """
    if not _is_glob(str(folder)):
        yield str(folder)
        return
    with _links() as links:
        link = os.path.join(links, "folder")
        os.symlink(folder.resolve(), link, target_is_directory=True)
        yield link


@contextmanager
def literal_prefix(prefix: Path) -> Iterator[str]:
    """Yields the prefix of a checkpoint's files, or of links to them during the block; see `literal_folder`."""
    if not _is_glob(str(prefix)):
        yield str(prefix)
        return
    with _links() as links:
        for path in prefix.parent.iterdir():
            if path.name.startswith(f"{prefix.name}."):
                os.symlink(path.resolve(), os.path.join(links, path.name.replace(prefix.name, "checkpoint", 1)))
        yield os.path.join(links, "checkpoint")


def _is_glob(path: str) -> bool:
    return any(char in path for char in WILDCARDS)


@contextmanager
def _links() -> Iterator[str]:
    """Yields a new folder whose path is no glob, and removes it afterwards."""
    places = [place for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm") if not _is_glob(place)]
    place = next((place for place in places if os.access(place, os.W_OK | os.X_OK)), None)
    if place is None:
        raise RunError(f"expected a folder for temporary files whose path holds none of {WILDCARDS}; set TMPDIR to one")
    with tempfile.TemporaryDirectory(prefix="apps_rec_", dir=place) as folder:
        yield folder
