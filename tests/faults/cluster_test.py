"""Workers that are killed: the job comes to its end, and the rows of the data are in the weights as promised."""

import random
import re
import signal
from pathlib import Path

import numpy as np
import pytest

import apps_rec
from tests.training.cluster import Cluster, weights

TWO = "train_config.train_distribute=MultiWorkerMirroredStrategy"
SERVERS = "train_config.train_distribute=PSStrategy"
# 574 rows of the log pass its filter.
ROWS = 574
EPOCHS = 40
OPTIONS = (
    f"data_config.num_epochs={EPOCHS}",
    "data_config.batch_size=64",
    "train_config.save_checkpoints_steps=30",
    "train_config.keep_checkpoint_max=2",
    "train_config.log_step_count_steps=5",
    "train_config.heartbeat_timeout_seconds=10",
)
STEPS = EPOCHS * 9


STEP = re.compile(r"step [\d,]+[/~\d,]*, epoch")


def kill_at_random(cluster, kills, seed):
    """Kills a worker so many times, each at a random number of log lines after the job has gone on."""
    draw = random.Random(seed)
    for _ in range(kills):
        lines, start = draw.randrange(2, 20), len(cluster.text)
        cluster.wait_for_count(STEP, lines, start)
        worker = draw.randrange(2)
        print(f"seed {seed}: killing worker {worker}, {lines} lines on")
        cluster.kill("worker", worker)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_run):
    """Return a folder with the log of a small store."""
    folder = tmp_path_factory.mktemp("cluster")
    tiny_run(folder)
    return folder


@pytest.fixture(scope="module")
def converted(tmp_path_factory, tiny_run):
    """Return a folder with the log as TFRecord files."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("servers")
        patch.chdir(folder)
        tiny = tiny_run(folder)
        apps_rec.convert(tiny.load(), output="converted", rows_per_file=150)
        text = tiny.config.read_text().replace("CSVInput with_header: true", "TFRecordInput")
        tiny.config.write_text(text.replace("train.csv", "converted/*.tfrecord"))
        return folder


@pytest.fixture(scope="module")
def whole(folder):
    """Return the weights of two workers whom nobody disturbed."""
    with Cluster(folder, "whole", TWO, *OPTIONS) as cluster:
        # Each step adds up over the workers a dozen times: what a sum leaves behind would add up, too.
        cluster.wait_for(f"step {STEPS // 2}/")
        status = Path(f"/proc/{cluster.wait_for_process('worker', 0)}/status").read_text()
        assert int(re.search(r"Threads:\s+(\d+)", status)[1]) < 400
        assert f"whole: step {STEPS}" in cluster.finish()
    return weights(folder, "whole")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_rows_count_exactly_once_when_a_worker_is_killed(folder, whole, seed):
    with Cluster(folder, f"killed{seed}", TWO, *OPTIONS) as cluster:
        kill_at_random(cluster, kills=2, seed=seed)
        text = cluster.finish()
    assert f"killed{seed}: step {STEPS}" in text
    # From its last checkpoint, or from the start where there was none yet.
    assert len(re.findall("was killed by SIGKILL; the job starts again with --resume", text)) == 2
    found = weights(folder, f"killed{seed}")
    for name, value in whole.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_rows_count_at_least_once_when_a_worker_of_servers_is_killed(converted, seed):
    with Cluster(converted, f"served{seed}", SERVERS, *OPTIONS, ps=1) as cluster:
        kill_at_random(cluster, kills=2, seed=seed)
        text = cluster.finish()
    due, twice = map(int, re.search(r"(\d+) rows, each trained on at least once; (\d+) were seen twice", text).groups())
    print(f"seed {seed}: {twice} of {due} rows were seen twice")
    assert due == ROWS * EPOCHS
    # A kill costs the piece the worker was at and no more: one window of rows.
    assert 0 <= twice <= 2 * ROWS
    assert re.search(rf"served{seed}: step (\d+)", text)


@pytest.mark.slow
def test_a_worker_that_hangs_is_waited_for_so_long(folder):
    # It is alive to the heartbeat for ten minutes.
    options = (
        *OPTIONS[:-1],
        "train_config.heartbeat_timeout_seconds=600",
        "train_config.collective_timeout_seconds=20",
    )
    with Cluster(folder, "hung", TWO, *options) as cluster:
        cluster.wait_for_count(STEP, 8)
        cluster.kill("worker", 1, signal.SIGSTOP)
        text = cluster.finish()
    (said,) = re.findall(r"worker 0.*silent for too long.*", text)
    assert "waited for 20 s, train_config.collective_timeout_seconds" in said
    assert f"hung: step {STEPS}" in text


@pytest.mark.slow
def test_a_server_that_hangs_is_waited_for_so_long(converted):
    with Cluster(converted, "hung", SERVERS, *OPTIONS, "train_config.collective_timeout_seconds=20", ps=1) as cluster:
        cluster.wait_for_count(STEP, 15)
        cluster.kill("ps", 0, signal.SIGSTOP)
        text = cluster.finish()
    (said,) = re.findall(r"chief 0.*one of them is silent.*", text)
    assert "waited for 20 s, train_config.collective_timeout_seconds" in said
    assert "resumed from step" in text
    assert f"{ROWS * EPOCHS} rows, each trained on at least once" in text


@pytest.mark.slow
def test_a_job_that_is_asked_to_stop_saves_and_goes_on(folder, whole):
    with Cluster(folder, "stopped", TWO, *OPTIONS) as cluster:
        cluster.wait_for_count(STEP, 15)
        assert cluster.stop() == 143
    (step,) = set(re.findall(r"interrupted; saved step (\d+)", cluster.text))
    with Cluster(folder, "stopped", TWO, *OPTIONS, resume=True) as cluster:
        assert f"resumed from step {step}" in cluster.finish()
    found = weights(folder, "stopped")
    for name, value in whole.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.slow
def test_servers_that_are_asked_to_stop_save_and_go_on(converted):
    with Cluster(converted, "stopped", SERVERS, *OPTIONS, ps=1) as cluster:
        cluster.wait_for_count(STEP, 15)
        assert cluster.stop() == 143
    assert "interrupted; saved step" in cluster.text
    with Cluster(converted, "stopped", SERVERS, *OPTIONS, ps=1, resume=True) as cluster:
        text = cluster.finish()
    assert "resumed from step" in text
    assert f"{ROWS * EPOCHS} rows, each trained on at least once; 0 were seen twice" in text
