"""Two runs of a report on the same rows."""

from __future__ import annotations

from apps_rec.config import Config
from apps_rec.errors import ConfigError, DataError
from apps_rec.evaluation.intervals import Comparison, differences, pairs_of
from apps_rec.tools.comparison.models import common_tasks
from apps_rec.tools.reporting.run_report import RunReport


def compared(a: tuple[Config, RunReport], b: tuple[Config, RunReport]) -> Comparison | str:
    """Returns the differences of two runs, or why they cannot be compared."""
    (config_a, run_a), (config_b, run_b) = a, b
    first, second = run_a.measurement, run_b.measurement
    assert first.intervals is not None
    assert second.intervals is not None
    resampling = first.intervals.resampling
    if resampling != second.intervals.resampling:
        users = [run.resampling.users or "none" for run in (first.intervals, second.intervals)]
        return f"its column of users is {users[1]}, and {users[0]} that of A"
    try:
        tasks, left_out = common_tasks(config_a, config_b)
        pairs = pairs_of(first.collector, second.collector, tasks, resampling)
    except (ConfigError, DataError) as error:
        return str(error)
    found = differences(pairs, resampling)
    rows, count = first.collector.rows, pairs[0].units.count
    return Comparison(run_a.name, run_b.name, rows, count, resampling, found, tuple(left_out))
