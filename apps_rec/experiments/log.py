"""The log of an experiment, wherever it is: files and DuckDB's databases read here, tables that a warehouse reads."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apps_rec.errors import DataError, RunError
from apps_rec.experiments.columns import ARM, USER, Columns
from apps_rec.nearest import did_you_mean, nearest
from apps_rec.profile.engine import Engine, engine, quoted, text
from apps_rec.profile.find_source import find_source

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from tea_tasting.aggr import Aggregates

# Stands between a database and its table.
_OF_TABLE = "::"
_VIEW = "experiment_log"
# About what DuckDB keeps of a user, whose identifier may be a number or some forty letters, and of each sum. It may
# have 1 GB, and fails rather than spills where groups are most of it.
_BYTES_OF_USER = {"BIGINT": 60, "VARCHAR": 160}
_BYTES_OF_SUM, _BYTES_OF_PASS = 24, 400_000_000
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")
_IDS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")


class Log(ABC):
    """A log with the columns of an experiment, under the names of `Columns`.

    Attributes:
        what: name of the log in a message.
        table: the log as a table of Ibis; numbers are float64, arms are text.
    """

    what: str
    table: ir.Table

    @abstractmethod
    def rows(self, query: ir.Table) -> list[dict[str, Any]]:
        """Returns the rows of a query over `table`."""

    @abstractmethod
    def parts(self, users: int, keys: int) -> int:
        """Returns in how many passes, each over a part of the users, `aggregates` sums these.

        Args:
            users: number of users.
            keys: number of sums of each user.
        """

    @abstractmethod
    def aggregates(
        self, users: ir.Table, group: str, means: Sequence[str], pairs: Sequence[tuple[str, str]]
    ) -> dict[Any, Aggregates]:
        """Returns numbers of users, means, variances and covariances by group.

        Args:
            users: query over `table` with a row a user.
            group: column by which users are grouped.
            means: columns.
            pairs: pairs of columns whose covariance is wanted; a column with itself is its variance.
        """


@contextmanager
def open_log(logs: str, columns: Columns) -> Iterator[Log]:
    """Yields a log.

    Args:
        logs: path, glob or folder of Parquet or CSV files, several separated by commas; a table of a database of
            DuckDB, `x.duckdb::table`; or one of a warehouse, `<address as Ibis takes it>::table`.
        columns: columns to read.

    Raises:
        DataError: there is no such log, or it lacks columns.
        RunError: what reads it is not installed.
    """
    address, mark, table = logs.rpartition(_OF_TABLE)
    if not mark or os.path.exists(logs):
        with engine(logs) as database:
            source = find_source(database, logs, reader="ab")
            if source.csv is not None:
                # A number that begins with 0 is another user than the number without it.
                keys = {columns.user, columns.arm}
                stored = tuple((name, "VARCHAR" if name in keys else kind) for name, kind in source.columns)
                source = replace(source, columns=stored)
            yield _DuckLog(database, logs, source.sql(), dict(source.columns), columns)
    elif "://" in address and not address.startswith("duckdb://"):
        yield _WarehouseLog(address, table, columns)
    else:
        path = address.removeprefix("duckdb://")
        if not os.path.isfile(path):
            raise DataError(f"{logs}: there is no file {path}; expected a database of DuckDB in front of {_OF_TABLE}")
        with engine(logs) as database:
            database.run(f"ATTACH {text(path)} AS log_database (READ_ONLY)")
            name = _table_of_database(database, logs, table)
            described = database.rows(f"DESCRIBE SELECT * FROM {name}")
            yield _DuckLog(database, logs, name, {column: kind for column, kind, *_ in described}, columns)


def _table_of_database(database: Engine, logs: str, table: str) -> str:
    """Returns a table or view of the attached database as SQL writes it."""
    schema, _, name = table.rpartition(".")
    found = database.rows(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'log_database'"
    )
    for in_schema, in_table in found:
        if (in_schema, in_table) in ((schema or "main", name), ("main", table)):
            return f"log_database.{quoted(in_schema)}.{quoted(in_table)}"
    names = [one if of == "main" else f"{of}.{one}" for of, one in found]
    raise DataError(_no_table(logs, table, names))


def _no_table(logs: str, table: str, names: Sequence[str]) -> str:
    tables = ", ".join(sorted(names)) or "none"
    return f'{logs}: there is no table "{table}"; tables are {tables}.{did_you_mean(nearest(table, names))}'


class _DuckLog(Log):
    """A log that DuckDB reads. What Ibis writes as SQL goes through the engine: its backend knows no DuckDB 2 yet."""

    def __init__(self, database: Engine, what: str, source: str, types: dict[str, str], columns: Columns) -> None:
        import ibis

        others = {name: kind for name, kind in types.items() if not kind.lstrip("U").startswith(_NUMBERS)}
        columns.require(what, list(types), others | {name: k for name, k in types.items() if k.endswith("]")})
        key = "BIGINT" if types[columns.user] in _IDS else "VARCHAR"
        read = [f"CAST({quoted(columns.user)} AS {key}) AS {USER}", f"CAST({quoted(columns.arm)} AS VARCHAR) AS {ARM}"]
        read += [f"{_number(quoted(name), types[name])} AS {alias}" for alias, name in columns.numbers.items()]
        database.run(f"CREATE TEMP VIEW {_VIEW} AS SELECT {', '.join(read)} FROM {source}")
        stored = {USER: "int64" if key == "BIGINT" else "string", ARM: "string"}
        self.table = ibis.table(stored | dict.fromkeys(columns.numbers, "float64"), name=_VIEW)
        self.what = what
        self._database = database
        self._bytes_of_user = _BYTES_OF_USER[key]

    def rows(self, query: ir.Table) -> list[dict[str, Any]]:
        import ibis

        return self._database.named_rows(str(ibis.to_sql(query, dialect="duckdb")))

    def parts(self, users: int, keys: int) -> int:
        return max(1, math.ceil(users * (self._bytes_of_user + _BYTES_OF_SUM * keys) / _BYTES_OF_PASS))

    def aggregates(
        self, users: ir.Table, group: str, means: Sequence[str], pairs: Sequence[tuple[str, str]]
    ) -> dict[Any, Aggregates]:
        from tea_tasting.aggr import Aggregates

        asked = {f"mean_{name}": users[name].mean() for name in means}
        asked |= {f"cov_{a}_{b}": users[a].cov(users[b], how="sample") for a, b in pairs if a != b}
        asked |= {f"var_{a}": users[a].var(how="sample") for a, b in pairs if a == b}
        found = self.rows(users.group_by(group).aggregate(num_users=users.count(), **asked))
        return {
            row[group]: Aggregates(
                row["num_users"],
                {name: row[f"mean_{name}"] for name in means},
                # A user alone has none.
                {a: row[f"var_{a}"] or 0.0 for a, b in pairs if a == b},
                {(a, b): row[f"cov_{a}_{b}"] or 0.0 for a, b in pairs if a != b},
            )
            for row in found
        }


def _number(column: str, kind: str) -> str:
    """Returns a column of numbers, or of true and false, as DOUBLE."""
    if kind == "BOOLEAN":
        # A cast would reach the reader of CSV, which takes "false" for no number.
        return f"CASE WHEN {column} THEN 1.0::DOUBLE WHEN NOT {column} THEN 0.0::DOUBLE END"
    return f"CAST({column} AS DOUBLE)"


class _WarehouseLog(Log):
    """A log in a database that Ibis knows, which computes all sums itself."""

    def __init__(self, address: str, table: str, columns: Columns) -> None:
        import ibis

        self.what = f"{address}, table {table}"
        try:
            self._connection = ibis.connect(address)
            names = self._connection.list_tables()
            schema, _, name = table.rpartition(".")
            log = None
            if schema or name in names:
                log = self._connection.table(name, database=schema or None)
        except ImportError as error:
            kind = address.partition("://")[0]
            raise RunError(f"{self.what}: {error}; pip install 'ibis-framework[{kind}]'") from None
        except Exception as error:  # Each driver has errors of its own.
            raise DataError(f"{self.what}: {_first_line(error)}") from None
        if log is None:
            raise DataError(_no_table(address, table, names))
        types = {name: kind for name, kind in log.schema().items() if not (kind.is_numeric() or kind.is_boolean())}
        columns.require(self.what, list(log.columns), {name: str(kind) for name, kind in types.items()})
        numbers = {alias: log[name].cast("float64") for alias, name in columns.numbers.items()}
        self.table = log.select(**{USER: log[columns.user], ARM: log[columns.arm].cast("string")}, **numbers)

    def rows(self, query: ir.Table) -> list[dict[str, Any]]:
        try:
            return self._connection.to_pyarrow(query).to_pylist()
        except Exception as error:
            raise DataError(f"{self.what}: {_first_line(error)}") from None

    def parts(self, users: int, keys: int) -> int:
        # It has memory of its own.
        return 1

    def aggregates(
        self, users: ir.Table, group: str, means: Sequence[str], pairs: Sequence[tuple[str, str]]
    ) -> dict[Any, Aggregates]:
        from tea_tasting.aggr import read_aggregates

        try:
            return read_aggregates(
                users,
                group,
                has_count=True,
                mean_cols=means,
                var_cols=[a for a, b in pairs if a == b],
                cov_cols=[(a, b) for a, b in pairs if a != b],
            )
        except Exception as error:
            raise DataError(f"{self.what}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
