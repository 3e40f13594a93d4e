"""SIGTERM, as before a machine is taken away: saves within 10 s, exits 143, and goes on."""

import signal
import time

import pytest


def terminate(training):
    """Sends SIGTERM; returns seconds to the end, exit code and log."""
    training.process.send_signal(signal.SIGTERM)
    before = time.monotonic()
    code, log = training.end()
    return time.monotonic() - before, code, log


def test_a_run_saves_and_goes_on(whole):
    training = whole.train("terminated")
    training.wait_for("step 37/")
    seconds, code, log = terminate(training)
    assert seconds < 10
    assert code == 143
    assert "received SIGTERM: saving after this step" in log
    step = int(log.rpartition("interrupted; saved step ")[2].split()[0])
    assert step >= 37
    assert f"resumed from step {step}\n" in whole.finish_here("terminated", "--resume")
    whole.assert_equal("terminated")


@pytest.mark.slow
@pytest.mark.parametrize("step", [40, "last"])
def test_a_signal_in_a_long_evaluation_does_not_wait_for_it(whole, step):
    step = whole.steps if step == "last" else step
    name = f"evaluating{step}"
    # Some eight batches, 2 s each.
    training = whole.train(name, at=("slow evaluation", -(-step // 10), 2.0))
    training.wait_for(f"step {step}/")
    time.sleep(0.5)
    seconds, code, log = terminate(training)
    assert seconds < 10, log
    assert code == 143
    assert f"interrupted; saved step {step} in" in log
    # The evaluation is made up for, also where a signal ends it again, and where nothing is left to train.
    again = whole.train(name, "--resume", at=("slow evaluation", 1, 2.0))
    again.wait_for(f"resumed from step {step}\n")
    time.sleep(1.0)
    seconds, code, log = terminate(again)
    assert (seconds < 10, code) == (True, 143), log
    log = whole.train(name, "--resume").finish()
    assert f"step {step}  evaluated" in log
    if step != whole.steps:
        whole.assert_equal(name)
