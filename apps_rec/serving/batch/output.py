"""Writes the scores of files to one file, or to a folder of parts. Either gets its name when it is whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from apps_rec.atomic_file import replacing
from apps_rec.errors import ArgumentError, RunError
from apps_rec.serving.batch.formulas import without_formulas

FORMATS = ("parquet", "csv", "csv.gz")
ROWS_PER_PART = 1_000_000
# Number of rows written at once, a row group of Parquet: few enough for the memory, enough for quick reading.
_BLOCK_ROWS = 65_536
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True)
class Output:
    """The file or folder to write, and its form.

    Attributes:
        path: path of the file or folder.
        format: format, one of `FORMATS`.
        rows_per_part: number of rows in each file of a folder but the last; None: one file.
        escape_formulas: true makes texts of CSV safe for a spreadsheet, see `apps_rec.serving.batch.formulas`.
    """

    path: Path
    format: str
    rows_per_part: int | None = None
    escape_formulas: bool = False


def plan_output(
    name: str, part_format: str | None = None, rows_per_part: int | None = None, escape_formulas: bool = False
) -> Output:
    """Plans the output of a name: a file if it ends in one of `FORMATS`, a folder without an ending or with "/".

    Args:
        name: name of a file, which is replaced if it is there, or of a folder, which must be empty if it is there.
        part_format: format of the files in a folder, default parquet; None for one file.
        rows_per_part: number of rows of the files in a folder, default `ROWS_PER_PART`; None for one file.
        escape_formulas: true makes texts of CSV safe for a spreadsheet.

    Raises:
        RunError: the ending is of no format; the folder is not empty or cannot be replaced; an option is wrong, or is
            for a folder though the name is of a file; formulas are to be escaped in Parquet.
    """
    planned = _plan(name, part_format, rows_per_part)
    if escape_formulas and planned.format == "parquet":
        text = "{escape_formulas}: is for CSV, and {name} is Parquet, whose texts no spreadsheet runs; leave it out"
        raise ArgumentError(text, "escape_formulas", name=name)
    return replace(planned, escape_formulas=escape_formulas)


def _plan(name: str, part_format: str | None, rows_per_part: int | None) -> Output:
    path = Path(name)
    ending = next((kind for kind in FORMATS if name.endswith(f".{kind}")), None)
    if ending is not None:
        if part_format is not None or rows_per_part is not None:
            raise ArgumentError(
                "{part_format}, {rows_per_part}: are for a folder of parts, and {name} is one file; leave them out, or "
                "name a folder as the output",
                "part_format",
                "rows_per_part",
                name=name,
            )
        if path.is_dir():
            raise RunError(f"output {name}: is a folder; choose another file")
        return Output(path, ending)
    if not path.name or (path.suffix and not name.endswith("/")):
        raise RunError(
            f"output {name}: expected a file whose name ends in .parquet, .csv or .csv.gz, or a folder, whose name has "
            'no ending or a "/" behind it'
        )
    if part_format not in (None, *FORMATS):
        text = "{part_format}: expected one of {formats}, got {got}"
        raise ArgumentError(text, "part_format", formats=", ".join(FORMATS), got=part_format)
    if rows_per_part is not None and rows_per_part < 1:
        raise ArgumentError("{rows_per_part}: expected 1 or more, got {got}", "rows_per_part", got=rows_per_part)
    _check_folder(path)
    return Output(path, part_format or FORMATS[0], rows_per_part or ROWS_PER_PART)


def _check_folder(path: Path) -> None:
    """Refuses, before anything is scored, a path that could not be replaced in the end."""
    if path.is_symlink() or path.is_mount():
        raise RunError(f"output {path}: is a link or a mount point, which cannot be replaced; name a folder in it")
    if path.exists() and not path.is_dir():
        raise RunError(f"output {path}: is a file; choose another folder")
    if path.is_dir() and any(path.iterdir()):
        raise RunError(f"output {path}: the folder is not empty; choose another, or remove it first")


@contextmanager
def open_output(output: Output) -> Iterator[Files]:
    """Yields the files to append tables to. The output gets its name when the block ends without an error.

    Raises:
        RunError: the output cannot be written, or tables do not fit together or into the format.
    """
    try:
        output.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(output.path) as aside:
            if output.rows_per_part is not None:
                aside.mkdir()
            files = Files(output, aside)
            try:
                yield files
                files.flush()
            finally:
                files.close()
    except OSError as error:
        raise RunError(f"cannot write {output.path}: {error.strerror or error}; choose another") from error


@contextmanager
def _fitting(output: Output) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise RunError(
            f"cannot write {output.path}: {error}. Kept columns need one type in all files, and one that "
            f".{output.format} can hold; choose others to keep"
        ) from error


class Files:
    """Writes rows, block by block, to files of `Output.rows_per_part` rows each, or all to one file.

    Args:
        output: file or folder to write, and its form.
        path: path of the file or folder until it is whole; the folder must exist.

    Attributes:
        rows: number of rows appended so far.
        count: number of files begun.
    """

    def __init__(self, output: Output, path: Path) -> None:
        self.rows = self.count = 0
        self._output, self._path = output, path
        self._held: pa.Table | None = None  # rows of the block that is not full yet
        self._file: _File | None = None
        self._room = 0  # rows that the file has room for

    def write(self, table: pa.Table) -> None:
        """Appends rows, with the same columns as those before."""
        with _fitting(self._output):
            table = _writable(table, as_text=self._output.format != "parquet")
            if self._output.escape_formulas:
                table = without_formulas(table)
            self._held = table if self._held is None else pa.concat_tables([self._held, table.cast(self._held.schema)])
            self.rows += table.num_rows
            while self._held.num_rows >= _BLOCK_ROWS:
                self._put(self._held.slice(0, _BLOCK_ROWS))
                self._held = self._held.slice(_BLOCK_ROWS)

    def flush(self) -> None:
        """Writes the rows that are still held. A table without rows makes a file of its columns."""
        if self._held is not None:
            with _fitting(self._output):
                if not self.count:
                    self._begin(self._held.schema)
                self._put(self._held)

    def close(self) -> None:
        """Closes the current file."""
        file, self._file = self._file, None
        if file is not None:
            with _fitting(self._output):
                file.close()

    def _put(self, table: pa.Table) -> None:
        start = 0
        while start < table.num_rows:
            if self._file is None:
                self._begin(table.schema)
            assert self._file is not None
            rows = min(self._room, table.num_rows - start)
            self._file.write(table.slice(start, rows))
            start, self._room = start + rows, self._room - rows
            if not self._room:
                self.close()

    def _begin(self, schema: pa.Schema) -> None:
        self._file = _File(self._name(), self._output.format, schema)
        self._room = self._output.rows_per_part or sys.maxsize
        self.count += 1

    def _name(self) -> Path:
        if self._output.rows_per_part is None:
            return self._path
        return self._path / f"part-{self.count:05d}.{self._output.format}"


class _File:
    """A file while it is written."""

    def __init__(self, path: Path, kind: str, schema: pa.Schema) -> None:
        self._sink = pa.output_stream(str(path), compression="gzip" if kind == "csv.gz" else None)
        if kind == "parquet":
            self._writer = pyarrow.parquet.ParquetWriter(self._sink, schema, compression="zstd")
        else:
            self._writer = pyarrow.csv.CSVWriter(self._sink, schema)

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        try:
            self._writer.close()
        finally:
            self._sink.close()


def _writable(table: pa.Table, as_text: bool) -> pa.Table:
    """Returns a table with dictionaries as values and, for CSV, which has no lists, lists as text joined by "|"."""
    for i, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(field.type.value_type))
        elif as_text and any(check(field.type) for check in _LISTS):
            lists = table.column(i).to_pylist()
            texts = [None if values is None else "|".join(str(value) for value in values) for values in lists]
            table = table.set_column(i, field.name, pa.array(texts, pa.string()))
    return table
