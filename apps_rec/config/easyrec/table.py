"""The table of verdicts: every field and every value of an enum of EasyRec's configs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from apps_rec.config.easyrec.names import ALSO, easyrec_name, easyrec_name_of
from apps_rec.config.easyrec.rows import FAMILIES
from apps_rec.config.easyrec.verdict import Verdict

OWNER = "EasyRec"
# EasyRec's message or enum -> its field or value -> the verdict.
TABLE: dict[str, dict[str, Verdict]] = {
    message: rows for family in FAMILIES.values() for message, rows in family.items()
}


def verdict_of(descriptor: Any, name: str) -> Verdict | None:
    """Returns the verdict on a field of a message, or on a value of an enum, of ours; None: EasyRec has none such."""
    return fields_of(descriptor).get(name)


def fields_of(descriptor: Any) -> dict[str, Verdict]:
    """Returns the fields that EasyRec's message has, by their names."""
    return _rows(easyrec_name(descriptor))


def _rows(message: str) -> dict[str, Verdict]:
    rows = TABLE.get(message, {})
    for other, one in ALSO.items():
        if one == message:
            rows = {**TABLE[other], **rows}
    return rows


@cache
def all_names() -> frozenset[str]:
    """Returns the names of all fields that EasyRec has, in any message."""
    return frozenset(name for rows in TABLE.values() for name in rows)


def messages_with(name: str) -> list[str]:
    """Returns EasyRec's messages that have a field of this name."""
    return [message for message, rows in TABLE.items() if name in rows]


def used_lines(used: Mapping[tuple[str, str], int]) -> list[str]:
    """Returns a line for each field that a config gives and that is obeyed, with what is made of it.

    Args:
        used: how often a field is given, by the full name of our message and the field's name.
    """
    lines = []
    for (message, name), count in used.items():
        theirs, verdict = use_of(message, name)
        what = verdict.reason if verdict else "a field of this package alone"
        times = f" ({count} times)" if count > 1 else ""
        lines.append(f"used: {theirs}.{name}{times}: {what}")
    return lines


def use_of(message: str, name: str) -> tuple[str, Verdict | None]:
    """Returns EasyRec's name of a message of ours, by its full name, and the verdict on a field; None: it has none."""
    theirs = easyrec_name_of(message)
    return theirs, _rows(theirs).get(name)
