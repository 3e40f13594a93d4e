"""Files and folders of which nobody ever finds half."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Writes a file aside and renames it.

    Processes that write the same file do not meet: the process is part of the name aside.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    own = path.with_name(f".{path.name}.{os.getpid()}.partial")
    # "x": the file is made here, and no link is followed. The umask decides who may read it.
    with replacing(path, own) as aside, open(aside, "x", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def replacing(path: Path, aside: Path | None = None) -> Iterator[Path]:
    """Yields where to make a file or folder; it gets its name when the block ends without an error.

    Nothing is there when the block begins: what a killed process left, or a link, is removed and not followed. If the
    block fails, what it made is removed.

    Args:
        path: of the file or folder. A file that is there is replaced; a folder that is there must be empty.
        aside: where it is made; default `.<name>.partial` beside it, for one process at a time.

    Raises:
        OSError: it cannot be renamed; what was there before is there still.
    """
    aside = aside or path.with_name(f".{path.name}.partial")
    _remove(aside)
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        # What went wrong first is what the user must hear of.
        with contextlib.suppress(OSError):
            _remove(aside)
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
