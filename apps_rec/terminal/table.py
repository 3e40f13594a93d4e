"""Lays cells out in columns for a terminal."""

from __future__ import annotations

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
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = len(widths) if right_from is None else right_from
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
