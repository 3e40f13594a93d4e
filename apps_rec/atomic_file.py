"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Writes a file under another name and renames it.

    Processes may write the same file at once: the other name holds the number of the process.

    Raises:
        OSError: it cannot be written; the file that was there before stays.
    """
    own = path.with_name(f".{path.name}.{os.getpid()}.partial")
    # "x": the file is made here, and no link is followed. The umask decides who may read it.
    with replacing(path, own) as aside, open(aside, "x", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def replacing(path: Path, aside: Path | None = None) -> Iterator[Path]:
    """Yields a path at which to make a file or folder; it is renamed to `path` when the block ends without an error.

    Nothing is there when the block begins: the leftovers of a killed process, or a link, are removed. If the block
    fails, its file or folder is removed.

    Args:
        path: the file or folder. A file that is there is replaced; a folder that is there must be empty.
        aside: path at which it is made; None: `.<name>.partial` beside it, for one process at a time.

    Raises:
        OSError: it cannot be renamed; the file or folder that was there before stays.
    """
    aside = aside or path.with_name(f".{path.name}.partial")
    _remove(aside)
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        # The user must hear of the first error.
        with contextlib.suppress(OSError):
            _remove(aside)
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
