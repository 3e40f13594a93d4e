"""Reads the facts of a table through DuckDB: one pass over all rows, one that keeps a sample, the rest from that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from apps_rec.profile.columns import distinct_sql, family_of, present_sql, read_column
from apps_rec.profile.csv_form import sniffed_whole
from apps_rec.profile.dependence import read_outcomes, read_sameness
from apps_rec.profile.engine import Engine, UnreadableError, quoted
from apps_rec.profile.facts import NUMBERS, ColumnFacts, LabelFacts, TableFacts
from apps_rec.profile.source import Source

# Rows that quantiles, words and dependence are taken from. At a click rate of .4 % they hold 2,000 clicks, and they fit
# into the memory that DuckDB has here.
SAMPLE_ROWS = 500_000
_PARTS = 1_000_000


@dataclass(frozen=True)
class Wanted:
    """Columns that a reader has found by their names.

    Attributes:
        labels: labels.
        user: column of the users, or None.
        item: column of the items, or None.
    """

    labels: tuple[str, ...]
    user: str | None = None
    item: str | None = None


def read_facts(
    engine: Engine, source: Source, wanted: Wanted, check_labels: Callable[[Source, TableFacts], None]
) -> tuple[Source, TableFacts]:
    """Reads the facts of a table. The same files give the same facts, whatever the number of threads.

    Args:
        engine: database, in which the table `sample` is made.
        source: files of the table.
        wanted: columns with a part of their own.
        check_labels: function that raises an error where labels are wrong, after the first pass and before the second.

    Returns:
        The source, whose types fit all rows, and the facts.

    Raises:
        DataError: a file cannot be read, or there are no rows.
    """
    try:
        return source, _read(engine, source, wanted, partial(check_labels, source))
    except UnreadableError:
        if source.csv is None:
            raise
    # A column begins with numbers and goes on with words.
    source = sniffed_whole(engine, source)
    return source, _read(engine, source, wanted, partial(check_labels, source))


def _read(engine: Engine, source: Source, wanted: Wanted, check_labels: Callable[[TableFacts], None]) -> TableFacts:
    names = ", ".join(f"{quoted(name)} AS c{at}" for at, name in enumerate(source.names))
    engine.run(f"CREATE OR REPLACE TEMP VIEW all_rows AS SELECT {names} FROM {source.sql()}")
    rows, columns, labels, both, missing_and_one = _of_all_rows(engine, source, wanted)
    table = TableFacts(rows, 0, tuple(columns), tuple(labels), both, missing_and_one)
    check_labels(table)
    sample_rows = _keep_sample(engine, source, wanted, rows)
    columns = [read_column(engine, f"c{at}", column, sample_rows) for at, column in enumerate(columns)]
    if sample_rows == rows:
        columns = [replace(column, distinct=column.sample_distinct) for column in columns]
    columns = read_outcomes(engine, columns, wanted.labels, sample_rows)
    columns = read_sameness(engine, columns, source.names, wanted.user, wanted.item)
    return replace(table, sample_rows=sample_rows, columns=tuple(columns))


def label_sql(column: str, family: str) -> str:
    """Returns a label as a number in SQL; NULL where it is neither a number nor true or false."""
    if family == "text":
        return (
            f"COALESCE(TRY_CAST({column} AS DOUBLE), "
            f"CASE lower(trim({column})) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)"
        )
    return f"TRY_CAST({column} AS DOUBLE)" if family in (*NUMBERS, "truth") else "CAST(NULL AS DOUBLE)"


def _of_all_rows(
    engine: Engine, source: Source, wanted: Wanted
) -> tuple[int, list[ColumnFacts], list[LabelFacts], Any, Any]:
    """Counts rows, missing and different values, extremes and labels, in one pass."""
    asked = ["count(*)"]
    families = [family_of(stored) for _, stored in source.columns]
    for at, family in enumerate(families):
        column = f"c{at}"
        asked += [f"count_if({present_sql(column, family)})", distinct_sql(column, family)]
        if family in NUMBERS:
            finite = f"FILTER (WHERE isfinite({column}::DOUBLE))"
            asked += [f"min({column}) {finite}", f"max({column}) {finite}"]
        else:
            asked += ["NULL", "NULL"]
    places = {name: source.names.index(name) for name in wanted.labels}
    numbers = {name: label_sql(f"c{at}", families[at]) for name, at in places.items()}
    for name, at in places.items():
        asked += [f"count_if({numbers[name]} = 0)", f"count_if({numbers[name]} = 1)"]
        asked += [f"count(*) - count_if({present_sql(f'c{at}', families[at])})"]
    pairs = [(one, other) for one in wanted.labels for other in wanted.labels if one != other]
    for one, other in pairs:
        asked += [f"count_if({numbers[one]} = 1 AND {numbers[other]} = 1)"]
        present = present_sql(f"c{places[one]}", families[places[one]])
        asked += [f"count_if(NOT COALESCE({present}, false) AND {numbers[other]} = 1)"]
    rows, *found = engine.row(f"SELECT {', '.join(asked)} FROM all_rows")
    answers = iter(found)
    columns = []
    for (name, stored), family in zip(source.columns, families, strict=True):
        present, distinct, low, high = (next(answers) for _ in range(4))
        missing = 1 - present / rows if rows else 0.0
        columns.append(ColumnFacts(name, stored, family, missing, distinct or 0, low=_number(low), high=_number(high)))
    labels = []
    for name in wanted.labels:
        zeros, ones, missing = (next(answers) or 0 for _ in range(3))
        labels.append(LabelFacts(name, zeros, ones, missing, rows - zeros - ones - missing))
    both, missing_and_one = {}, {}
    for pair in pairs:
        both[pair], missing_and_one[pair] = next(answers) or 0, next(answers) or 0
    return rows, columns, labels, both, missing_and_one


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else float(value)


def _keep_sample(engine: Engine, source: Source, wanted: Wanted, rows: int) -> int:
    """Makes the table `sample`, of all rows or those with a small hash, with hash and labels; returns its rows.

    The hash is that of a row and its number: equal rows are not all in the sample, nor all in one half of it.
    """
    columns = [f"c{at}" for at in range(len(source.columns))]
    families = [family_of(stored) for _, stored in source.columns]
    places = [source.names.index(name) for name in wanted.labels]
    labels = [
        f", TRY_CAST({label_sql(f'c{place}', families[place])} AS TINYINT) AS y{at}" for at, place in enumerate(places)
    ]
    names = ", ".join(f"{quoted(name)} AS c{at}" for at, name in enumerate(source.names))
    if source.csv is None and "file_row_number" not in source.names:
        numbered = f"SELECT {names}, file_row_number AS r FROM {source.sql(numbered=True)}"
    else:
        numbered = f"SELECT {names}, row_number() OVER () AS r FROM {source.sql()}"
    where = "" if rows <= SAMPLE_ROWS else f"WHERE h % {_PARTS} < {max(1, _PARTS * SAMPLE_ROWS // rows)}"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE sample AS SELECT *{''.join(labels)} FROM "
        f"(SELECT * EXCLUDE r, hash(r, {', '.join(columns)}) AS h FROM ({numbered})) {where}"
    )
    (kept,) = engine.row("SELECT count(*) FROM sample")
    return int(kept)


def odd_values(engine: Engine, source: Source, label: str, limit: int = 5) -> Sequence[tuple[str, int]]:
    """Returns the most frequent values of a label that are not 0 or 1, with their rows."""
    at = source.names.index(label)
    family = family_of(source.columns[at][1])
    number = label_sql(f"c{at}", family)
    return engine.rows(
        f"SELECT CAST(c{at} AS VARCHAR), count(*) n FROM all_rows WHERE {present_sql(f'c{at}', family)} "
        f"AND ({number} IS NULL OR {number} NOT IN (0, 1)) GROUP BY 1 ORDER BY n DESC, 1 LIMIT {limit}"
    )
