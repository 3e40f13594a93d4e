"""CSV files, compressed or not -> chunks of rows, every cell as bytes."""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from apps_rec.data import storage
from apps_rec.data.files import check_columns
from apps_rec.data.schema import Schema
from apps_rec.data.source import CHUNK_ROWS, Chunk, Unit
from apps_rec.errors import DataError

_BLOCK_BYTES = 1 << 20


def csv_columns(path: str, schema: Schema) -> list[str]:
    """Names of the columns in the file: of the header, or of input_fields where there is none."""
    first = _first_line(path, schema)
    if first and first[0].startswith("PAR1"):
        raise DataError(f"{path}: is a Parquet file, and no CSV; data_config.input_type: ParquetInput reads it")
    if not schema.with_header:
        declared = [column.stored for column in schema.declared]
        if len(first) > 1 and sum(cell in declared for cell in first) > len(first) / 2:
            raise DataError(
                f"{path}: row 1 is a line of names, {', '.join(first)[:120]}; data_config.with_header: true reads it"
            )
        return declared
    for name in first:
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            raise DataError(f'{path}: header: expected UTF-8 text, got the bytes "{shown}"')
    return first


def _first_line(path: str, schema: Schema) -> list[str]:
    try:
        # The next rows are decoded along with it: bytes of theirs that are no text are not judged here.
        with (
            storage.open_stream(path) as stream,
            io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="") as text,
        ):
            return next(csv.reader(text, delimiter=schema.separator), [])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: header: cannot be read: {storage.reason(path, error)}") from error
    except csv.Error as error:
        if not schema.with_header:  # a row, whose cells may be larger than this reader takes
            return []
        raise DataError(f"{path}: header: cannot be read: {storage.reason(path, error)}") from error


def read_csv(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    """The rows of a file in order. Blank lines are no rows; a row with too few or too many cells is ragged."""
    header = csv_columns(unit.path, schema)
    if not header:
        raise DataError(f"{unit.path}: is empty; expected {'a header and ' if schema.with_header else ''}rows")
    check_columns(unit.path, header, names)
    ragged: list[tuple[int, str]] = []
    first = 1 if schema.with_header else 0

    def leave_out(row: arrow_csv.InvalidRow) -> str:
        cells = f"expected {row.expected_columns} cells, got {row.actual_columns}"
        ragged.append((row.number - first, f'{cells}: "{row.text[:80]}"'))
        return "skip"

    try:
        with storage.open_stream(unit.path) as stream:
            reader = arrow_csv.open_csv(
                stream,
                # One thread: only then do ragged rows come with their number.
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=_BLOCK_BYTES, column_names=None if schema.with_header else header
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=schema.separator, newlines_in_values=True, invalid_row_handler=leave_out
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(names),
                    column_types={name: pa.binary() for name in names},
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
            row = 1
            for batch in reader:
                rows = _row_numbers(row, batch.num_rows, [number for number, _ in ragged])
                row = int(rows[-1]) + 1 if len(rows) else row
                # The parser may be a block ahead: ragged rows behind this batch wait for the next one.
                passed = [item for item in ragged if item[0] < row]
                ragged[:] = [item for item in ragged if item[0] >= row]
                chunk = Chunk(batch, rows, passed)
                for start in range(0, max(batch.num_rows, 1), CHUNK_ROWS):
                    yield chunk.slice(start, min(CHUNK_ROWS, batch.num_rows - start))
            if ragged:
                yield Chunk(pa.RecordBatch.from_pylist([], schema=reader.schema), np.zeros(0, np.int64), ragged)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{unit.path}: cannot be read as CSV: {storage.reason(unit.path, error)}") from error


def _row_numbers(first: int, count: int, gaps: Sequence[int]) -> np.ndarray:
    """The next `count` row numbers from `first` on that are not among the gaps."""
    rows = np.arange(first, first + count + len(gaps), dtype=np.int64)
    return rows[~np.isin(rows, gaps)][:count] if gaps else rows
