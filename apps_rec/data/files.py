"""Finds the files of a config's paths, and guesses the format of a file from its name."""

import logging
import os
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path

from apps_rec.config.files.dates import days_of
from apps_rec.config.files.uris import input_mistake, split_paths, split_uri
from apps_rec.data import storage
from apps_rec.data.delta import DELTA_LOG, is_in_store, table_folder
from apps_rec.data.folders import check_files_of_folder, ending_of
from apps_rec.data.local_files import answer_of, local_files, shown_path
from apps_rec.data.schema import INPUT_TYPES, OF_MESSAGES, Schema
from apps_rec.errors import ArgumentError, ConfigError, DataError, RunError
from apps_rec.nearest import did_you_mean, nearest
from apps_rec.protos.data_pb2 import DataConfig

_LOG = logging.getLogger("apps_rec.data")

_ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv"} | {f".{name}": name for name in INPUT_TYPES.values()}
_MOST_SHOWN = 5
# Separators of CSV files, and what a config writes for them.
SEPARATORS = {";": ";", ",": ",", "\t": "\\t", "|": "|"}


def data_files(
    paths: str, field: str = "input path", timeout_seconds: float = DataConfig().input_timeout_seconds
) -> list[str]:
    r"""Returns the files of a path, a glob or several of them separated by commas; sorted, each once.

    A folder stands for all data files below it, see `apps_rec.data.folders`, and a path with a range of days, as in
    `log/dt={2026-11-01..2026-11-07}`, for those of all its days. A name that exists is that file, even if it holds
    commas or characters of a glob. In all other names a comma of the name itself is written `\,`. A file that is found
    under several names, by links or `./`, keeps the first one.

    Args:
        paths: plain paths and URIs of stores, as in `train_input_path`.
        field: name of the paths in a message.
        timeout_seconds: seconds to wait for the file system of each part; 0: for ever.

    Raises:
        ConfigError: a URI has a scheme that is not read, or a range has no days.
        DataError: a part, or a day of it, matches no file; a folder holds none, or several formats; a file may not be
            read, cannot be read several times, or has a name that is no text; a store or a mount gives no answer.
    """
    whole = paths.strip()
    parts = (
        [whole]
        if whole and not storage.is_uri(whole) and _exists(whole, field, timeout_seconds)
        else split_paths(paths)
    )
    parts = [part for part in parts if part]
    if not parts:
        raise DataError(f"{field}: expected a path or a glob, got nothing")
    files: dict[Hashable, str] = {}
    for part in parts:
        for path, identity in _of_part(part, field, timeout_seconds):
            if files.setdefault(identity, path) != path:
                _LOG.info('%s: "%s" and "%s" are one file, read once', field, files[identity], path)
    return sorted(files.values())


def _of_part(part: str, field: str, timeout_seconds: float) -> list[tuple[str, Hashable]]:
    """Returns the files of a path, a glob or a range of days, each with a key that is equal for all its names."""
    if "{" not in part or (not storage.is_uri(part) and _exists(part, field, timeout_seconds)):
        days = {}
    else:
        try:
            days = days_of(part)
        except ConfigError as error:
            raise ConfigError(f"{field}: {error}.") from None
    found = {path: _found(path, field, timeout_seconds) for path in days.values() or [part]}
    missing = [day for day, path in days.items() if not found[path]]
    if missing:
        shown = ", ".join(f'{day} ("{days[day]}")' for day in missing[:_MOST_SHOWN])
        more = f" and {len(missing) - _MOST_SHOWN} more" if len(missing) > _MOST_SHOWN else ""
        raise DataError(
            f'{field}: "{part}": {len(missing)} of {len(days)} days have no file: {shown}{more}; a glob takes the days '
            "that are there"
        )
    if not found[next(iter(found))]:
        where = "" if storage.is_uri(part) else f" (looked from {os.getcwd()})"
        raise DataError(f'{field}: no file matches "{shown_path(part)}"{where}')
    return [one for files in found.values() for one in files]


def _found(path: str, field: str, timeout_seconds: float) -> list[tuple[str, Hashable]]:
    of_uri = storage.is_uri(path)
    return _in_store(path, field, timeout_seconds) if of_uri else local_files(path, field, timeout_seconds)


def _exists(path: str, field: str, timeout_seconds: float) -> bool:
    return answer_of(lambda: os.path.exists(path), f'{field}: "{path}"', timeout_seconds)


def _in_store(part: str, field: str, timeout_seconds: float) -> list[tuple[str, Hashable]]:
    mistake = input_mistake(part)
    if mistake:
        raise ConfigError(f"{field}: {mistake}")
    scheme, _, key = split_uri(part) or ("", "", "")
    if scheme == "file":
        return [(f"file://{path}", identity) for path, identity in local_files(f"/{key}", field, timeout_seconds)]
    files = []
    for path, is_folder in storage.find(part, field):
        below = storage.files_below(path, field) if is_folder else [path]
        if is_folder:
            check_files_of_folder(below, path, field)
        files += below
    for root in dict.fromkeys(table_folder(path) for path in files if ending_of(path) == ".parquet"):
        if storage.is_folder(f"{root}/{DELTA_LOG}"):
            raise DataError(is_in_store(root, field))
    return [(path, path) for path in files]


def check_sizes(shards: int | None, rows_per_file: int | None) -> None:
    """Refuses numbers of files or rows below 1, and both at once.

    Raises:
        ArgumentError: the numbers are so.
    """
    given = [number for number in (shards, rows_per_file) if number is not None]
    if len(given) > 1 or min(given, default=1) < 1:
        text = "{shards}, {rows_per_file}: expected one of them, 1 or more, got {got}"
        raise ArgumentError(text, "shards", "rows_per_file", got=f"{shards} and {rows_per_file}")


def check_new(output: str) -> None:
    """Raises RunError if a folder that is to be made is there already."""
    if os.path.exists(output) or not Path(output).name:
        raise RunError(f"{output}: is there already; choose another folder, or remove it first")


def guess_input_type(path: str) -> str:
    """Returns the format that the ending of a file name stands for: csv, parquet or tfrecord.

    Raises:
        DataError: the ending stands for no format.
    """
    ending = ending_of(path)
    if ending not in _ENDINGS:
        raise DataError(
            f'{path}: the name does not say what the file holds: expected one of {", ".join(_ENDINGS)}, got "{ending}"'
        )
    return _ENDINGS[ending]


def schema_for_file(schema: Schema, path: str) -> Schema:
    """Returns the schema for a file that need not be of the config's own format, such as a file for `predict`.

    If the config's own format is another one, a CSV file must have a header and is written as `csv_form` says; .tsv
    means tabs.
    """
    input_type = guess_input_type(path)
    if input_type == schema.input_type or (input_type in OF_MESSAGES and schema.input_type in OF_MESSAGES):
        return schema
    separator = "\t" if ".tsv" in os.path.basename(path).lower() else schema.separator
    return replace(schema, input_type=input_type, separator=separator, with_header=True)


def schema_for_named_file(schema: Schema, path: str) -> Schema:
    """Does the same as `schema_for_file`, but takes a file of unknown ending for one of the config's own format."""
    try:
        return schema_for_file(schema, path)
    except DataError:
        return schema


def _hint(name: str, present: Sequence[str], schema: Schema) -> str:
    """Returns the end of a message about a column that is absent: another separator, or a name much like it."""
    if schema.input_type == "csv" and len(present) == 1:
        for separator, written in SEPARATORS.items():
            if name in present[0].split(separator):
                reads = f'data_config.separator: "{written}" reads it; predict --separator, evaluate --input'
                return f' The line of names holds "{written}": {reads}.'
    return did_you_mean(nearest(name, present))


def _of_filter_alone(name: str, schema: Schema) -> str:
    """Returns the end of a message about an absent column that nothing but a row_filter reads; "" for any other."""
    others = schema.in_files(replace(schema, filters=()).read_names())
    if name in others or name not in schema.in_files(row_filter.column.name for row_filter in schema.filters):
        return ""
    return (
        " Only a row_filter of data_config reads it: evaluate --input FILE measures all rows of a file; or do without "
        "the filter: --set data_config.row_filter="
    )


def check_columns(path: str, present: Sequence[str], wanted: Sequence[str], schema: Schema) -> None:
    """Raises DataError if a wanted column is absent from a file, or there twice."""
    for name in wanted:
        if name not in present:
            listed = ", ".join(present[:30]) + (", ..." if len(present) > 30 else "")
            raise DataError(
                f'{path}: there is no column "{name}". Columns are {listed or "none"}.{_hint(name, present, schema)}'
                f"{_of_filter_alone(name, schema)}"
            )
        if list(present).count(name) > 1:
            raise DataError(f'{path}: there are {list(present).count(name)} columns "{name}"; expected one')


def absent_columns(path: str, present: Sequence[str], wanted: Sequence[str], schema: Schema) -> list[str]:
    """Returns the wanted columns that a file lacks and that get their default_val in every row.

    Raises:
        DataError: an absent column has no default_val, or a column is there twice.
    """
    with_default = {column.stored for column in schema.declared if column.has_default}
    absent = [name for name in wanted if name not in present and name in with_default]
    check_columns(path, present, [name for name in wanted if name not in absent], schema)
    return absent
