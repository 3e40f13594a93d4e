"""Checks that TensorFlow's own ops can read the files, and finds out what they must know before the first row."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps_rec.data import storage
from apps_rec.data.files import check_columns
from apps_rec.data.formats.csv_reader import csv_columns
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.hive_paths import partition_values
from apps_rec.data.schema import INPUT_TYPES, Schema
from apps_rec.data.tfrecords.manifest import Manifest, filters_as_text, manifest_beside
from apps_rec.errors import ConfigError, DataError
from apps_rec.protos.data_pb2 import DataConfig

_LOG = logging.getLogger("apps_rec.data")

_CONVERT = "`apps-rec convert CONFIG -o FOLDER` writes TFRecord files that can be read so"
_OTHER_COMPRESSIONS = (".bz2", ".zst", ".lz4", ".br", ".zip", ".xz", ".snappy")
_BOM = "\ufeff"

# Kinds of list that a declared type is read from, the one `apps-rec convert` writes first.
READABLE_KINDS = {
    "INT32": ("int64_list", "float_list", "bytes_list"),
    "INT64": ("int64_list", "float_list", "bytes_list"),
    "BOOL": ("int64_list", "float_list", "bytes_list"),
    "STRING": ("bytes_list", "int64_list"),
    "FLOAT": ("float_list", "int64_list", "bytes_list"),
    # Text, as a float_list holds 32 bits a value.
    "DOUBLE": ("bytes_list", "float_list", "int64_list"),
}
_READABLE_NUMBERS = ("bytes_list", "float_list", "int64_list")


@dataclass(frozen=True)
class RecordLayout:
    """The layout of the rows in all files of a job.

    Args:
        header: names of the cells of a line of CSV files, in order.
        kinds: kind of list (int64_list, float_list or bytes_list) by column of TFRecord files.
    """

    header: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)


def check_graph_readable(schema: Schema, files: Sequence[str], holdout_fraction: float = 0.0) -> RecordLayout:
    """Refuses files that readers made of TensorFlow ops alone cannot read, and returns the layout that these need.

    Two things cannot be seen beforehand and stop the reading: a CSV cell with a line break in its quotes, and a record
    with a column of another kind than in the first records of its file. Text is not checked to be UTF-8.

    Args:
        schema: columns to read.
        files: all files of the job; a worker may be given any of them.
        holdout_fraction: share of rows in the holdout, from data_config.

    Raises:
        ConfigError: an option of data_config needs Python.
        DataError: a file has another format, compression, header or kind of values.
    """
    _check_options(schema, holdout_fraction)
    for path in files:
        storage.check_tensorflow_reads(path)
        _check_no_partitions(path, schema)
    manifests = [manifest_beside(path) for path in files]
    _check_row_options(schema, files, manifests)
    if schema.input_type == "csv":
        return RecordLayout(header=_common_header(schema, files))
    return RecordLayout(kinds=_common_kinds(schema, files))


def _check_no_partitions(path: str, schema: Schema) -> None:
    read = schema.in_files(schema.read_names())
    given = [key for key in partition_values(path) if key in read]
    missing = [key for key in given if key not in FORMATS[schema.input_type].columns(path, schema)] if given else []
    if missing:
        raise DataError(
            f'{path}: column "{missing[0]}" is the name of a folder alone, which Python reads, and here no Python runs '
            f"in the input (parameter servers). {_CONVERT}, with the column in them"
        )


def _check_options(schema: Schema, holdout_fraction: float) -> None:
    if schema.input_type not in ("csv", "tfrecord"):
        kind = next(DataConfig.InputType.Name(kind) for kind, name in INPUT_TYPES.items() if name == schema.input_type)
        raise ConfigError(
            f"data_config.input_type: {kind} is read in Python, and here no Python runs in the input (parameter "
            f"servers); expected TFRecordInput or CSVInput. {_CONVERT}"
        )
    if schema.input_type == "csv" and schema.escape_char:
        raise ConfigError(
            f'data_config.escape_char: "{schema.escape_char}" is read in Python, and here no Python runs in the input '
            f"(parameter servers). {_CONVERT}"
        )
    if holdout_fraction:
        raise ConfigError(
            f"data_config.holdout_fraction: expected 0 where no Python runs in the input (parameter servers), got "
            f"{holdout_fraction:g}; give eval_input_path instead"
        )
    if schema.holdout is not None:
        raise ConfigError(
            "data_config.holdout_by: a holdout is left out in Python, and here no Python runs in the input (parameter "
            "servers); give eval_input_path instead"
        )


def _check_row_options(schema: Schema, files: Sequence[str], manifests: Sequence[Manifest | None]) -> None:
    """Refuses filters and the skipping of bad rows, unless the files are converted ones: those need neither."""
    wanted = filters_as_text(schema.filters)
    for path, manifest in zip(files, manifests, strict=True):
        ending = next((ending for ending in _OTHER_COMPRESSIONS if path.lower().endswith(ending)), None)
        if ending:
            raise DataError(
                f"{path}: is compressed as {ending}; where no Python runs in the input (parameter servers), expected "
                f"plain files or .gz. {_CONVERT}"
            )
        converted = manifest is not None and manifest.entry(path) is not None
        if wanted and not (converted and manifest is not None and set(wanted) <= set(manifest.filters)):
            raise ConfigError(
                f"data_config.row_filter: is applied in Python, and here no Python runs in the input (parameter "
                f"servers); {path} is no file that was converted with the same filters. {_CONVERT} and holds the rows "
                "that stay alone"
            )
        if schema.bad_rows == "SKIP" and not converted:
            raise ConfigError(
                f"data_config.bad_rows: SKIP is done in Python, and here no Python runs in the input (parameter "
                f"servers); {path} is no converted file. {_CONVERT} and holds good rows alone; or use FAIL"
            )


def _common_header(schema: Schema, files: Sequence[str]) -> tuple[str, ...]:
    header: list[str] = []
    for path in files:
        found = csv_columns(path, schema)
        if not found:
            raise DataError(f"{path}: is empty; expected {'a header and ' if schema.with_header else ''}rows")
        if any("\n" in name or "\r" in name for name in found):
            raise DataError(f"{path}: header: expected names without line breaks. {_CONVERT}")
        if not schema.with_header and _starts_with_bom(path):
            raise DataError(f"{path}: starts with a byte order mark; save it without. {_CONVERT}")
        if not _starts_with_row(path):
            raise DataError(
                f"{path}: line 1: expected {'the header' if schema.with_header else 'a row'}, got a blank line"
            )
        check_columns(path, found, schema.in_files(schema.read_names()), schema)
        if header and found != header:
            raise DataError(
                f"{path}: expected the columns of {files[0]} in the same order ({', '.join(header[:30])}), got "
                f"{', '.join(found[:30])}. {_CONVERT}"
            )
        header = found
    return tuple(header)


def _starts_with_bom(path: str) -> bool:
    with storage.open_stream(path) as stream:
        return bytes(stream.read(3)).decode("utf-8", "replace") == _BOM


def _starts_with_row(path: str) -> bool:
    with storage.open_stream(path) as stream:
        return bytes(stream.read(4)).removeprefix(_BOM.encode())[:1] not in (b"\n", b"\r")


def _common_kinds(schema: Schema, files: Sequence[str]) -> dict[str, str]:
    from apps_rec.data.formats.tfrecord_reader import column_kinds

    columns = {column.name: column for column in schema.columns}
    columns |= {name: schema.number_column(name) for name in (*schema.labels, *schema.weights)}
    kinds: dict[str, str] = {}
    first: dict[str, str] = {}
    for path in files:
        found = column_kinds(path, [column.stored for column in columns.values()])
        for name, column in columns.items():
            kind = found[column.stored]
            if kind is None:
                continue
            readable = _READABLE_NUMBERS if column.is_numbers else READABLE_KINDS[column.dtype]
            if kind not in readable:
                raise DataError(
                    f'{path}: column "{name}": expected a {" or a ".join(readable)} for {column.dtype}, got a '
                    f"{kind}. {_CONVERT}"
                )
            if kinds.setdefault(name, kind) != kind:
                raise DataError(
                    f'{path}: column "{name}": expected a {kinds[name]} as in {first[name]}, got a {kind}. {_CONVERT}'
                )
            first.setdefault(name, path)
    for name, column in columns.items():
        if name not in kinds:
            _LOG.warning(
                '%s: the first records of no file hold column "%s": is it the name in the files?',
                files[0],
                column.stored,
            )
            kinds[name] = READABLE_KINDS[column.dtype][0]
    return kinds
