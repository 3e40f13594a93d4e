"""Decides everything about a config from a table, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from apps_rec.errors import DataError
from apps_rec.profile import label_words, names
from apps_rec.profile.choices.features import Made, make_features
from apps_rec.profile.choices.kinds import FEATURES, ID, LABEL, LEFT_OUT, POSITION, SPLIT, TIME, Kind, Roles, kinds_of
from apps_rec.profile.choices.leaks import leak_of, strongest
from apps_rec.profile.choices.roles import find_entity
from apps_rec.profile.choices.sides import USER, side_of
from apps_rec.profile.choices.split import Split, decide_split, event_time, has_order, with_eval_paths
from apps_rec.profile.choices.tasks import Tasks, check_labels, decide_tasks, said_of_score
from apps_rec.profile.choices.training import Training, decide_training
from apps_rec.profile.engine import Engine
from apps_rec.profile.facts import ColumnFacts, TableFacts
from apps_rec.profile.source import Source
from apps_rec.profile.table import Wanted, read_facts

# A user has rows to be ranked against each other.
_LEAST_ROWS_A_USER, _LEAST_USERS = 1.5, 10
# Rows of a user from which on the id is a feature. On the simulated store, with 27, it cost .05 of the clicks' AUC; on
# KuaiRand, with 7, training stopped in time, and it gained .002.
_LEAST_ROWS_TO_LEARN_A_USER = 50


@dataclass(frozen=True)
class Decision:
    """All that was decided of a table.

    Attributes:
        source: its files.
        table: its facts.
        roles: users, items, time.
        kinds: kind of each column.
        tasks: what is learned.
        features: those of the columns that are used, in their order.
        sides: side of each column that is used, "" for none.
        left_out: columns that are not used, each with the reason.
        split: division of the rows.
        training: length and rate of the training.
    """

    source: Source
    table: TableFacts
    roles: Roles
    kinds: Mapping[str, Kind]
    tasks: Tasks
    features: list[Made]
    sides: dict[str, str]
    left_out: dict[str, str]
    split: Split
    training: Training


def said_of_form(source: Source) -> list[str]:
    """Returns a line on CSV files that no config can say the form of, else none."""
    if source.csv is None or source.csv.is_readable:
        return []
    return [
        f"{source.paths} has {source.csv.unsaid}, which no config can say: predict and evaluate would read such files "
        "wrongly; give them Parquet, or CSV with a line of names and double quotes."
    ]


def said_of_model(decided: Decision) -> list[str]:
    """Returns lines on the strongest columns and on the score."""
    columns = [made.column for made in decided.features]
    lines = [strongest(columns, decided.roles.labels), said_of_score(decided.tasks)]
    return [line for line in lines if line]


def find_roles(source: Source, given: Roles) -> Roles:
    """Returns the roles that were given, with users and items found by name where they were not."""
    taken = (*given.labels, *given.excluded, given.time)
    user = given.user or find_entity(source, names.USERS, (*taken, given.item))
    item = given.item or find_entity(source, names.ITEMS, (*taken, user))
    return Roles(given.labels, user, item, given.time, given.excluded, given.kept)


def decide(
    engine: Engine,
    source: Source,
    given: Roles,
    eval_share: float,
    easyrec: bool = False,
    eval_paths: str | None = None,
) -> Decision:
    """Reads a table and decides on its config.

    Args:
        engine: an empty database.
        source: files of the table.
        given: labels, and what the user said of other columns.
        eval_share: share of the rows that measure.
        easyrec: whether to keep to what EasyRec knows.
        eval_paths: files to measure on; None: rows of the table measure.

    Raises:
        DataError: the files cannot be read, or nothing can be learned from the labels.
    """
    roles = find_roles(source, given)
    wanted = Wanted(roles.labels, roles.user, roles.item)
    source, table = read_facts(engine, source, wanted, partial(check_labels, engine))
    roles = _that_hold(table, roles, given)
    kinds = kinds_of(table, roles)
    left_out = {}
    for column in table.columns:
        kind = kinds[column.name]
        reason = kind.reason if kind.what == LEFT_OUT else leak_of(column, kind, table, roles)
        if column.name in source.unnamed:
            reason = "has no name in the line of names"
        if not reason and kind.what == POSITION and easyrec:
            reason = "is a position, which EasyRec has no tower for; a model that read it would need it in requests"
        if not reason and kind.what == ID and column.name not in roles.kept:
            reason = _of_few_rows(column, table, side_of(column, kind, roles))
        if reason:
            left_out[column.name] = reason
            kinds[column.name] = Kind(LEFT_OUT, reason, kind.form)
    # A config divides the rows by filters where it can read the files and EasyRec need not.
    is_readable = source.csv is None or source.csv.is_readable
    can_filter = is_readable and not easyrec and not source.words
    split = decide_split(engine, source, table, kinds, roles, eval_share, can_filter)
    split = replace(split, why=label_words.told(source) + split.why)
    if eval_paths is not None:
        if not is_readable:
            raise DataError(
                f"{source.paths}: a config cannot say how this CSV is written (quotes other than double ones, lines "
                "above the names, or no names); write it as Parquet, or leave out --eval, and init does"
            )
        split = with_eval_paths(split, eval_paths, roles)
    when = event_time(table, kinds, roles)
    for column in table.columns:
        what = kinds[column.name].what
        if what == TIME:
            is_when = when is not None and when.name == column.name
            left_out[column.name] = (
                "is when the row was logged: it divides the rows, and its values do not come again"
                if is_when
                else "is a time: its values do not come again; give its age in days, or its hour, as a number"
                + (_unordered(kinds[column.name], column) if when is None else "")
            )
        elif what == SPLIT:
            left_out[column.name] = "says which rows are for what"
    used = [column.name for column in table.columns if kinds[column.name].what in FEATURES]
    features = make_features(engine, table, used, kinds, with_sequences=not easyrec)
    sides = {name: side_of(table.column(name), kinds[name], roles) for name in used}
    training = decide_training(round(table.rows * split.steps_share(with_holdout=not easyrec)))
    assert all(kinds[name].what == LABEL for name in roles.labels)
    return Decision(
        source, table, roles, kinds, decide_tasks(source, table), features, sides, left_out, split, training
    )


def _unordered(kind: Kind, column: ColumnFacts) -> str:
    """Returns what would let a time divide the rows whose text has another order than time; "" for other times."""
    if has_order(column, kind.form):
        return ""
    return f". To divide the rows by it, write it as 2026-01-31, and not {column.words[0][0]}"


def _of_few_rows(column: ColumnFacts, table: TableFacts, side: str) -> str:
    """Returns why the id of a user, or of something of one, is no feature, "" for other ids."""
    rows = table.rows * (1 - column.missing) / max(1, column.distinct)
    if side != USER or rows >= _LEAST_ROWS_TO_LEARN_A_USER:
        return ""
    return f"has {rows:.0f} rows a value: a model learns so few by heart, and is worse for new ones"


def _that_hold(table: TableFacts, roles: Roles, given: Roles) -> Roles:
    """Returns the roles without users and items that were found by name and do not behave like some."""
    user, item = roles.user, roles.item
    if given.user is None and user is not None and not _comes_again(table, user):
        user = None
    if given.item is None and item is not None and not _comes_again(table, item):
        item = None
    return Roles(roles.labels, user, item, roles.time, roles.excluded, roles.kept)


def _comes_again(table: TableFacts, name: str) -> bool:
    column = table.column(name)
    there = table.rows * (1 - column.missing)
    return column.distinct >= _LEAST_USERS and there >= _LEAST_ROWS_A_USER * column.distinct
