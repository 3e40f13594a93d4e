"""A row of the table of metrics."""

from collections.abc import Callable
from dataclasses import dataclass

from apps_rec.evaluation.metrics.weighted import Weighted, repeat_rows


@dataclass(frozen=True)
class Metric:
    """A row of the table.

    Attributes:
        compute: function of labels and scores, `(rows,)`, or of scores `(rows, classes)`, and of the fields of its
            message by name. One that needs a column of users, or of sessions, takes `users`, an integer code for each
            row.
        of_positives: true if it has a value over rows that are all positive.
        of_negatives: true if it has a value over rows that are all negative.
        none_where: rows of both classes over which it has no value; "": there are none.
        weigh: function of the same arguments and of `units`, which returns the metric as a function of the units'
            weights, as apps_rec/evaluation/metrics/weighted.py says. None: rows are repeated, which is slow.
    """

    compute: Callable[..., float | None]
    of_positives: bool = False
    of_negatives: bool = False
    none_where: str = ""
    weigh: Callable[..., Weighted] | None = None

    @property
    def weighted(self) -> Callable[..., Weighted]:
        """Returns `weigh`, or one that repeats rows."""
        return self.weigh or repeat_rows(self.compute)
