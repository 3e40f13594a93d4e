"""Finds columns of lists that are written in another way than the config says: with another separator, in brackets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from apps_rec.data.schema import Column, Schema

# Number of rows that are looked at, the first of a pass.
LOOKED_AT = 4096
# Separators that lists are written with, a blank last: it stands in lists with a comma too, and in plain words.
_SEPARATORS = (",", ";", "|", "\t", *map(chr, range(1, 9)), "\x1d", "\x1e", "\x1f", " ")
# A list as Python, JSON or PostgreSQL prints it: brackets around a comma or a quote.
_PRINTED = re.compile(r"""\[.*[,'"].*\]|\(.*,.*\)|\{.*,.*\}""", re.DOTALL)
_BRACKETED = re.compile(r"\[.*\]|\(.*\)|\{.*\}", re.DOTALL)
# Fewer different cells say too little.
_FEW_CELLS = 10


class SeparatorWatch:
    """Looks at the first rows of a pass for lists that would be read as one word each.

    A word that merely holds a comma or a blank is no list. What tells a list is that its parts stand in other cells
    too, or are all digits, and that cells have different numbers of them. Columns of numbers are left out: their cells
    are checked one by one.

    Args:
        schema: schema of the rows.
    """

    def __init__(self, schema: Schema):
        self._columns = [column for column in schema.columns if column.list_separator and not column.is_numbers]
        self._kv_separators = {tags.column: tags.kv_separator for tags in schema.tags if tags.kv_separator}
        self._cells: dict[str, list[str]] = {column.name: [] for column in self._columns}
        self._rows = 0

    def warnings(self, columns: Mapping[str, np.ndarray | pa.Array]) -> list[str]:
        """Takes the next rows. Returns the warnings once, when it has seen enough of them."""
        if self._rows >= LOOKED_AT or not self._columns:
            return []
        wanted = LOOKED_AT - self._rows
        for column in self._columns:
            values = pa.array(columns[column.name][:wanted]).to_pylist()
            self._cells[column.name] += [
                value.decode() for value in values if value != column.default and not value.isspace()
            ]
        self._rows += min(wanted, len(columns[self._columns[0].name]))
        return self.rest() if self._rows >= LOOKED_AT else []

    def rest(self) -> list[str]:
        """Returns the warnings about the rows so far, if none were returned yet."""
        self._rows = LOOKED_AT
        told = [
            told_of(column, self._cells[column.name], self._kv_separators.get(column.name)) for column in self._columns
        ]
        self._columns = []
        return [text for text in told if text]


def told_of(column: Column, cells: Sequence[str], kv_separator: str | None = None) -> str | None:
    """Returns the warning about a column of lists, None if nothing speaks against its separator.

    Args:
        column: column of lists.
        cells: cells that are not missing.
        kv_separator: separator between a value and its weight; None: there is none.
    """
    separator = column.list_separator or ""
    distinct = Counter(cells)
    if len(distinct) < _FEW_CELLS:
        return None
    where = f'column "{column.name}"'
    if _mostly(_BRACKETED, cells, 0.9) and (example := next(filter(_PRINTED.fullmatch, cells), None)):
        return (
            f"{where}: its lists are written with brackets, as {_quoted(example)}, which are taken for a part of the "
            f'words; expected words joined by "{separator}", as {_quoted(_rewritten(example, separator))}. '
            "Write the cells so, or as a list column of Parquet"
        )
    if any(separator in cell for cell in distinct):
        return None
    for other in _SEPARATORS:
        if other == separator or (kv_separator and other in kv_separator):
            continue
        holding = sum(count for cell, count in distinct.items() if other in cell)
        if 2 * holding >= len(cells) and _is_list(list(distinct), other, kv_separator):
            example = next(cell for cell in cells if other in cell)
            found = f"{other} " if other != " " and all(_followed_by_blank(cell, other) for cell in distinct) else other
            return (
                f'{where}: none of its first {len(cells):,} cells holds "{separator}", the separator of its lists, and '
                f"most hold {_quoted(found)}, as {_quoted(example)}: each cell is one word as it stands. "
                f"If cells are lists, write separator: {_quoted(found)} into the features that read the column"
            )
    return None


def _is_list(cells: Sequence[str], separator: str, kv_separator: str | None) -> bool:
    lists = [{_word(part, kv_separator) for part in cell.split(separator)} - {""} for cell in cells]
    lengths = Counter(map(len, lists))
    length, same = lengths.most_common(1)[0]
    if length < 3 and same > 0.9 * len(lists):  # "Last, First", "Germany, Berlin"
        return False
    seen = Counter(word for words in lists for word in words)
    recurring = sum(count > 1 for count in seen.values())
    return 3 * recurring > 2 * len(seen) or all(word.isdecimal() for word in seen)


def _word(part: str, kv_separator: str | None) -> str:
    return (part.rsplit(kv_separator, 1)[0] if kv_separator else part).strip()


def _followed_by_blank(cell: str, separator: str) -> bool:
    return cell.count(separator) == cell.count(f"{separator} ")


def _mostly(pattern: re.Pattern[str], cells: Sequence[str], share: float) -> bool:
    return sum(1 for cell in cells if pattern.fullmatch(cell.strip())) >= share * len(cells)


def _rewritten(cell: str, separator: str) -> str:
    """Returns a printed list as the config wants it."""
    words = (word.strip().strip("'\"") for word in cell.strip()[1:-1].split(","))
    return separator.join(word for word in words if word)


def _quoted(text: str) -> str:
    """Returns a text as a config writes it, cut after 60 characters."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[:60])
    return f'"{shown}..."' if len(text) > 60 else f'"{shown}"'
