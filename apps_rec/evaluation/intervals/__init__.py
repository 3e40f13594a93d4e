"""Intervals of metrics by a bootstrap over users, and paired differences of two models."""

from apps_rec.evaluation.intervals.interval import FEWEST_UNITS, LEVEL, Interval, interval_of
from apps_rec.evaluation.intervals.of_tasks import Intervals, intervals_of
from apps_rec.evaluation.intervals.paired import Comparison, Difference, differences, pairs_of
from apps_rec.evaluation.intervals.resampling import Resampling, resampled

__all__ = [
    "FEWEST_UNITS",
    "LEVEL",
    "Comparison",
    "Difference",
    "Interval",
    "Intervals",
    "Resampling",
    "differences",
    "interval_of",
    "intervals_of",
    "pairs_of",
    "resampled",
]
