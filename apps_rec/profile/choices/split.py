"""Decides which rows train, which choose the checkpoint, and which measure it in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps_rec.errors import DataError
from apps_rec.profile import forms, names
from apps_rec.profile.choices.kinds import IS_THEIRS, SPLIT, TIME, Kind, Roles
from apps_rec.profile.engine import Engine, quoted, text
from apps_rec.profile.facts import DAY, INSTANT, ColumnFacts, TableFacts
from apps_rec.profile.forms import Form
from apps_rec.profile.source import Source

TRAIN, VALIDATION, EVALUATION = "TRAIN", "VALIDATION", "EVALUATION"
HOLDOUT = 0.1
# Values of a time by which rows may be divided whole; of finer ones a quantile is taken.
_MOST_VALUES = 5_000
# Days that a log must have, so that a day is a small part of it.
_LEAST_DAYS, _MOST_DAYS = 5, 1_000
# The last days are for measuring only if most rows are left.
_MOST_EVAL = 0.5
_HASH_PARTS = 10_000


@dataclass(frozen=True)
class Filter:
    """A row filter of the config: bounds or a word, for one pass."""

    column: str
    use: str
    keep: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True)
class Split:
    """The division of the rows.

    Attributes:
        why: a sentence for the config.
        train_share: share of the rows that train, with the tenth of them that is held out where `holdout_from` is None.
        filters: row filters of the config, where one table is both.
        eval_sql: condition on the rows to measure, where two files are to be written; else "".
        eval_paths: files to measure on that are there already, or None.
        holdout_by: column that divides the training rows from those that choose the checkpoint; "": their numbers;
            None: filters do it.
        holdout_from: value of that column from which on rows choose; None: a tenth of its values do.
    """

    why: str
    train_share: float
    filters: tuple[Filter, ...] = ()
    eval_sql: str = ""
    eval_paths: str | None = None
    holdout_by: str | None = None
    holdout_from: str | None = None

    def steps_share(self, with_holdout: bool) -> float:
        """Returns the share of the rows that training steps take.

        Args:
            with_holdout: whether the config has a holdout, which EasyRec has not.
        """
        has_tenth = with_holdout and self.holdout_by is not None and self.holdout_from is None
        return self.train_share * (1 - HOLDOUT if has_tenth else 1)


def decide_split(
    engine: Engine,
    source: Source,
    table: TableFacts,
    kinds: dict[str, Kind],
    roles: Roles,
    eval_share: float,
    can_filter: bool = True,
) -> Split:
    """Returns a split by a column that says it, else by time, else by user, else by row.

    Args:
        engine: database with the sample.
        source: files of the table.
        table: facts of the table.
        kinds: kind of each column.
        roles: users, items and time.
        eval_share: share of the rows that measure; as many choose the checkpoint.
        can_filter: whether the config may divide the rows; otherwise files are written.
    """
    holdout_by = roles.user if roles.user else ""
    marked = [column for column in table.columns if kinds[column.name].what == SPLIT]
    if marked:
        made = _by_mark(marked[0], table, holdout_by)
        measured = [word for one in made.filters if one.use == EVALUATION for word in one.keep]
        words = ", ".join(map(text, measured))
        condition = f"{quoted(marked[0].name)} IN ({words})"
        if can_filter:
            return made
        # The file to train on has the rows that would choose, too.
        trains = sum(count for word, count in marked[0].words if word not in measured)
        share = trains / max(1, table.sample_rows)
        return replace(made, train_share=share, filters=(), eval_sql=condition, holdout_by=holdout_by)
    made_by_time = _by_time(engine, source, table, kinds, roles, eval_share, can_filter)
    if made_by_time is not None:
        return made_by_time
    by = [roles.user] if roles.user else source.names
    condition = f"hash({', '.join(quoted(name) for name in by)}) % {_HASH_PARTS} < {round(eval_share * _HASH_PARTS)}"
    whom = f"all rows of a user ({roles.user}) are in one" if roles.user else "equal rows are in one"
    whose = "users" if roles.user else "rows"
    why = f"No column says when a row was logged: {eval_share:.0%} of the {whose} measure; {whom} part."
    return Split(why, 1 - eval_share, eval_sql=condition, holdout_by=holdout_by)


def with_eval_paths(split: Split, eval_paths: str, roles: Roles) -> Split:
    """Returns the split where files to measure on are given, and what measured before chooses the checkpoint.

    Args:
        split: split of the table without these files.
        eval_paths: files to measure on.
        roles: users.
    """
    bounds = next((one for one in split.filters if one.use == EVALUATION and one.start is not None), None)
    choose = f"those from {bounds.start} of {bounds.column} on" if bounds else "a tenth of them"
    why = f"All rows train, but {choose}, which choose the checkpoint; those of {eval_paths} measure."
    if bounds:
        return Split(why, 1 - HOLDOUT, eval_paths=eval_paths, holdout_by=bounds.column, holdout_from=bounds.start)
    return Split(why, 1, eval_paths=eval_paths, holdout_by=roles.user or "")


def _by_mark(column: ColumnFacts, table: TableFacts, holdout_by: str) -> Split:
    """Returns the split that a column of words such as train and test says."""
    uses: dict[str, list[str]] = {TRAIN: [], VALIDATION: [], EVALUATION: []}
    shares = dict(column.words)
    for word in sorted(shares):
        low = word.lower()
        last = low.startswith(("test", "eval", "holdout"))
        uses[TRAIN if low.startswith("train") else EVALUATION if last else VALIDATION].append(word)
    if not uses[EVALUATION]:
        uses[EVALUATION], uses[VALIDATION] = uses[VALIDATION], []
    filters = tuple(Filter(column.name, use, keep=tuple(words)) for use, words in uses.items() if words)
    share = sum(shares[word] for word in uses[TRAIN]) / max(1, table.sample_rows)
    return Split(
        f"As the column {column.name} says.", share, filters, holdout_by=None if uses[VALIDATION] else holdout_by
    )


def event_time(table: TableFacts, kinds: dict[str, Kind], roles: Roles) -> ColumnFacts | None:
    """Returns the column that says when a row was logged: days before instants, so that days stay whole."""
    if roles.time is not None:
        return table.column(roles.time)
    found = [
        column
        for column in table.columns
        if kinds[column.name].what == TIME
        and has_order(column, kinds[column.name].form)
        and not names.has(column.name, names.OTHER_TIMES)
        and not any(same is not None and same >= IS_THEIRS for same in (column.same_for_user, column.same_for_item))
        and column.missing == 0
    ]
    days = [column for column in found if _LEAST_DAYS <= column.sample_distinct <= _MOST_DAYS]
    return next(iter(days or found), None)


def has_order(column: ColumnFacts, form: Form | None) -> bool:
    """Returns whether the order of a column's values is that of time."""
    return form is None or form.is_iso or form.what == forms.DIGITS


def _by_time(
    engine: Engine,
    source: Source,
    table: TableFacts,
    kinds: dict[str, Kind],
    roles: Roles,
    eval_share: float,
    can_filter: bool,
) -> Split | None:
    """Returns the split by time; None: no column says it, or nearly all rows are of one moment."""
    column = event_time(table, kinds, roles)
    if column is None:
        return None
    name, family, form = column.name, column.family, kinds[column.name].form
    if not has_order(column, form):
        raise DataError(
            f'{source.paths}: "{name}" divides the rows by time only where its days are written as 2026-01-31; '
            f"got {column.words[0][0]!r}"
        )
    unordered = ""
    place, stored = f"c{source.names.index(name)}", quoted(name)
    if family == INSTANT:
        # As a config reads them: text, in UTC.
        place, stored = (f"strftime(make_timestamp(epoch_us({one})), '%Y-%m-%d %H:%M:%S')" for one in (place, stored))
    elif family == DAY:
        place, stored = (f"CAST({one} AS VARCHAR)" for one in (place, stored))
    if family == INSTANT or (form is not None and form.what == forms.DATED):
        (days,) = engine.row(f"SELECT count(DISTINCT left({place}, 10)) FROM sample")
        if days >= _LEAST_DAYS:
            place, stored = f"left({place}, 10)", f"left({stored}, 10)"
    if source.csv is not None and family in (DAY, INSTANT):
        is_iso = _is_iso(engine, source, name)
        if can_filter and not is_iso:
            unordered = (
                f" {name} is not written as 2026-01-31, and a config compares days as text: so the rows are written to "
                "two Parquet files beside the config, with days in that form."
            )
        can_filter = can_filter and is_iso
    cuts = _cuts(engine, place, eval_share)
    if cuts is None:
        return None
    middle, last, train_share = cuts
    start, end = str(last if middle is None else middle), str(last)
    whose = f"users ({roles.user})" if roles.user else "rows"
    choose = (
        f"a tenth of their {whose} choose" if middle is None else f"rows of {start} and later, before {end}, choose"
    )
    why = f"By time, {name}: rows before {start} train, {choose} the checkpoint, rows of {end} and later measure."
    by_users = (roles.user or "") if middle is None else None
    if can_filter:
        filters = [Filter(name, TRAIN, end=start), Filter(name, EVALUATION, start=end)]
        if middle is not None:
            filters.insert(1, Filter(name, VALIDATION, start=start, end=end))
        return Split(why, train_share, tuple(filters), holdout_by=by_users)
    condition = f"{stored} >= {text(end) if isinstance(last, str) else end}"
    by, since = (name, start) if middle is not None else (by_users, None)
    return Split(why + unordered, train_share, eval_sql=condition, holdout_by=by, holdout_from=since)


def _cuts(engine: Engine, value: str, eval_share: float) -> tuple[Any, Any, float] | None:
    """Returns the first value that chooses (or None), the first that measures, and the share of the rows before."""
    counted: Sequence[tuple[Any, int]] = engine.rows(
        f"SELECT {value} v, count(*) FROM sample WHERE {value} IS NOT NULL "
        f"GROUP BY 1 ORDER BY 1 LIMIT {_MOST_VALUES + 1}"
    )
    if len(counted) > _MOST_VALUES:
        # Hardly two rows have one value: the quantile divides them.
        shares = f"[{1 - 2 * eval_share}, {1 - eval_share}]"
        ((middle, last),) = engine.row(f"SELECT quantile_disc({value}, {shares}) FROM sample")
        return (middle, last, 1 - 2 * eval_share) if middle < last else None
    rows = sum(n for _, n in counted)
    last_at = _nearest_tail(counted, rows, eval_share, len(counted))
    if last_at is None or sum(n for _, n in counted[last_at:]) > _MOST_EVAL * rows:
        return None
    middle_at = _nearest_tail(counted, rows, eval_share, last_at)
    before = middle_at if middle_at is not None else last_at
    train_share = sum(n for _, n in counted[:before]) / rows
    if train_share < 1 - _MOST_EVAL:
        middle_at, train_share = None, sum(n for _, n in counted[:last_at]) / rows
    return None if middle_at is None else counted[middle_at][0], counted[last_at][0], train_share


def _nearest_tail(counted: Sequence[tuple[Any, int]], rows: int, share: float, end: int) -> int | None:
    """Returns where a tail before `end` begins whose share of the rows is nearest to the one wanted."""
    best, tail = None, 0
    for at in range(end - 1, 0, -1):
        tail += counted[at][1]
        distance = abs(tail / rows - share)
        if best is None or distance < best[0]:
            best = (distance, at)
    return None if best is None else best[1]


def _is_iso(engine: Engine, source: Source, name: str) -> bool:
    """Returns whether the days of a CSV column are written as 2026-01-31, which compare as text."""
    assert source.csv is not None
    if source.csv.day_format or source.csv.instant_format:
        return False
    raw = source.as_text().sql()
    (others,) = engine.row(
        f"SELECT count_if(NOT regexp_full_match(c, '\\d{{4}}-\\d{{2}}-\\d{{2}}([ T].*)?')) "
        f"FROM (SELECT {quoted(name)} c FROM {raw} LIMIT 20000)"
    )
    return not others
