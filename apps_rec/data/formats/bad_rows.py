"""How many rows may be bad where they are skipped, and what to do about the first one where they are not."""

from __future__ import annotations

from apps_rec.data.formats.source import RAGGED, STRAY_QUOTE

# A share of fewer rows says little: so many are taken for the least that were read.
_FEW_ROWS = 1000

_SKIP = "or drop such rows by data_config.bad_rows: SKIP (predict: --skip-bad-rows)"
_LAYOUT = "data_config.separator, with_header, quoting and escape_char"
_QUOTES = (
    "quotes that mean nothing, as in a log, are read by data_config.quoting: NONE, and those with a backslash in front "
    'by escape_char: "\\\\"'
)


def too_many(bad: int, read: int, share: float, *, at_end: bool) -> bool:
    """Whether more rows are bad than may be.

    Of fewer than 1,000 rows as many may be bad as of 1,000, but not more than half; they are judged at the end.

    Args:
        bad: bad rows.
        read: rows, the bad ones too.
        share: that may be bad, 0 to 1.
        at_end: whether all rows were read.
    """
    if read < _FEW_ROWS and not at_end:
        return False
    return bad > share * max(read, _FEW_ROWS) or bad > max(share, 0.5) * read


def remedy(reason: str, bad: int, read: int, share: float) -> str:
    """What to do about a bad row.

    Args:
        reason: why it is bad.
        bad: bad rows among those that were looked at.
        read: rows that were looked at.
        share: that may be bad where they are skipped.
    """
    skip = f", {_SKIP}" if not too_many(bad, read, share, at_end=True) else ""
    if reason == STRAY_QUOTE:
        return f"Correct the line{skip}; {_QUOTES}"
    if skip:
        return f"Correct the row{skip}"
    if bad == 1:
        return "Correct the row"
    look = f"see that {_LAYOUT} are those of the file" if reason == RAGGED else "see that the config fits the file"
    return f"Correct the row; {bad:,} of the {read:,} rows looked at are bad, too many to drop: {look}"
