"""Reads the facts of one column from the sample."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from apps_rec.profile.engine import Engine
from apps_rec.profile.facts import DAY, INSTANT, LIST, NUMBERS, OTHER, REAL, TEXT, TRUTH, WHOLE, ColumnFacts, ItemFacts

# Words that are kept of a column, so that each may have an id of its own.
WORDS = 201
# Different cells of text whose form is looked at.
_CELLS = 3_000
# Equal parts that numbers are cut into.
PARTS = 50
# Rows whose lists are taken apart.
_LIST_ROWS = 50_000
_SEEN_ITEMS = 5_000

_FAMILIES = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), WHOLE
    ),
    **dict.fromkeys(("HUGEINT", "UHUGEINT"), WHOLE),
    **dict.fromkeys(("FLOAT", "DOUBLE"), REAL),
    "BOOLEAN": TRUTH,
    "VARCHAR": TEXT,
    "DATE": DAY,
}


def family_of(stored: str) -> str:
    """Returns the family of a type in DuckDB's words."""
    if re.search(r"\[\d*\]$", stored):
        return LIST
    if stored.startswith("TIMESTAMP"):
        return INSTANT
    if stored.startswith("DECIMAL"):
        return REAL
    return TEXT if stored.startswith("ENUM") else _FAMILIES.get(stored, OTHER)


def present_sql(column: str, family: str) -> str:
    """Returns the condition in SQL that a column has a value."""
    if family == TEXT:
        return f"({column} <> '')"
    if family == REAL:
        # DuckDB 2.0 takes isnan for false where the statistics of a Parquet file, which leave NaN out, show a greatest
        # number. No column reads infinity either.
        return f"isfinite({column}::DOUBLE)"
    return f"(len({column}) > 0)" if family == LIST else f"({column} IS NOT NULL)"


def distinct_sql(column: str, family: str) -> str:
    """Returns the number of different values in SQL, within some per cent."""
    return (
        "NULL" if family == OTHER else f"approx_count_distinct({column}) FILTER (WHERE {present_sql(column, family)})"
    )


def read_column(engine: Engine, column: str, facts: ColumnFacts, sample_rows: int) -> ColumnFacts:
    """Returns the facts of a column with what the sample says of it.

    Args:
        engine: database with the table `sample`.
        column: name of the column in that table.
        facts: what is known from all rows.
        sample_rows: rows of the sample.
    """
    if facts.family == OTHER:
        return facts
    if facts.family == LIST:
        return replace(facts, items=_items(engine, column, facts.stored, sample_rows))
    present = present_sql(column, facts.family)
    counts = f"(SELECT CAST({column} AS VARCHAR) w, count(*) n FROM sample WHERE {present} GROUP BY {column})"
    found = engine.rows(f"SELECT w, n, count(*) OVER () FROM {counts} ORDER BY n DESC, w LIMIT {WORDS}")
    facts = replace(facts, words=tuple((word, n) for word, n, _ in found), sample_distinct=found[0][2] if found else 0)
    if facts.family == TEXT:
        cells = facts.words
        if facts.sample_distinct > WORDS:
            cells = tuple(engine.rows(f"SELECT w, n FROM {counts} ORDER BY hash(w), w LIMIT {_CELLS}"))
        return replace(facts, cells=cells)
    if facts.family in NUMBERS:
        return _with_numbers(engine, column, facts)
    return facts


def _with_numbers(engine: Engine, column: str, facts: ColumnFacts) -> ColumnFacts:
    steps = ", ".join(str(part / PARTS) for part in range(1, PARTS))
    cuts, above, whole = engine.row(
        f"""SELECT quantile_disc(c, [{steps}]) FILTER (WHERE c <> 0), min(c) FILTER (WHERE c > 0),
            bool_and(c = floor(c)) FROM (SELECT {column} c FROM sample WHERE isfinite({column}::DOUBLE))"""
    )
    is_whole = facts.family == WHOLE or bool(whole)
    number = int if is_whole else float
    return replace(
        facts,
        quantiles=tuple(dict.fromkeys(number(cut) for cut in cuts or ())),
        least_above_zero=None if above is None else number(above),
        is_whole=is_whole,
    )


def _items(engine: Engine, column: str, stored: str, sample_rows: int) -> ItemFacts:
    inner = re.sub(r"\[\d*\]$", "", stored)
    family = family_of(inner)
    if family not in (*NUMBERS, TEXT, TRUTH):
        return ItemFacts(OTHER, 0, 0, 0, frozenset())
    every = max(1, sample_rows // _LIST_ROWS)
    part = f"(SELECT {column} c FROM sample WHERE len({column}) > 0 AND h % {every} = 0)"
    shortest, longest = engine.row(f"SELECT min(len(c)), max(len(c)) FROM {part}")
    values = f"(SELECT DISTINCT CAST(e AS VARCHAR) e FROM (SELECT unnest(c) e FROM {part}) WHERE e IS NOT NULL)"
    (distinct,) = engine.row(f"SELECT count(*) FROM {values}")
    seen: list[tuple[Any, ...]] = engine.rows(f"SELECT e FROM {values} ORDER BY hash(e), e LIMIT {_SEEN_ITEMS}")
    return ItemFacts(family, distinct, shortest or 0, longest or 0, frozenset(one for (one,) in seen))
