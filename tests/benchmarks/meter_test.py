"""The meter of a benchmark's worker."""

import pytest

from benchmarks import meter
from benchmarks.meter import SPAWNED_AT, Meter


def test_rows_behind_the_warm_up_are_counted(monkeypatch):
    monkeypatch.setenv(SPAWNED_AT, "0")
    now = 0.0
    monkeypatch.setattr(meter, "_clocks", lambda: (now, now / 2))
    measured = Meter(batch_size=100, warm_up=2)
    for _ in range(5):
        now += 0.5
        measured.step()
    report = measured.report()
    # 300 rows in 1.5 s.
    assert (report["steps"], report["rows_per_second"], report["rows_per_cpu_second"]) == (5, 200, 400)


def test_a_run_of_the_warm_up_alone_is_no_measurement(monkeypatch):
    monkeypatch.setenv(SPAWNED_AT, "0")
    measured = Meter(batch_size=100, warm_up=2)
    for _ in range(2):
        measured.step()
    with pytest.raises(ValueError, match="more than the 2 steps of warm-up, got 2"):
        measured.report()
