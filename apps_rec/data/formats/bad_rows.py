"""Limits the share of bad rows if they are skipped, and gives advice about the first one if they are not."""

from __future__ import annotations

from apps_rec.data.formats.source import RAGGED, STRAY_QUOTE

# A share of fewer rows means little, so at least this number of rows counts as read.
_FEW_ROWS = 1000
# Bad rows, one after the other, from which on a column is wrong rather than its rows.
_LONG_RUN = 20

_SKIP = "or drop such rows by data_config.bad_rows: SKIP (predict: --skip-bad-rows)"
_LAYOUT = "data_config.separator, with_header, quoting and escape_char"
_QUOTES = (
    "quotes that mean nothing, as in a log, are read by data_config.quoting: NONE, and those with a backslash in front "
    'by escape_char: "\\\\"'
)


def too_many(bad: int, read: int, share: float, *, at_end: bool) -> bool:
    """Tells whether more rows are bad than may be.

    Fewer than 1,000 rows may hold as many bad ones as 1,000 rows may, but not more than half. They are judged at the
    end.

    Args:
        bad: number of bad rows.
        read: number of rows read, with the bad ones.
        share: fraction of rows that may be bad, 0 to 1.
        at_end: true if all rows were read.
    """
    if read < _FEW_ROWS and not at_end:
        return False
    return bad > share * max(read, _FEW_ROWS) or bad > max(share, 0.5) * read


def remedy(reason: str, bad: int, read: int, share: float, column: str = "", run: int = 0) -> str:
    """Returns advice about the first bad row.

    Args:
        reason: cause that makes the row bad.
        bad: number of bad rows among those that were looked at.
        read: number of rows that were looked at.
        share: fraction of rows that may be bad if they are skipped, 0 to 1.
        column: column with the problem.
        run: number of rows from this one to the last that was looked at, if all have the problem; else 0.
    """
    skip = f", {_SKIP}" if not too_many(bad, read, share, at_end=True) else ""
    if reason == STRAY_QUOTE:
        return f"Correct the line{skip}; {_QUOTES}"
    if run == read > 1 or run >= _LONG_RUN:
        rows = f"All {read:,} rows looked at" if run == read else f"All {run:,} rows looked at from this one on"
        return f'{rows} are wrong in "{column}": correct the column, or what the config says of it{skip}'
    if skip:
        return f"Correct the row{skip}"
    if bad == 1:
        return "Correct the row"
    look = f"see that {_LAYOUT} are those of the file" if reason == RAGGED else "see that the config fits the file"
    return f"Correct the row; {bad:,} of the {read:,} rows looked at are bad, too many to drop: {look}"
