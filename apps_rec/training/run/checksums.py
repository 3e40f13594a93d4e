"""Writes and checks the checksums of a checkpoint's files. They are written last; without them it is not whole."""

from __future__ import annotations

import glob
import hashlib
import json
from pathlib import Path

from apps_rec.atomic_file import replace_text
from apps_rec.json_text import read_json


def manifest_of(prefix: Path) -> Path:
    """Returns the path of the checksums of a checkpoint: `<prefix>.sha256.json`."""
    return prefix.with_name(f"{prefix.name}.sha256.json")


def files_of(prefix: Path) -> list[Path]:
    """Returns the files of a checkpoint that are there: the index and the shards of data."""
    name = glob.escape(prefix.name)
    return sorted(path for ending in ("index", "data-*") for path in prefix.parent.glob(f"{name}.{ending}"))


def write_manifest(prefix: Path) -> None:
    """Reads the files of a checkpoint and writes their sizes and SHA-256 sums, in a file that is renamed when whole."""
    text = _to_text({path.name: _size_and_sum(path) for path in files_of(prefix)})
    replace_text(manifest_of(prefix), text)


def find_damage(prefix: Path) -> str | None:
    """Describes the first file of a checkpoint that differs from its manifest; None: all files are right.

    It reads all files.
    """
    path = manifest_of(prefix)
    try:
        text = path.read_text(encoding="ascii")
        written = {name: (int(size), str(digest)) for name, (size, digest) in read_json(text)["files"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"{path.name} cannot be read ({error})"
    # Else a changed byte between the values would go unnoticed.
    if _to_text(written) != text:
        return f"{path.name} is not as it was written"
    present = {file.name: file for file in files_of(prefix)}
    for name in sorted(written.keys() | present.keys()):
        if name not in present:
            return f"{name} is missing"
        if name not in written:
            return f"{name} is not one of its files"
    for name, (size, digest) in sorted(written.items()):
        try:
            found = present[name].stat().st_size
            if found != size:
                return f"{name} has {found} bytes where {size} were written"
            if _sha256(present[name]) != digest:
                return f"{name} holds other bytes than were written (its SHA-256 differs)"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
    return None


def _to_text(files: dict[str, tuple[int, str]]) -> str:
    return json.dumps({"files": files}, indent=1, sort_keys=True) + "\n"


def _size_and_sum(path: Path) -> tuple[int, str]:
    return path.stat().st_size, _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
