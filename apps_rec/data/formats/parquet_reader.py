"""Reads Parquet files as chunks of rows, page by page."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from apps_rec.data import storage
from apps_rec.data.files import absent_columns, guess_input_type
from apps_rec.data.formats.record_batches import chunk_of
from apps_rec.data.formats.source import CHUNK_ROWS, Chunk, Unit
from apps_rec.data.schema import INPUT_TYPES, Schema
from apps_rec.data.values.kinds import UnreadableColumnError
from apps_rec.errors import DataError
from apps_rec.protos.data_pb2 import DataConfig

# Small row groups are read together: opening one costs as much as reading thousands of rows.
_UNIT_ROWS = 8192
_BUFFER_BYTES = 1 << 17


def parquet_units(files: Sequence[str]) -> list[Unit]:
    """Returns runs of row groups, each of `_UNIT_ROWS` rows or more if the file has as many."""
    units = []
    for index, path in enumerate(files):
        metadata = open_parquet(path).metadata
        groups: list[int] = []
        rows, first_row = 0, 1
        for group in range(metadata.num_row_groups):
            groups.append(group)
            rows += metadata.row_group(group).num_rows
            if rows >= _UNIT_ROWS or group == metadata.num_row_groups - 1:
                units.append(Unit(path, index, rows, first_row, tuple(groups)))
                groups, rows, first_row = [], 0, first_row + rows
    return units


def parquet_columns(path: str) -> list[str]:
    """Returns the names of the columns of a file."""
    return list(open_parquet(path).schema_arrow.names)


def parquet_types(path: str) -> dict[str, pa.DataType]:
    """Returns the type of each column of a file, by name."""
    schema = open_parquet(path).schema_arrow
    return dict(zip(schema.names, schema.types, strict=True))


def read_parquet(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    """Yields the rows of a unit in file order."""
    file = open_parquet(unit.path)
    absent = absent_columns(unit.path, file.schema_arrow.names, names, schema)
    present = [name for name in names if name not in absent] or file.schema_arrow.names[:1]
    row = unit.first_row
    batches = file.iter_batches(
        batch_size=CHUNK_ROWS, row_groups=list(unit.row_groups), columns=present, use_threads=False
    )
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            chunk = chunk_of(batch, row, names, absent)
        except (pa.ArrowException, OSError, UnreadableColumnError) as error:
            text = storage.reason(unit.path, error)
            raise DataError(f"{unit.path}: after row {row - 1}: cannot be read as Parquet: {text}") from error
        yield chunk
        row += batch.num_rows


def open_parquet(path: str) -> pq.ParquetFile:
    """Opens a Parquet file to read it page by page.

    Raises:
        DataError: it is none, or cannot be read.
    """
    try:
        source, buffer = (
            (storage.open_arrow_file(path), storage.BUFFER_BYTES) if storage.is_uri(path) else (path, _BUFFER_BYTES)
        )
        # A buffered stream without pre-buffering holds a few pages; otherwise a whole row group lies in memory.
        return pq.ParquetFile(source, buffer_size=buffer, pre_buffer=False, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: expected a Parquet file: {_other(path) or storage.reason(path, error)}") from error


def _other(path: str) -> str:
    """Returns what is said of a file that is of another format by its name; "" for any other."""
    try:
        named = guess_input_type(path)
    except DataError:
        return ""
    kinds = [DataConfig.InputType.Name(kind) for kind, name in INPUT_TYPES.items() if name == named != "parquet"]
    return "".join(
        f"by its name it is none. evaluate --input {path} measures it; as files of the config it is read by "
        f"--set data_config.input_type={kind}"
        for kind in kinds
    )
