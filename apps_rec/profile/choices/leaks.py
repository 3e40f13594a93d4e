"""Finds columns that tell a label: outcomes that are known only after the impression, and columns that say the same."""

from __future__ import annotations

from collections.abc import Iterable

from apps_rec.profile import names
from apps_rec.profile.choices.kinds import FEATURES, IS_THEIRS, TIME, Kind, Roles
from apps_rec.profile.facts import NUMBERS, TRUTH, ColumnFacts, TableFacts

# A column that ranks the label so well by itself was made of it. The best single column that was honest, in the data we
# have, came to .978 (the relation in the household, for "never married").
MOST_AUC = 0.99
# Rows that show something: so few of them are no chance any more.
_LEAST_ROWS = 20
# Where it has a value, the label is 1: all rows but this share of those that would be 0 by chance.
_EXCEPTIONS = 0.01
# A label that nearly every row has is nearly always 1 by chance.
_MOST_RATE = 0.9


def leak_of(column: ColumnFacts, kind: Kind, table: TableFacts, roles: Roles) -> str:
    """Returns why a column must not be an input, "" where nothing speaks against it.

    Args:
        column: facts of the column.
        kind: what it is.
        table: facts of its table.
        roles: users and items, and the columns that are kept whatever they say.
    """
    if column.name in (*roles.kept, roles.user, roles.item) or kind.what not in (*FEATURES, TIME):
        return ""
    for label in table.labels:
        outcome = column.outcomes.get(label.name)
        if outcome is None:
            continue
        if outcome.auc is not None and outcome.auc > MOST_AUC:
            return f"tells {label.name} by itself, with AUC {outcome.auc:.4f}: it was made of it, or of the same event"
        reason = _after(column, label.name, label.ones / max(1, label.ones + label.zeros))
        if reason:
            return reason
    if names.is_outcome(column.name) and not _is_of_user_or_item(column):
        return "is an outcome of the impression, by its name"
    return ""


def strongest(features: Iterable[ColumnFacts], labels: Iterable[str]) -> str:
    """Returns the column that ranks each label best by itself, with its AUC; "" where none was measured."""
    features, told = list(features), []
    for label in labels:
        measured = [
            (outcome.auc, column.name)
            for column in features
            if (outcome := column.outcomes.get(label)) is not None and outcome.auc is not None
        ]
        if measured:
            auc, name = max(measured)
            told.append(f"{name} for {label}, AUC {auc:.3f}")
    return (
        f"Strongest column by itself: {'; '.join(told)} (above {MOST_AUC:g} it is left out as a leak)." if told else ""
    )


def _after(column: ColumnFacts, label: str, rate: float) -> str:
    """Returns why a column is known only after the label, or ""."""
    outcome = column.outcomes[label]
    is_number = column.family in (*NUMBERS, TRUTH)
    if outcome.there < _LEAST_ROWS or rate > _MOST_RATE or not (is_number or column.missing > 0):
        return ""
    without = 1 - outcome.there_and_label / outcome.there
    if without > _EXCEPTIONS * (1 - rate):
        return ""
    what = "is not 0" if is_number else "has a value"
    return f"{what} only where {label} is 1: it is known only after that"


def _is_of_user_or_item(column: ColumnFacts) -> bool:
    return any(same is not None and same >= IS_THEIRS for same in (column.same_for_user, column.same_for_item))
