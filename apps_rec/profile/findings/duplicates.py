"""Counts rows that are there twice, and rows that are both trained on and measured on."""

from __future__ import annotations

from collections.abc import Iterator

from apps_rec.profile.engine import Engine, quoted
from apps_rec.profile.findings.finding import ERROR, NOTE, WARNING, Finding
from apps_rec.profile.findings.passes import KEY_HASH, ROW_HASH

_MANY = 0.001
_THE_SAME = 0.99


def judge_duplicates(engine: Engine, part: str, source: str, keys: tuple[str, ...]) -> Iterator[Finding]:
    """Yields rows of a pass that equal another in all columns, or in their keys.

    Args:
        engine: database.
        part: name of the pass.
        source: its rows in SQL.
        keys: columns of key_fields that the files have.
    """
    rows, different = engine.row(f"SELECT count(*), count(DISTINCT {quoted(ROW_HASH)}) FROM {source}")
    if rows > different:
        twice = f"{rows - different:,} of {rows:,} rows equal an earlier one in all columns"
        if rows - different > _MANY * rows:
            level, text = WARNING, f"{twice}, more than 1 in 1,000: was a file joined twice?"
        else:
            level, text = NOTE, f"{twice}; more than 1 in 1,000 would be a warning"
        yield Finding(level, "duplicates", part, text)
    if keys:
        (different,) = engine.row(f"SELECT count(DISTINCT {quoted(KEY_HASH)}) FROM {source}")
        if rows > different:
            text = f"{rows - different:,} of {rows:,} rows have the key_fields ({', '.join(keys)}) of an earlier one"
            yield Finding(NOTE, "duplicates", part, text)


def judge_overlap(engine: Engine, train: str, evaluation: str) -> Iterator[Finding]:
    """Yields rows of evaluation that equal one of training in all columns."""
    name = quoted(ROW_HASH)
    # The smaller side is the one that is held.
    rows, both = engine.row(
        f"""WITH e AS (SELECT {name} h, count(*) n FROM {evaluation} GROUP BY 1),
            b AS (SELECT DISTINCT {name} h FROM {train} SEMI JOIN e ON {name} = e.h)
        SELECT (SELECT sum(n) FROM e), (SELECT sum(n) FROM e SEMI JOIN b USING (h))"""
    )
    if both:
        level = ERROR if both >= _THE_SAME * rows else WARNING
        text = f"{both:,} of {rows:,} rows equal a training row in all columns: what was learned by heart is measured"
        yield Finding(level, "overlap", "evaluate", text)
