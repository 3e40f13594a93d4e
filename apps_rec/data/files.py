"""Paths of a config -> files, and what kind of file a name promises."""

import difflib
import glob
import os
from collections.abc import Sequence
from dataclasses import replace

from apps_rec.data import storage
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError

_ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".tfrecord": "tfrecord"}
_COMPRESSED = (".gz", ".bz2", ".zst", ".lz4")


def data_files(paths: str, field: str = "input path") -> list[str]:
    """The files that a path, a glob or several of them separated by commas stand for, sorted, each once.

    Args:
        paths: as in `train_input_path`: plain paths, and URIs of stores.
        field: what to call it in a message.

    Raises:
        ConfigError: a URI of a scheme that is not read.
        DataError: a part that matches no file, a folder, a file that may not be read, a store that gives no answer.
    """
    files: set[str] = set()
    parts = [part.strip() for part in paths.split(",") if part.strip()]
    if not parts:
        raise DataError(f"{field}: expected a path or a glob, got nothing")
    for part in parts:
        files.update(_in_store(part, field) if storage.is_uri(part) else _on_disk(part, field))
    return sorted(files)


def _on_disk(part: str, field: str) -> list[str]:
    # A name that exists is that file, even where it holds characters of a glob.
    found = [part] if os.path.exists(part) else glob.glob(part, recursive=True)
    if not found:
        raise DataError(f'{field}: no file matches "{part}" (looked from {os.getcwd()})')
    for path in found:
        if os.path.isdir(path):
            raise DataError(_is_folder(path, field))
        if not os.access(path, os.R_OK):
            raise DataError(f'{field}: "{path}" may not be read; change its permissions')
    return found


def _in_store(part: str, field: str) -> list[str]:
    found = storage.find(part, field)
    if not found:
        raise DataError(f'{field}: no file matches "{part}"')
    for path, is_folder in found:
        if is_folder:
            raise DataError(_is_folder(path.rstrip("/"), field))
    return [path for path, _ in found]


def _is_folder(path: str, field: str) -> str:
    return f'{field}: "{path}" is a folder; name its files, such as "{path}/*.parquet"'


def guess_input_type(path: str) -> str:
    """The format that a file name promises: csv, parquet or tfrecord.

    Raises:
        DataError: an ending that says nothing.
    """
    name = path.lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    ending = os.path.splitext(name)[1]
    if ending not in _ENDINGS:
        raise DataError(
            f'{path}: the name does not say what the file holds: expected one of {", ".join(_ENDINGS)}, got "{ending}"'
        )
    return _ENDINGS[ending]


def schema_for_file(schema: Schema, path: str) -> Schema:
    """The schema for a file that need not be of the config's own format, as `predict` is given.

    A CSV file beside a config of another format is expected to have a header; .tsv means tabs.
    """
    input_type = guess_input_type(path)
    if input_type == schema.input_type:
        return schema
    separator = "\t" if ".tsv" in os.path.basename(path).lower() else ","
    return replace(schema, input_type=input_type, separator=separator, with_header=True)


def schema_for_named_file(schema: Schema, path: str) -> Schema:
    """As `schema_for_file`; a name that says nothing is a file of the config's own format."""
    try:
        return schema_for_file(schema, path)
    except DataError:
        return schema


def check_columns(path: str, present: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises DataError where a wanted column is absent from a file, or there twice."""
    for name in wanted:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=1)
            listed = ", ".join(present[:30]) + (", ..." if len(present) > 30 else "")
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise DataError(f'{path}: there is no column "{name}". Columns are {listed or "none"}.{hint}')
        if list(present).count(name) > 1:
            raise DataError(f'{path}: there are {list(present).count(name)} columns "{name}"; expected one')
