"""The files of a folder that are data: those that Spark reads, all of one ending."""

from __future__ import annotations

import os
from collections.abc import Sequence

from apps_rec.errors import DataError

# Endings of compressed files, with what Arrow calls each compression.
COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}
# `apps-rec convert` writes it beside its files.
MANIFEST = "manifest.json"


def is_no_data(name: str) -> bool:
    """Tells whether a file or folder inside of a folder is left out, by its name.

    As in Spark these are names that begin with a dot or `_` (`_SUCCESS`, `_temporary`), unless they are a key and value
    such as `_day=1`.

    Example:
        >>> [name for name in ("_SUCCESS", ".part-0.crc", "_day=1", "part-0.csv") if is_no_data(name)]
        ['_SUCCESS', '.part-0.crc']
    """
    return name.startswith(".") or (name.startswith("_") and "=" not in name) or name == MANIFEST


def ending_of(path: str) -> str:
    """Returns the ending of a file name in lower case, without that of a compression.

    Example:
        >>> ending_of("log/part-0.snappy.parquet"), ending_of("a.CSV.gz"), ending_of("000000_0")
        ('.parquet', '.csv', '')
    """
    name = os.path.basename(path).lower()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    return os.path.splitext(name)[1]


def check_files_of_folder(files: Sequence[str], folder: str, field: str) -> None:
    """Checks what was found below a folder.

    Raises:
        DataError: there are no files, or some of another ending.
    """
    if not files:
        raise DataError(f'{field}: there is no data file below "{folder}"; names that begin with "." or "_" are none')
    first = {ending_of(path): path for path in sorted(files, reverse=True)}
    if len(first) > 1:
        (ending, one), (_, other) = sorted(first.items(), reverse=True)[:2]
        raise DataError(
            f'{field}: below "{folder}" are files of several endings, such as {one} and {other}; expected one format; '
            f'name those to read, such as "{folder.rstrip("/")}/**/*{ending}"'
        )
