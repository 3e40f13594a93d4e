"""Finds the files of a table, so that DuckDB and a config read the same rows."""

from __future__ import annotations

import os
from dataclasses import replace

from apps_rec.config.files.uris import split_paths, split_uri
from apps_rec.errors import DataError
from apps_rec.profile.csv_form import sniffed
from apps_rec.profile.engine import Engine, text
from apps_rec.profile.source import Source, literal

# What unpacks files that DuckDB cannot read.
_UNPACK = {".bz2": "bunzip2 --keep", ".lz4": "unlz4"}
# What copies files of a store.
_COPY = {
    "s3": "aws s3 cp --recursive",
    "gs": "gcloud storage cp --recursive",
    "hdfs": "hadoop fs -get",
}
_FORMATS = {"parquet": "ParquetInput", "csv": "CSVInput"}


def find_source(engine: Engine, paths: str, separator: str | None = None, reader: str = "init") -> Source:
    r"""Finds the files of a path, a glob, a folder, or several separated by commas, and reads their columns.

    Args:
        engine: an empty database.
        paths: paths as in `train_input_path`, or a folder of CSV or Parquet files.
        separator: separator of CSV files; None: found out.
        reader: name of the command that reads them, for a message.

    Raises:
        DataError: there are no such files, of both formats, or they cannot be read.
    """
    # pyarrow stands behind them, which commands that read no data do without.
    from apps_rec.data.files import data_files, guess_input_type

    stores = [uri for part in split_paths(paths) if (uri := split_uri(part)) is not None and uri[0] != "file"]
    if stores:
        raise DataError(_of_store(paths, stores[0][0], reader))
    files = tuple(path.removeprefix("file://") for path in data_files(paths, "input"))
    for path in files:
        command = next((command for ending, command in _UNPACK.items() if path.lower().endswith(ending)), None)
        if command is not None:
            raise DataError(
                f"{path}: {reader} reads CSV files as they are, .gz or .zst; write it anew: {command} {path!r}"
            )
    formats = {guess_input_type(path) for path in files}
    if others := formats - set(_FORMATS):
        raise DataError(f"{paths}: expected CSV or Parquet files, got {others.pop()}; write the rows as Parquet")
    if len(formats) > 1:
        raise DataError(f"{paths}: expected files of one format, got CSV and Parquet; name those of one: a/*.parquet")
    input_type = _FORMATS[formats.pop()]
    source = Source(paths, files, input_type, keys=_keys(files))
    source = _parquet(engine, source) if input_type == "ParquetInput" else sniffed(engine, source, separator)
    _check_names(source)
    return source


def _of_store(paths: str, scheme: str, reader: str) -> str:
    """Returns what is said of files in a store."""
    copy = _COPY.get(scheme)
    expected = (
        f"{paths}: {reader} reads local and mounted files and file:// alone, got {scheme}://. Copy some days here"
    )
    found = expected + (f" ({copy})" if copy else "")
    if reader != "init":
        return found
    return (
        f"{found}, let init read these, and put the URI into train_input_path and eval_input_path of the config: "
        "training reads it"
    )


def _keys(files: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the keys that the folders of every file have."""
    from apps_rec.data.hive_paths import partition_values

    first, *others = (tuple(partition_values(path)) for path in files)
    return first if all(other == first for other in others) else ()


def _parquet(engine: Engine, source: Source) -> Source:
    described = engine.rows(f"DESCRIBE SELECT * FROM {source.sql()}")
    first = text(literal(source.files[0]))
    stored = [name for (name,) in engine.rows(f"SELECT name FROM parquet_schema({first}) WHERE name IS NOT NULL")]
    lowered = [name.lower() for name, *_ in described]
    for name, *_ in described:
        # DuckDB knows no capitals: it calls the second of "App" and "app" app_1.
        if name not in (*stored, *source.keys) and len(source.files) == 1:
            other = next((own for own in stored if lowered.count(own.lower()) and own.lower() in name.lower()), name)
            raise DataError(f'{source.paths}: two columns are called "{other}" but for capitals; rename one of them')
    return replace(source, columns=tuple((name, stored_type) for name, stored_type, *_ in described))


def _check_names(source: Source) -> None:
    if not source.columns or all(os.path.getsize(path) == 0 for path in source.files):
        raise DataError(f"{source.paths}: there are no columns; expected a table with a line of names")
    for name in source.names:
        if not name.isprintable() or not name.strip():
            raise DataError(f"{source.paths}: a column is called {name!r}, which cannot be read in a line; rename it")
