"""Two trainings on one model_dir."""

import signal

import pytest

from apps_rec.cli.main import main
from tests.faults.conftest import OVERRIDES
from tests.training.process import train_words


@pytest.mark.slow
def test_the_second_is_refused_and_a_dead_one_is_recognised(whole, monkeypatch, capsys):
    monkeypatch.chdir(whole.folder)
    first = whole.train("one")
    first.wait_for("step 12/")
    first.process.send_signal(signal.SIGSTOP)
    try:
        for flags in ((), ("--resume",), ("--restart",)):
            # In this process, which is another one than the first training's.
            assert main(train_words("one", *flags, overrides=OVERRIDES)) == 2
            said = capsys.readouterr().err
            assert f"model_dir one is in use: another training writes there (process {first.process.pid} on" in said
    finally:
        first.process.kill()
    assert first.end()[0] == -signal.SIGKILL
    log = whole.train("one", "--resume").finish()
    assert f"which a training left that is gone: process {first.process.pid} on" in log
    whole.assert_equal("one")
    assert not (whole.folder / "one" / "train.lock").exists()
