"""DuckDB as this package uses it: in memory, within a limit, without extensions, and with errors a user can mend."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from apps_rec.errors import DataError, RunError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# Of the 2 GiB that a command may take, the rest is Python's, pyarrow's and what DuckDB does not count.
MEMORY = "1GB"


_HINTS = ("Possible", "The search space", "LINE ", "Candidate")


class Engine:
    """A connection to DuckDB.

    Args:
        connection: connection that is used and not closed here.
        what: name of the data in a message.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, what: str) -> None:
        self._connection = connection
        self._what = what

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query.

        Raises:
            DataError: a file is not as DuckDB reads it, or memory and disk do not suffice.
        """
        with self._told():
            return self._connection.execute(sql).fetchall()

    def named_rows(self, sql: str) -> list[dict[str, Any]]:
        """Returns the rows of a query, by the names of its columns.

        Raises:
            DataError: as of `rows`.
        """
        with self._told():
            found = self._connection.execute(sql)
            names = [name for name, *_ in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns errors that the user can mend into DataErrors."""
        import duckdb

        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise DataError(
                f"{self._what}: {MEMORY} of memory and the disk for temporary files do not suffice "
                f"({_first_line(error)}); free some of $TMPDIR, or give fewer files"
            ) from None
        except (
            duckdb.InvalidInputException,
            duckdb.IOException,
            duckdb.ConversionException,
            duckdb.NotImplementedException,
        ) as error:
            raise UnreadableError(f"{self._what}: cannot be read: {_first_line(error)}") from None
        except RuntimeError as error:
            # DuckDB looks for signals while it works, and takes what they raise for an end of the query.
            if "interrupted" in str(error):
                raise KeyboardInterrupt from None
            raise

    def row(self, sql: str) -> tuple[Any, ...]:
        """Returns the only row of a query."""
        (row,) = self.rows(sql)
        return row

    def run(self, sql: str) -> None:
        """Runs a statement that has no rows."""
        self.rows(sql)

    def run_over(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, sql: str) -> None:
        """Runs a statement once over batches, which it reads as the table `batches`. Their own errors are raised."""
        import pyarrow as pa

        failed: list[BaseException] = []

        def watched() -> Iterator[pa.RecordBatch]:
            try:
                yield from batches
            except BaseException as error:
                failed.append(error)
                raise

        self._connection.register("batches", pa.RecordBatchReader.from_batches(schema, watched()))
        try:
            self.run(sql)
        except Exception:
            if failed:
                raise failed[0] from None
            raise
        finally:
            self._connection.unregister("batches")


class UnreadableError(DataError):
    """A file that DuckDB cannot read as it was told to."""


@contextmanager
def engine(what: str) -> Iterator[Engine]:
    """Yields an empty database, whose temporary files are gone after the block.

    Args:
        what: name of the data in a message.

    Raises:
        RunError: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise RunError("DuckDB, which reads the table, is not installed here; pip install duckdb") from None
    with tempfile.TemporaryDirectory(prefix="apps_rec_") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(config=settings)
        try:
            yield Engine(connection, what)
        finally:
            connection.close()


def quoted(name: str) -> str:
    """Returns a column's name as SQL writes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Returns a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    """Returns what DuckDB says in front of its hints, without the name of the error's class."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    ends = [at for at, line in enumerate(lines) if not line or line.startswith(_HINTS)]
    said = " ".join(line.rstrip(".") + "." for line in lines[: min(ends, default=len(lines))])
    return re.sub(r"^([A-Z]\w+ )+Error: ", "", said).rstrip(".")
