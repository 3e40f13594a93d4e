"""`manifest.json` beside the files that `apps-rec convert` writes: what they hold, without a look into them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from apps_rec.data import storage
from apps_rec.data.schema import RowFilter
from apps_rec.errors import DataError
from apps_rec.json_text import read_json

NAME = "manifest.json"
VERSION = 1


@dataclass(frozen=True)
class FileEntry:
    """One written file.

    Args:
        name: without its folder.
        rows: records in it.
        size: in bytes; a file of another size is not the one that was written.
    """

    name: str
    rows: int
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a conversion did.

    Args:
        files: in the order of their names, which is that of the rows.
        columns: name -> declared type, kind of list in the records, and what joins the values of a list column.
        filters: row filters that were applied, see `filters_as_text`.
        sources: files that were read, in order.
        config: path of the config.
        rows_read: rows of the sources; those beyond the rows of `files` were filtered out or bad.
    """

    files: tuple[FileEntry, ...]
    columns: Mapping[str, Mapping[str, str | None]]
    filters: tuple[str, ...]
    sources: tuple[str, ...]
    config: str
    rows_read: int

    def entry(self, path: str) -> FileEntry | None:
        """The entry of a file; None where there is none, or where the file is not the one that was written."""
        name, size = os.path.basename(path), storage.size_and_time(path)[0]
        return next((entry for entry in self.files if entry.name == name and entry.size == size), None)

    def write(self, folder: Path) -> None:
        """Writes it into a folder."""
        text = json.dumps({"version": VERSION, **asdict(self)}, indent=2, ensure_ascii=False)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")


def filters_as_text(filters: Sequence[RowFilter]) -> tuple[str, ...]:
    """Row filters as lines that are equal where the filters are."""
    return tuple(_as_text(item) for item in filters)


def _as_text(item: RowFilter) -> str:
    name = f"{item.column.name} ({item.column.dtype})"
    if item.is_range:
        return f"keep {name}: from {item.low!r} to {item.high!r}"
    return f"{'keep' if item.keep else 'drop'} {name}: {sorted(map(repr, item.values))}"


def manifest_beside(path: str) -> Manifest | None:
    """The manifest in the folder of a data file, None where there is none.

    Raises:
        DataError: a file of that name that `apps-rec convert` did not write.
    """
    beside = storage.beside(path, NAME)
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
