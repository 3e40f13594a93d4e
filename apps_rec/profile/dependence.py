"""Reads from the sample what columns have to do with labels, users and items."""

from __future__ import annotations

from dataclasses import replace

from apps_rec.profile.columns import WORDS, present_sql
from apps_rec.profile.engine import Engine
from apps_rec.profile.facts import LIST, NUMBERS, OTHER, TRUTH, ColumnFacts, Outcome

# Equal parts of a column of many numbers: fine enough to see where a label begins, with hundreds of rows in each.
_BINS = 256
# Rows from which the AUC of a column is measured.
_AUC_ROWS = 200_000
# Rows by which the rate of a value is drawn to the rate of all, so that one row alone says little.
_PRIOR_ROWS = 1


def read_outcomes(
    engine: Engine, columns: list[ColumnFacts], labels: tuple[str, ...], sample_rows: int
) -> list[ColumnFacts]:
    """Returns the facts of columns with what each has to do with each label; nothing of the labels themselves."""
    asked: list[str] = []
    others = [at for at, column in enumerate(columns) if column.name not in labels and column.family != OTHER]
    for at in others:
        column, family = f"c{at}", columns[at].family
        there = present_sql(column, family)
        if family in NUMBERS:
            there = f"({there} AND {column} <> 0)"
        elif family == TRUTH:
            there = column
        for one in range(len(labels)):
            asked += [f"count_if({there} AND y{one} IN (0, 1))", f"count_if({there} AND y{one} = 1)"]
    answers = iter(engine.row(f"SELECT {', '.join(asked)} FROM sample") if asked else ())
    every = max(1, sample_rows // _AUC_ROWS)
    made = list(columns)
    for at in others:
        outcomes = {}
        for one, label in enumerate(labels):
            there, with_label = next(answers), next(answers)
            outcomes[label] = Outcome(_auc(engine, f"c{at}", columns[at], f"y{one}", every), there, with_label)
        made[at] = replace(columns[at], outcomes=outcomes)
    return made


def _auc(engine: Engine, column: str, facts: ColumnFacts, label: str, every: int) -> float | None:
    """Returns the AUC of the rate of a column's value, learned on one half of the rows and measured on the other."""
    if facts.family == LIST or facts.sample_distinct < 2:
        return None
    value = column
    if facts.family in NUMBERS and facts.sample_distinct > WORDS:
        # All rows of one number are in one bin. A missing one is in the last.
        value = f"CASE WHEN {column} IS NOT NULL THEN ceil({_BINS} * cume_dist() OVER (ORDER BY {column})) END"
    (auc,) = engine.row(
        f"""WITH t AS (SELECT {value} v, {label} y, (h >> 20) & 1 half FROM sample
                WHERE {label} IN (0, 1) AND h % {every} = 0),
            rate AS (SELECT avg(y) r FROM t),
            g AS (SELECT v, count_if(half = 0) n0, count_if(half = 0 AND y = 1) p0, count_if(half = 1) n1,
                count_if(half = 1 AND y = 1) p1 FROM t GROUP BY v),
            s AS (SELECT (p0 + {_PRIOR_ROWS} * r) / (n0 + {_PRIOR_ROWS}) score, sum(p1) p, sum(n1 - p1) q FROM g, rate
                GROUP BY score),
            w AS (SELECT p, q, sum(q) OVER (ORDER BY score) - q below FROM s)
        SELECT sum(p * (below + q / 2)) / nullif(sum(p) * sum(q), 0) FROM w"""
    )
    return None if auc is None else float(auc)


def read_sameness(
    engine: Engine, columns: list[ColumnFacts], names: list[str], user: str | None, item: str | None
) -> list[ColumnFacts]:
    """Returns the facts of columns with the share of rows in whose user, or item, the column has one value only.

    Only rows count that do not have the most frequent value: nearly all rows of all users have that of a rare event.
    """
    entities = [(key, is_user) for key, is_user in ((user, True), (item, False)) if key is not None]
    others = [at for at, column in enumerate(columns) if column.family != OTHER]
    if not entities or not others:
        return columns
    commonest = engine.row(
        "SELECT "
        + ", ".join(f"(SELECT hash(c{at}) FROM sample GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)" for at in others)
    )
    made = list(columns)
    for entity, is_user in entities:
        key, family = f"c{names.index(entity)}", columns[names.index(entity)].family
        inner, outer = [], []
        for at, common in zip(others, commonest, strict=True):
            inner.append(f"min(hash(c{at})) = max(hash(c{at})) AS s{at}, count_if(hash(c{at}) <> {common}) AS d{at}")
            outer.append(f"sum(d{at}) FILTER (WHERE s{at}), sum(d{at})")
        answers = iter(
            engine.row(
                f"SELECT {', '.join(outer)} FROM (SELECT count(*) n, {', '.join(inner)} FROM sample "
                f"WHERE {present_sql(key, family)} GROUP BY {key} HAVING n > 1)"
            )
        )
        for at in others:
            same, rows = next(answers), next(answers)
            share = None if not rows else int(same or 0) / int(rows)
            if is_user:
                made[at] = replace(made[at], same_for_user=share)
            else:
                made[at] = replace(made[at], same_for_item=share)
    return made
