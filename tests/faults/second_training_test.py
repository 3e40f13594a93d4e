"""Two trainings on one model_dir."""

import signal


def test_the_second_is_refused_and_a_dead_one_is_recognised(whole):
    first = whole.train("one")
    first.wait_for("step 12/")
    first.process.send_signal(signal.SIGSTOP)
    try:
        for flags in ((), ("--resume",), ("--restart",)):
            code, log = whole.train("one", *flags).end()
            assert code == 2
            assert f"model_dir one is in use: another training writes there (process {first.process.pid} on" in log
    finally:
        first.process.kill()
    assert first.end()[0] == -signal.SIGKILL
    log = whole.train("one", "--resume").finish()
    assert f"which a training left that is gone: process {first.process.pid} on" in log
    whole.assert_equal("one")
    assert not (whole.folder / "one" / "train.lock").exists()
