"""The last part of `make bench`, whose parts of a step call what a model's own step calls."""

import sys
from pathlib import Path

import pytest

from benchmarks.configs import Job
from benchmarks.dataset import BATCH_SIZE
from benchmarks.profile_step import STEPS
from benchmarks.workspace import Workspace


@pytest.mark.slow
def test_every_part_of_a_step_takes_time_and_none_takes_more_than_the_whole(tmp_path):
    workspace = Workspace(tmp_path, Path(sys.executable))
    data = workspace.data(1000, STEPS * BATCH_SIZE)
    config = workspace.config("profile", Job(vocabulary=1000), data / "train.parquet")
    times = {
        name: min(values) for name, values in workspace.run_ours("benchmarks.profile_step", "2", str(config)).items()
    }
    whole = times.pop("whole step")
    assert len(times) == 7
    assert all(value > 0 for value in times.values())
    # Rounds on a machine that is shared differ.
    assert all(value < 1.5 * whole for name, value in times.items() if name != "whole step with dropout of 0.1")
    assert times["lookup"] < times["lookup and dense part"]
