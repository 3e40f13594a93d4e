"""Runs that are ended from outside, in processes of their own: what goes on from them must give the same bits."""

import re
import signal
import time

import numpy as np
import pytest

from tests.training.process import Training, values

OVERRIDES = (
    "data_config.num_epochs=4",
    "data_config.batch_size=16",
    "data_config.holdout_fraction=0.1",
    "train_config.save_checkpoints_steps=10",
    "train_config.log_step_count_steps=1",
    "export_config.enable_early_stop=true",
    "export_config.max_check_steps=1000",
    "export_config.best_exporter_metric=auc_ctr",
    "export_config.exporter_type=best",
)


def start(folder, model_dir, *flags, overrides=()):
    """Starts a training of `tiny.config`."""
    return Training(folder, model_dir, *flags, overrides=(*OVERRIDES, *overrides))


def assert_same_bits(a, b):
    assert a.keys() == b.keys()
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_run):
    """Return a folder with an uninterrupted run of some 130 steps in `whole`."""
    folder = tmp_path_factory.mktemp("resume")
    tiny_run(folder)
    start(folder, "whole").finish()
    return folder


def test_what_is_compared(folder):
    whole = values(folder / "whole")
    assert whole["checkpoints/progress/epoch/.ATTRIBUTES/VARIABLE_VALUE"] == 4
    assert whole["checkpoints/optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"] > 100
    # Two slots a weight, step and rate; the moving averages of batch norm have none.
    slots = [name for name in whole if "optimizer/_variables" in name]
    weights = [name for name in whole if "/model/" in name and "moving" not in name]
    assert len(slots) == 2 * len(weights) > 20
    assert any("moving_mean" in name for name in whole)


def test_a_run_that_is_ended_twice_equals_an_uninterrupted_one(folder):
    training = start(folder, "ended")
    assert training.stop_at(25, signal.SIGINT) == 130
    log = training.log.read_text()
    (step,) = re.findall(r"interrupted; saved step (\d+) in ended/checkpoints\.", log)
    assert int(step) >= 25
    assert (
        f"interrupted; saved step {step} in ended/checkpoints. Go on with: apps-rec train tiny.config --resume" in log
    )
    assert "Traceback" not in log
    newest = folder / "ended" / "checkpoints" / f"model.ckpt-{step}.index"
    assert newest.exists()

    training = start(folder, "ended", "--resume")
    assert training.stop_at(75, signal.SIGKILL) == -signal.SIGKILL
    assert f"resumed from step {step}\n" in training.log.read_text()
    log = start(folder, "ended", "--resume").finish()
    assert re.search(r"resumed from step ([7-9]|10)0\n", log)
    assert_same_bits(values(folder / "whole"), values(folder / "ended"))


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.005, 0.015, 0.03])
@pytest.mark.parametrize("text", ["step 40/", "step 90  evaluated"])
def test_a_kill_while_a_run_evaluates_or_saves(folder, text, delay):
    name = f"killed{text.strip().replace(' ', '')}{delay}"
    training = start(folder, name)
    training.wait_for(text)
    time.sleep(delay)
    training.process.kill()
    training.process.wait()
    start(folder, name, "--resume").finish()
    assert_same_bits(values(folder / "whole"), values(folder / name))


@pytest.mark.slow
def test_a_second_interrupt_ends_it_at_once(folder):
    training = start(folder, "twice", overrides=["train_config.save_checkpoints_steps=1"])
    training.wait_for("step 20/")
    for _ in range(2):
        training.process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    assert training.process.wait(timeout=60) == 130
    assert "Traceback" not in training.log.read_text()
    assert start(folder, "twice", "--resume", overrides=["train_config.save_checkpoints_steps=1"]).finish()
