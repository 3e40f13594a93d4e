"""Decides what each column is: a number, a category, an id, a list, a time, or nothing that a model can learn from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps_rec.profile import forms, names
from apps_rec.profile.columns import WORDS
from apps_rec.profile.facts import DAY, INSTANT, LIST, NUMBERS, OTHER, REAL, TEXT, TRUTH, ColumnFacts, TableFacts
from apps_rec.profile.forms import Form, form_of

LABEL, ID, CATEGORY, NUMBER, TAGS, WEIGHTED_TAGS, VECTOR, POSITION, TIME, SPLIT = (
    *("label", "id", "category", "number", "list", "weighted list", "vector", "position", "time", "split"),
)
LEFT_OUT = "left out"
# Of these a feature is made.
FEATURES = (ID, CATEGORY, NUMBER, TAGS, WEIGHTED_TAGS, VECTOR, POSITION)

# Share of rows in whose user, or item, a column has one value: from here on it is theirs, and no impression's.
IS_THEIRS = 0.95
# A value with fewer rows than this has an embedding that is learned of one row: noise.
_LEAST_ROWS_A_VALUE = 2.0
# Different values a row from which on a column is a key, and the same where they are counted within some per cent.
_UNIQUE_SHARE, _UNIQUE_SHARE_COUNTED = 0.95, 0.85
# A table of so few rows says nothing about what is unique.
_LEAST_ROWS = 100
# Whole numbers from 0 up to a greatest one, of which at least half are there, are codes and not amounts.
_MOST_GAPS = 2.0
_MOST_CODES = 10_000
_MOST_POSITIONS = 200
_SECONDS = ((10**9, 2.2e9), (10**12, 2.2e12), (10**15, 2.2e15), (10**18, 2.2e18))
_SPLIT_WORDS = {"train", "training", "val", "valid", "validation", "dev", "test", "eval", "evaluation", "holdout"}


@dataclass(frozen=True)
class Kind:
    """The kind of a column.

    Attributes:
        what: one of the words above.
        reason: reason why a column is left out.
        form: form of the cells, of text.
    """

    what: str
    reason: str = ""
    form: Form | None = None


@dataclass(frozen=True)
class Roles:
    """Columns whose place is known, by name or because the user said so; each None where there is none."""

    labels: tuple[str, ...] = ()
    user: str | None = None
    item: str | None = None
    time: str | None = None
    excluded: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def kinds_of(table: TableFacts, roles: Roles) -> dict[str, Kind]:
    """Returns the kind of every column of a table, by name."""
    return {column.name: _kind(column, table, roles) for column in table.columns}


def _kind(column: ColumnFacts, table: TableFacts, roles: Roles) -> Kind:
    if column.name in roles.labels:
        return Kind(LABEL)
    if column.name in roles.excluded:
        return Kind(LEFT_OUT, "--exclude says so")
    if column.family == OTHER or (column.items and column.items.family == OTHER):
        return Kind(LEFT_OUT, f"is stored as {column.stored}, which no feature reads; write it as numbers or text")
    if column.missing == 1:
        return Kind(LEFT_OUT, "has no value in any row")
    if column.missing == 0 and column.sample_distinct == 1 and column.distinct <= 2:
        return Kind(LEFT_OUT, f"is {column.words[0][0]!r} in every row")
    form = form_of(column.cells) if column.family == TEXT else None
    if column.name == roles.time:
        return Kind(TIME, form=form)
    if column.name in (roles.user, roles.item):
        return Kind(ID, form=form)
    if is_split(column):
        return Kind(SPLIT)
    if is_time(column, form):
        return Kind(TIME, form=form)
    if _is_position(column):
        return Kind(POSITION)
    if form is not None and form.what == forms.GROUPED:
        example = next(word for word, _ in column.cells if re.search(r"\D\d{3}(\D|$)", word))
        reason = (
            f"has marks between the thousands of its numbers ({example}), which no column reads; write them without"
        )
        return Kind(LEFT_OUT, reason, form)
    is_list = form is not None and form.what in (forms.SPLIT, forms.WEIGHTED, forms.VECTOR)
    if column.name not in roles.kept and not is_list:
        reason = _of_one_row(column, table)
        if reason:
            return Kind(LEFT_OUT, reason)
    if column.family == LIST:
        return _list_kind(column)
    return _text_kind(column, form, roles) if form else _number_kind(column)


def is_split(column: ColumnFacts) -> bool:
    """Returns whether a column says which rows are for training and which for the test."""
    return (
        column.family == TEXT
        and bool(column.words)
        and {word.lower() for word, _ in column.words} <= _SPLIT_WORDS
        and any(word.lower().startswith("train") for word, _ in column.words)
        and len(column.words) in (2, 3)
    )


def is_time(column: ColumnFacts, form: Form | None) -> bool:
    """Returns whether a column holds days or instants: by its type, by the form of its text, or numbers like them."""
    if column.family in (DAY, INSTANT):
        return True
    if form is not None:
        return form.what == forms.DATED or (form.what == forms.DIGITS and _are_days(column))
    if column.family not in NUMBERS or not column.is_whole or column.low is None or column.high is None:
        return False
    if _are_days(column) or _are_short_hours(column):
        return True
    return names.has(column.name, names.TIMES) and any(
        low <= column.low and column.high <= high for low, high in _SECONDS
    )


def _are_days(column: ColumnFacts) -> bool:
    """Returns whether all words are like 20260131, perhaps with an hour behind it."""
    words = [word for word, _ in column.words]
    return bool(words) and all(
        len(word) in (8, 10)
        and word.isdigit()
        and 1970 <= int(word[:4]) <= 2099
        and 1 <= int(word[4:6]) <= 12
        and 1 <= int(word[6:8]) <= 31
        and int(word[8:] or 0) < 24
        for word in words
    )


def _are_short_hours(column: ColumnFacts) -> bool:
    """Returns whether all words are like 26013113, a day without its century and an hour, and the name says so."""
    return names.has(column.name, names.TIMES | {"hour"}) and all(
        len(word) == 8 and 1 <= int(word[2:4]) <= 12 and 1 <= int(word[4:6]) <= 31 and int(word[6:]) < 24
        for word, _ in column.words
    )


def _is_position(column: ColumnFacts) -> bool:
    return (
        column.family in NUMBERS
        and names.words(column.name)[-1:] != ()
        and names.words(column.name)[-1] in names.POSITIONS
        # The rank of an app in the charts is the app's own.
        and (column.same_for_item is None or column.same_for_item < IS_THEIRS)
        and column.is_whole
        and column.low is not None
        and column.high is not None
        and column.low >= 0
        and column.high < _MOST_POSITIONS
    )


def _of_one_row(column: ColumnFacts, table: TableFacts) -> str:
    """Returns why nothing is learned of a column whose values hardly come again; "" for other columns."""
    if column.family in (LIST, DAY, INSTANT, TRUTH) or table.rows < _LEAST_ROWS:
        return ""
    there = table.rows * (1 - column.missing)
    is_number = column.family in NUMBERS and not names.is_id(column.name)
    rows_a_value = there / max(1, column.distinct)
    is_unique = column.sample_distinct > _UNIQUE_SHARE * table.sample_rows * (1 - column.missing) and (
        table.is_whole or column.distinct > _UNIQUE_SHARE_COUNTED * there
    )
    if is_number:
        is_counter = column.is_whole and column.high is not None and column.high - (column.low or 0) < 2 * table.rows
        if not (is_counter and is_unique):
            return ""
    if is_unique:
        return "is a key: hardly any value is in two rows"
    own = names.words(column.name)
    if own and own[0] in names.EVENT_IDS and names.is_id(column.name):
        return "is the id of a request or an event: what is learned of one says nothing of the next"
    if rows_a_value < _LEAST_ROWS_A_VALUE:
        return f"has {rows_a_value:.1f} rows a value: too few to learn an embedding from"
    return ""


def _list_kind(column: ColumnFacts) -> Kind:
    assert column.items is not None
    if column.items.family == REAL:
        if column.items.shortest == column.items.longest:
            return Kind(VECTOR)
        return Kind(LEFT_OUT, "holds lists of fractions of several lengths, which no feature reads")
    return Kind(TAGS)


def _text_kind(column: ColumnFacts, form: Form, roles: Roles) -> Kind:
    if form.what == forms.DECIMALS and column.sample_distinct >= WORDS:
        return Kind(NUMBER, form=form)
    if form.what == forms.DIGITS and names.is_amount(column.name):
        return Kind(NUMBER, form=form)
    if form.what == forms.PROSE and column.name not in roles.kept:
        return Kind(LEFT_OUT, "is text for people; give its keywords as a list, a|b|c", form)
    kinds = {forms.SPLIT: TAGS, forms.WEIGHTED: WEIGHTED_TAGS, forms.VECTOR: VECTOR}
    if form.what in kinds:
        return Kind(kinds[form.what], form=form)
    return Kind(CATEGORY if column.sample_distinct < WORDS else ID, form=form)


def _number_kind(column: ColumnFacts) -> Kind:
    if column.family == TRUTH:
        return Kind(CATEGORY)
    if not column.is_whole or column.low is None or column.high is None:
        return Kind(NUMBER)
    if names.is_id(column.name) and column.distinct > 2:
        return Kind(CATEGORY if column.sample_distinct < WORDS else ID)
    is_dense = column.low >= 0 and column.high < _MOST_GAPS * column.distinct and column.high < _MOST_CODES
    if is_dense and column.sample_distinct >= WORDS and not names.is_amount(column.name):
        return Kind(ID)
    return Kind(NUMBER)
