"""Decides what each column is about: the user, the context of the request, or the item."""

from __future__ import annotations

from apps_rec.profile import names
from apps_rec.profile.choices.kinds import IS_THEIRS, POSITION, Kind, Roles
from apps_rec.profile.facts import ColumnFacts

USER, ITEM, CONTEXT, NO_SIDE = "USER", "ITEM", "CONTEXT", ""


def side_of(column: ColumnFacts, kind: Kind, roles: Roles) -> str:
    """Returns the side of a column: by its name, else by whether it is one in all rows of a user, or of an item.

    ITEM is right for every column, only slower in a request, so that it is taken in doubt. Without users and items
    there are no sides.
    """
    if kind.what == POSITION or (roles.user is None and roles.item is None):
        return NO_SIDE
    if column.name == roles.user or _begins(column.name, roles.user, "user"):
        return USER
    if column.name == roles.item or _begins(column.name, roles.item, "item"):
        return ITEM
    of_user, of_item = column.same_for_user or 0.0, column.same_for_item or 0.0
    if of_user >= IS_THEIRS and of_user > of_item:
        return USER
    if of_item >= IS_THEIRS:
        return ITEM
    return CONTEXT if names.has(column.name, names.CONTEXTS) else ITEM


def _begins(name: str, entity: str | None, word: str) -> bool:
    return names.words(name)[:1] == (word,) or (entity is not None and names.is_of(name, entity))
