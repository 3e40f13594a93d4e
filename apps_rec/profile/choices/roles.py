"""Finds the columns of the users and of the items by their names, unless the user of the command names them."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.errors import ArgumentError
from apps_rec.nearest import did_you_mean, nearest
from apps_rec.profile import names
from apps_rec.profile.source import Source


def require_columns(source: Source, argument: str, wanted: Sequence[str]) -> None:
    """Refuses names of columns that are not there.

    Args:
        source: files of the table.
        argument: argument in which the columns are named.
        wanted: names of columns.

    Raises:
        ArgumentError: there is no such column.
    """
    for name in wanted:
        if name not in source.names:
            shown = ", ".join(source.names[:20]) + (", ..." if len(source.names) > 20 else "")
            raise ArgumentError(
                "{" + argument + '}: {paths} has no column "{name}"; there are {shown}.{hint}',
                argument,
                paths=source.paths,
                name=name,
                shown=shown,
                hint=_of_separator(source, name) or did_you_mean(nearest(name, source.names)),
            )


def _of_separator(source: Source, name: str) -> str:
    """Returns the end of a message on a table of one column whose name holds the wanted one; "" for other tables."""
    if source.csv is None or len(source.names) != 1:
        return ""
    # pyarrow stands behind it, which commands that read no data do without.
    from apps_rec.data.files import SEPARATORS

    found = next((one for one in SEPARATORS if name in source.names[0].split(one)), None)
    if found is None:
        return ""
    shown = SEPARATORS[found]
    return f' The line of names is divided by "{shown}": --separator "{shown}" reads it, or says which row does not fit'


def find_entity(source: Source, entities: tuple[str, ...], taken: Sequence[str | None]) -> str | None:
    """Returns the column whose name is most like that of an entity's id, or None.

    Args:
        source: files of the table.
        entities: words for the entity, the likeliest first.
        taken: columns that are something else.
    """
    ranked = [
        (rank, at, name)
        for at, name in enumerate(source.names)
        if name not in taken and (rank := names.rank_of(name, entities)) is not None
    ]
    return min(ranked)[2] if ranked else None
