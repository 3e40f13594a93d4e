"""Reads CSV files, compressed or not, as chunks of rows with every cell as bytes.

`csv_scan` first finds rows and wrong quotes in the text. Arrow then makes the cells of whole rows only, as it takes
any quote for a quote around a cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from apps_rec.data import storage
from apps_rec.data.files import absent_columns
from apps_rec.data.formats.csv_scan import BadQuote, Dialect, Rows, count_lines, find_rows, with_markers
from apps_rec.data.formats.source import CHUNK_ROWS, RAGGED, STRAY_QUOTE, BadRow, Chunk, Unit
from apps_rec.data.hive_paths import partition_values
from apps_rec.data.schema import Schema
from apps_rec.errors import DataError

# Arrow needs half a millisecond for each block, whatever its size.
_BLOCK_BYTES = 1 << 21
_HEAD_BYTES = 1 << 16
# A cell may have several MB. But a file without line ends is no CSV, and must not be held whole in memory.
_LARGEST_ROW = 1 << 24
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# First bytes of files that are no text, and what to do with them.
_OTHER_FILES = {
    b"PAR1": "a Parquet file, and no CSV; data_config.input_type: ParquetInput reads it",
    b"\x1f\x8b": "compressed by gzip; a name that ends in .gz says so",
    b"BZh": "compressed by bzip2; a name that ends in .bz2 says so",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard; a name that ends in .zst says so",
    b"\x04\x22\x4d\x18": "compressed by LZ4; a name that ends in .lz4 says so",
    b"PK\x03\x04": "a ZIP file (of Excel?), and no CSV; save its table as CSV",
}


def dialect_of(schema: Schema) -> Dialect:
    """Returns the separator, quotes and escapes of the schema's CSV files."""
    return Dialect(schema.separator, schema.quoting != "NONE", schema.escape_char or None)


def csv_columns(path: str, schema: Schema) -> list[str]:
    """Returns the column names of a file: those of the header.

    If there is no header, they are those of input_fields, but for those that the folders of the path give.
    """
    first = _first_line(path, schema)
    if not schema.with_header:
        given = partition_values(path)
        declared = [column.stored for column in schema.declared if column.stored not in given]
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
    dialect, text = dialect_of(schema), b""
    try:
        with storage.open_stream(path) as stream:
            for block in _blocks(stream, path, dialect, 0, _HEAD_BYTES):
                start = block.rows.text if block.line == 1 else b""
                if other := next((what for magic, what in _OTHER_FILES.items() if start.startswith(magic)), None):
                    raise DataError(f"{path}: is {other}")
                if start.startswith(_UTF16):
                    where = "header" if schema.with_header else "row 1"
                    raise DataError(f"{path}: {where}: expected UTF-8 text, got UTF-16 (line 1); save it as UTF-8")
                starts = block.rows.starts
                if len(starts):
                    text = block.rows.text[starts[0] : starts[1] if len(starts) > 1 else block.rows.end]
                    break
        # Bytes that are no text are reported with the names, or with their row.
        lines = io.StringIO(text.decode("utf-8", "surrogateescape"), newline="")
        reader = csv.reader(
            lines,
            delimiter=dialect.separator,
            quoting=csv.QUOTE_MINIMAL if dialect.quotes else csv.QUOTE_NONE,
            escapechar=dialect.escape,
            strict=True,
        )
        return next(reader, [])
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: header: cannot be read: {storage.reason(path, error)}") from error
    except csv.Error as error:
        if not schema.with_header:  # a row, whose cells may be wrong, or larger than this reader takes
            return []
        raise DataError(f"{path}: header: cannot be read: {error}: {text[:80]!r} (line 1)") from error


def read_csv(unit: Unit, names: Sequence[str], schema: Schema) -> Iterator[Chunk]:
    """Yields the rows of a file in order.

    Blank lines are no rows. A row with too few or too many cells is bad. So is a line with the start of a quoted cell
    that is never closed, or that goes on behind its closing quote.
    """
    header = csv_columns(unit.path, schema)
    if not header:
        raise DataError(f"{unit.path}: is empty; expected {'a header and ' if schema.with_header else ''}rows")
    absent = absent_columns(unit.path, header, names, schema)
    present = [name for name in names if name not in absent]
    cells = _Cells(header, present or header[:1], schema)
    row, is_first, is_empty = 1, schema.with_header, True
    try:
        with storage.open_stream(unit.path) as stream:
            for block in _blocks(stream, unit.path, cells.dialect, len(header), _BLOCK_BYTES):
                skipped, is_empty = 0, False
                if is_first and len(block.rows.starts):
                    skipped, is_first = 1, False
                whole = cells.read(block, skipped, row)
                row += len(whole.rows) + len(whole.ragged)
                whole = whole.with_columns(names, absent)
                for start in range(0, max(whole.data.num_rows, 1), CHUNK_ROWS):
                    yield whole.slice(start, min(CHUNK_ROWS, whole.data.num_rows - start))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{unit.path}: cannot be read as CSV: {storage.reason(unit.path, error)}") from error
    if is_empty:
        raise DataError(f"{unit.path}: is empty; expected rows")


class _Block(NamedTuple):
    """Some whole rows, and the number of their first line in the file, from 1."""

    rows: Rows
    line: int


def _blocks(stream: pa.NativeFile, path: str, dialect: Dialect, columns: int, size: int) -> Iterator[_Block]:
    text, line, wanted, at_start = b"", 1, size, True
    while True:
        more = stream.read(wanted)
        if at_start:
            more = more.removeprefix(_BOM)
            at_start = False
        text = text + more if text else more
        rows = find_rows(text, dialect, columns, last=not more, patience=_LARGEST_ROW)
        if rows.end:
            yield _Block(rows, line)
            line += count_lines(text, rows.end)
            text, wanted = text[rows.end :], size
        elif len(text) >= _LARGEST_ROW and more:
            raise DataError(
                f"{path}: line {line}: the row goes on for more than {_LARGEST_ROW >> 20} MiB, the most that one may "
                "hold; is the file CSV, with line ends?"
            )
        else:
            wanted = max(size, len(text))
        if not more:
            return


class _Cells:
    """Makes the cells of blocks.

    Args:
        header: names of all cells of a row.
        names: names of the cells to read, one or more.
        schema: schema of the file.
    """

    def __init__(self, header: Sequence[str], names: Sequence[str], schema: Schema) -> None:
        self.dialect = dialect_of(schema)
        self._header, self._names, self._words = list(header), list(names), list(schema.null_words)
        self._binary = dict.fromkeys(self._names, pa.large_binary())
        # A line that is bad in any place: one cell, or two if one is expected.
        letter = "#" if self.dialect.separator != "#" else "%"
        self._marker = (letter + self.dialect.separator + letter if len(header) == 1 else letter).encode()

    def read(self, block: _Block, skipped: int, row: int) -> Chunk:
        """Returns the rows of a block.

        Args:
            block: whole rows.
            skipped: number of rows at its start that are a header, 0 or 1.
            row: number of the first row behind the header.
        """
        rows, odd = block.rows, list[arrow_csv.InvalidRow]()
        start = 0
        if skipped:
            start = int(rows.starts[1]) if len(rows.starts) > 1 else rows.end
        batch = self._parse(rows, start, odd)
        numbers = np.arange(row, row + batch.num_rows + len(odd))
        if odd:
            numbers = np.delete(numbers, [item.number - 1 for item in odd])

        def line_of(number: int) -> int:
            return block.line + count_lines(rows.text, int(rows.starts[number - row + skipped]))

        quotes = {row + int(np.searchsorted(rows.starts, bad.start)) - skipped: bad for bad in rows.bad}
        ragged = []
        for item in odd:
            number = row + item.number - 1
            quote = quotes.get(number)
            if quote is None:
                what = f'expected {item.expected_columns} cells, got {item.actual_columns}: "{item.text[:80]}"'
                ragged.append(BadRow(number, what, RAGGED, line_of(number)))
            else:
                line = block.line + count_lines(rows.text, quote.quote)
                ragged.append(BadRow(number, _described(rows, quote), STRAY_QUOTE, line))
        return Chunk(batch, numbers, ragged, line_of)

    def _parse(self, rows: Rows, start: int, odd: list[arrow_csv.InvalidRow]) -> pa.RecordBatch:
        """Returns the cells of the rows from a place on. Appends rows with too few or too many cells to `odd`."""
        text = with_markers(rows, start, self._marker) if rows.bad else memoryview(rows.text)[start : rows.end]
        if start == rows.end or (rows.plain[start] in b"\n\r" and not np.any(rows.starts >= start)):
            return self._empty()  # blank lines alone, an error to Arrow
        quoted = self.dialect.quotes and rows.has_quotes
        if _is_utf8(rows.text):
            return self._arrow(pa.py_buffer(text), quoted, self._words, odd)
        try:
            # Arrow shows rows that are too long or too short as text, so there must be none.
            return self._arrow(pa.py_buffer(text), quoted, self._words, None)
        except pa.ArrowInvalid:
            pass
        # latin-1 maps each byte to a letter and back.
        found: list[arrow_csv.InvalidRow] = []
        words = [word.encode().decode("latin-1") for word in self._words]
        batch = self._arrow(pa.py_buffer(bytes(text).decode("latin-1").encode()), quoted, words, found)
        odd += [item._replace(text=item.text.encode("latin-1").decode("utf-8", "backslashreplace")) for item in found]
        columns = [
            [None if cell is None else cell.decode().encode("latin-1") for cell in column.to_pylist()]
            for column in batch.columns
        ]
        return pa.RecordBatch.from_arrays([pa.array(column, pa.large_binary()) for column in columns], self._names)

    def _arrow(
        self, buffer: pa.Buffer, quoted: bool, words: list[str], odd: list[arrow_csv.InvalidRow] | None
    ) -> pa.RecordBatch:
        def leave_out(row: arrow_csv.InvalidRow) -> str:
            assert odd is not None
            odd.append(row)
            return "skip"

        table = arrow_csv.read_csv(
            buffer,
            # One thread: only then do ragged rows come with their number. One block, since all its rows are whole.
            arrow_csv.ReadOptions(use_threads=False, block_size=buffer.size + 1, column_names=self._header),
            arrow_csv.ParseOptions(
                delimiter=self.dialect.separator,
                quote_char='"' if quoted else False,
                escape_char=self.dialect.escape or False,
                newlines_in_values=quoted or self.dialect.escape is not None,
                invalid_row_handler=None if odd is None else leave_out,
            ),
            arrow_csv.ConvertOptions(
                include_columns=self._names,
                column_types=self._binary,
                null_values=words,
                strings_can_be_null=bool(words),
                check_utf8=False,
            ),
        )
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else self._empty()

    def _empty(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array([], pa.large_binary()) for _ in self._names], self._names)


def _described(rows: Rows, bad: BadQuote) -> str:
    line = rows.text[bad.quote : bad.end].rstrip(b"\r\n")[:80].decode("utf-8", "backslashreplace")
    return f"expected a cell in quotes, got {bad.reason}; it begins: {line}"


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    # Arrow's check takes a third of the time of Python's, which would make a new text.
    offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
    try:
        pa.Array.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(text)]).cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True
