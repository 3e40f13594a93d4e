"""`manifest.json`, which describes the files that `apps-rec convert` writes beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from apps_rec.data import storage
from apps_rec.data.folders import MANIFEST
from apps_rec.data.schema import RowFilter
from apps_rec.errors import DataError
from apps_rec.json_text import read_json

VERSION = 1


@dataclass(frozen=True)
class FileEntry:
    """A written file.

    Args:
        name: name without the folder.
        rows: number of records.
        size: size in bytes. A file of another size is not the one that was written.
    """

    name: str
    rows: int
    size: int


@dataclass(frozen=True)
class Manifest:
    """The description of a conversion.

    Args:
        files: written files in the order of their names, which is that of the rows.
        columns: declared type, kind of list in the records, and list separator, by column name.
        filters: row filters that were applied, see `filters_as_text`.
        sources: files that were read, in order.
        config: path of the config.
        rows_read: number of rows of the sources. Those that are not in `files` were filtered out or bad.
    """

    files: tuple[FileEntry, ...]
    columns: Mapping[str, Mapping[str, str | None]]
    filters: tuple[str, ...]
    sources: tuple[str, ...]
    config: str
    rows_read: int

    def entry(self, path: str) -> FileEntry | None:
        """Returns the entry of a file; None if there is none, or if the file is not the one that was written."""
        name, size = os.path.basename(path), storage.size_and_time(path)[0]
        return next((entry for entry in self.files if entry.name == name and entry.size == size), None)

    def write(self, folder: Path) -> None:
        """Writes the manifest into a folder."""
        text = json.dumps({"version": VERSION, **asdict(self)}, indent=2, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def filters_as_text(filters: Sequence[RowFilter]) -> tuple[str, ...]:
    """Writes row filters as lines that are equal if the filters are."""
    return tuple(_as_text(item) for item in filters)


def _as_text(item: RowFilter) -> str:
    name = f"{item.column.name} ({item.column.dtype})"
    if item.is_range:
        return f"keep {name}: from {item.low!r} to {item.high!r}"
    return f"{'keep' if item.keep else 'drop'} {name}: {sorted(map(repr, item.values))}"


def manifest_beside(path: str) -> Manifest | None:
    """Reads the manifest in the folder of a data file; None if there is none.

    Raises:
        DataError: `apps-rec convert` did not write the file of that name.
    """
    beside = storage.beside(path, MANIFEST)
    if not storage.is_file(beside):
        return None
    try:
        with storage.open_bytes(beside) as file:
            return _from_json(read_json(file.read()))
    except DataError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{beside}: expected what apps-rec convert writes ({error}); move the file away, or convert again"
        ) from None


def _from_json(content: dict[str, Any]) -> Manifest:
    if content["version"] != VERSION:
        raise ValueError(f"version {content['version']}, expected {VERSION}")
    return Manifest(
        tuple(FileEntry(str(item["name"]), int(item["rows"]), int(item["size"])) for item in content["files"]),
        dict(content["columns"]),
        tuple(content["filters"]),
        tuple(content["sources"]),
        str(content["config"]),
        int(content["rows_read"]),
    )
