"""Lays cells out in columns for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], right_from: int | None = None) -> str:
    """Returns a line for each row, with cells padded to the width of their column and two spaces between.

    Args:
        rows: cells of each row, as many in all.
        right_from: number of the first column that is aligned to the right, as are all behind it; None: none is.

    Example:
        >>> print(aligned([["task", "auc"], ["ctcvr", "0.75"]], right_from=1))
        task    auc
        ctcvr  0.75
    """
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    left = len(widths) if right_from is None else right_from
    return "\n".join(
        "  ".join(
            _padded(cell, width, to_right=at >= left) for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def width_of(text: str) -> int:
    """Returns the columns of a terminal that a text takes: two for a Chinese sign, none for an accent of its own.

    Example:
        >>> width_of("age"), width_of("\u804c\u4e1a")
        (3, 4)
    """
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def _padded(cell: str, width: int, to_right: bool) -> str:
    blanks = " " * (width - width_of(cell))
    return blanks + cell if to_right else cell + blanks
