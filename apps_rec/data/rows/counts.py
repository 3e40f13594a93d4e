"""Counts the rows of a pass: read, filtered and bad ones."""

import logging
from collections import Counter
from collections.abc import Sequence

from apps_rec.data.dtypes import Value
from apps_rec.data.formats.bad_rows import too_many
from apps_rec.data.rows.unseen import filtered_by, unseen_told
from apps_rec.data.schema import RowFilter
from apps_rec.errors import DataError

_LOG = logging.getLogger("apps_rec.data")


class RowCounts:
    """Counts of rows read, filtered and dropped since the last reset.

    Args:
        read: number of rows of this part (training or holdout), before the filters.
        filtered: number of rows that a row_filter took away.
        dropped: number of bad rows that were skipped, by reason.
        examples: first bad row of each reason, described as in an error.
        unseen: values of each row_filter, by its place, that no row had so far; or bounds that no row lay between.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Starts again from zero."""
        self.read = 0
        self.filtered = 0
        self.dropped: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.unseen: dict[int, tuple[Value, ...]] = {}

    def summary(self) -> str:
        """Returns a line such as "1000 rows read, 20 filtered out, 3 dropped (2 empty label, 1 ragged)"."""
        bad = ", ".join(f"{count} {reason}" for reason, count in sorted(self.dropped.items()))
        filtered = f", {self.filtered} filtered out" if self.filtered else ""
        dropped = f", {sum(self.dropped.values())} dropped ({bad})" if bad else ""
        return f"{self.read} rows read{filtered}{dropped}"

    def check_share(self, share: float, *, at_end: bool = False) -> None:
        """Raises DataError if more rows are bad than may be, see `too_many`."""
        bad = self.dropped.total()
        if bad and too_many(bad, self.read, share, at_end=at_end):
            found = "; ".join(
                f"{count:,} {reason}, the first: {self.examples.get(reason, 'not noted')}"
                for reason, count in self.dropped.most_common()
                if count
            )
            raise DataError(
                f"{bad:,} of {self.read:,} rows read are bad, more than data_config.max_bad_row_share: {share:g}: "
                f"{found}. Correct the files, or what data_config says of them; or raise the share "
                "(predict: --max-bad-row-share)"
            )

    def none_passed(self, filters: Sequence[RowFilter]) -> str:
        """Returns the end of a message about rows that are all gone: which filters took them, and what to do."""
        if not self.filtered:
            return ""
        why = (
            "".join(f"; {text}" for text in self._unseen_told(filters))
            or f"; by the row_filter of {filtered_by(filters)}"
        )
        return (
            f"{why}. Correct the filter, or do without: --set data_config.row_filter=; evaluate --input FILE measures "
            "all rows of a file"
        )

    def left_out(self, filters: Sequence[RowFilter]) -> str:
        """Returns the end of a line about rows: how many were left out and by what; "" if none."""
        parts = [f"{self.filtered} left out by the row_filter of {filtered_by(filters)}"] if self.filtered else []
        bad = self.dropped.total()
        return "".join(f"; {part}" for part in [*parts, *([f"{bad} bad rows skipped"] if bad else [])])

    def log(self, epoch: int, filters: Sequence[RowFilter] = ()) -> None:
        """Warns about bad rows that were dropped, and about a filter's values or bounds that no row had."""
        for text in self._unseen_told(filters):
            _LOG.warning("%s", text)
        if self.dropped:
            _LOG.warning("epoch %d: %s", epoch, self.summary())

    def _unseen_told(self, filters: Sequence[RowFilter]) -> list[str]:
        return [
            unseen_told(row_filter, values, at == 0)
            for at, row_filter in enumerate(filters)
            if (values := self.unseen.get(at))
        ]
