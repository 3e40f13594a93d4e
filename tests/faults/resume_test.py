"""Runs that are ended by Ctrl-C and by kill: what goes on from them must give the same bits."""

import re
import signal
import time

import pytest


def test_what_is_compared(whole):
    values = whole.values
    assert values["checkpoints/progress/epoch/.ATTRIBUTES/VARIABLE_VALUE"] == 4
    assert values["checkpoints/optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"] > 100
    # Two slots a weight, step and rate; the moving averages of batch norm have none.
    slots = [name for name in values if "optimizer/_variables" in name]
    weights = [name for name in values if "/model/" in name and "moving" not in name]
    assert len(slots) == 2 * len(weights) > 20
    assert any("moving_mean" in name for name in values)


@pytest.mark.slow
def test_a_run_that_is_ended_twice_equals_an_uninterrupted_one(whole):
    training = whole.train("ended")
    assert training.stop_at(25, signal.SIGINT) == 130
    log = training.log.read_text()
    (step,) = re.findall(r"interrupted; saved step (\d+) in ended/checkpoints\.", log)
    assert int(step) >= 25
    assert (
        f"interrupted; saved step {step} in ended/checkpoints. Go on with: apps-rec train tiny.config --resume" in log
    )
    assert "Traceback" not in log
    newest = whole.folder / "ended" / "checkpoints" / f"model.ckpt-{step}.index"
    assert newest.exists()

    training = whole.train("ended", "--resume")
    assert training.stop_at(75, signal.SIGKILL) == -signal.SIGKILL
    assert f"resumed from step {step}\n" in training.log.read_text()
    log = whole.train("ended", "--resume").finish()
    assert re.search(r"resumed from step ([7-9]|10)0\n", log)
    whole.assert_equal("ended")


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.005, 0.015, 0.03])
@pytest.mark.parametrize("text", ["step 40/", "step 10  evaluated"])
def test_a_kill_while_a_run_evaluates_or_saves(whole, text, delay):
    name = f"killed{text.strip().replace(' ', '')}{delay}"
    training = whole.train(name)
    training.wait_for(text)
    time.sleep(delay)
    training.process.kill()
    training.process.wait()
    whole.train(name, "--resume").finish()
    whole.assert_equal(name)


@pytest.mark.slow
def test_a_second_interrupt_ends_it_at_once(whole):
    training = whole.train("twice", overrides=["train_config.save_checkpoints_steps=1"])
    training.wait_for("step 20/")
    for _ in range(2):
        training.process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    assert training.process.wait(timeout=60) == 130
    assert "Traceback" not in training.log.read_text()
    assert whole.train("twice", "--resume", overrides=["train_config.save_checkpoints_steps=1"]).finish()
