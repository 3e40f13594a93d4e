"""Delta Lake tables: of the Parquet files in their folder only those that their log, `_delta_log`, names hold rows."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps_rec.data.hive_paths import partition_values
from apps_rec.errors import DataError

if TYPE_CHECKING:
    from deltalake import DeltaTable

_LOG = logging.getLogger("apps_rec.data")

DELTA_LOG = "_delta_log"
_WHY = "whose folder holds deleted rows too"


def live_files(files: Sequence[str], field: str) -> list[str]:
    """Returns the files without those that are in the folder of a Delta table, but hold no rows of it any more.

    Args:
        files: paths of this machine.
        field: name of the paths in a message.

    Raises:
        DataError: there is a table, and the package deltalake is not installed; or a table's rows are not simply those
            of its files.
    """
    folders: dict[str, str | None] = {}
    tables: dict[str, set[str]] = {}
    live = []
    for path in files:
        root = _table_of(os.path.dirname(path), folders)
        if root is None:
            live.append(path)
            continue
        if root not in tables:
            tables[root] = _files_of(root, field)
        if os.path.realpath(path) in tables[root]:
            live.append(path)
    return live


def table_folder(path: str) -> str:
    """Returns the folder that holds the log, if a file is one of a table: the one above folders that are columns.

    Example:
        >>> table_folder("s3://logs/clicks/dt=2026-11-01/part-0.parquet")
        's3://logs/clicks'
    """
    folder = path.rpartition("/")[0]
    while "=" in folder.rpartition("/")[2]:
        folder = folder.rpartition("/")[0]
    return folder


def is_in_store(root: str, field: str) -> str:
    """Returns the message about a table that is in a store."""
    return f'{field}: "{root}" is a Delta table, {_WHY}; it is read from a local or mounted folder alone'


def _table_of(folder: str, known: dict[str, str | None]) -> str | None:
    """Returns the folder of the table that a folder lies in; None: it lies in none. Remembers it."""
    if folder not in known:
        above = os.path.dirname(folder)
        if os.path.isdir(os.path.join(folder, DELTA_LOG)):
            known[folder] = folder
        else:
            known[folder] = _table_of(above, known) if above != folder else None
    return known[folder]


def _files_of(root: str, field: str) -> set[str]:
    where = f'{field}: "{root or "."}"'
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ImportError:
        raise DataError(
            f"{where} is a Delta table, {_WHY}: reading it needs the package deltalake, which "
            '`pip install "apps_rec[delta]"` brings'
        ) from None
    try:
        table = DeltaTable(root or ".")
        _check_plain(table, where)
        files = {os.path.realpath(path) for path in table.file_uris()}
    except (DeltaError, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]  # a trace of the library follows
        raise DataError(f"{where}: the Delta table cannot be read: {reason}") from error
    keys, real = table.metadata().partition_columns, os.path.realpath(root or ".")
    for path in sorted(files):
        if not path.startswith(f"{real}/") or any(key not in partition_values(path) for key in keys):
            raise DataError(f"{where}: the Delta table has its file {path} in another place than its rows' folder")
        if not os.path.exists(path):
            raise DataError(f"{where}: the log of the Delta table names {path}, and there is no such file")
    _LOG.info("%s: a Delta table of version %d, %d files", where, table.version(), len(files))
    return files


def _check_plain(table: DeltaTable, where: str) -> None:
    """Raises DataError if the rows of a table are not simply those of its files."""
    mode = table.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mode != "none":
        raise DataError(
            f"{where}: the columns of the Delta table have other names in its files, which are not read "
            f"(delta.columnMapping.mode: {mode}); write the table anew without"
        )
    has_vectors = "deletionVectors" in (table.protocol().reader_features or ())
    if has_vectors and any(batch.num_rows for batch in table.deletion_vectors()):
        raise DataError(
            f"{where}: some rows of the Delta table's files are deleted by deletion vectors, which are not read; "
            "REORG TABLE ... APPLY (PURGE) writes these files anew"
        )
