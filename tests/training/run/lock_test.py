import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from apps_rec.errors import RunError
from apps_rec.training.run import lock as run_lock
from apps_rec.training.run.lock import NAME, hold, open_run

HOLDER = """
import sys, time
from pathlib import Path
from apps_rec.training.run.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Return a process that holds the lock of `tmp_path`; it is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def no_kernel_locks(monkeypatch):
    def flock(file, mode):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(run_lock.fcntl, "flock", flock)


def write_owner(folder, age_seconds=0.0, **owner):
    path = folder / NAME
    path.write_text(json.dumps({"process": 1, "process_started": 5, "locked_at": "then", **owner}))
    then = time.time() - age_seconds
    os.utime(path, (then, then))


def test_the_owner_is_named_and_the_lock_goes_with_it(tmp_path):
    with hold(tmp_path):
        owner = json.loads((tmp_path / NAME).read_text())
        assert owner["host"] == socket.gethostname()
        assert owner["process"] == os.getpid()
        with (
            pytest.raises(RunError, match=rf"is in use: another training .*process {os.getpid()} on host"),
            hold(tmp_path),
        ):
            pass
    assert list(tmp_path.iterdir()) == []
    with hold(tmp_path):
        pass


@pytest.mark.parametrize("has_kernel_locks", [True, False])
def test_another_process_is_refused_until_the_owner_is_killed(tmp_path, holder, monkeypatch, caplog, has_kernel_locks):
    if not has_kernel_locks:
        no_kernel_locks(monkeypatch)
    with pytest.raises(RunError, match=rf"process {holder.pid} on host .*remove .*{NAME}"), hold(tmp_path):
        pass
    # A refusal leaves the owner's lock as it was.
    assert json.loads((tmp_path / NAME).read_text())["process"] == holder.pid
    holder.kill()
    holder.wait()
    with caplog.at_level("INFO", logger="apps_rec"), hold(tmp_path):
        assert json.loads((tmp_path / NAME).read_text())["process"] == os.getpid()
    assert f"which a training left that is gone: process {holder.pid}" in caplog.text


def test_a_process_number_that_was_given_out_again_is_no_owner(tmp_path, monkeypatch):
    no_kernel_locks(monkeypatch)
    # This very process is alive, and did not start in the 5th tick after boot.
    write_owner(tmp_path, host=socket.gethostname(), process=os.getpid())
    with hold(tmp_path):
        pass


def test_another_host_is_believed_for_ten_minutes(tmp_path):
    write_owner(tmp_path, age_seconds=run_lock.STALE_SECONDS - 60, host="elsewhere")
    with pytest.raises(RunError, match="process 1 on host elsewhere, since then"), hold(tmp_path):
        pass
    write_owner(tmp_path, age_seconds=run_lock.STALE_SECONDS + 60, host="elsewhere")
    with hold(tmp_path):
        pass


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "\x00\x01"])
def test_a_lock_that_names_nobody_is_nobodys(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    with hold(tmp_path):
        pass


def test_the_owner_touches_it(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "HEARTBEAT_SECONDS", 0.01)
    with hold(tmp_path):
        os.utime(tmp_path / NAME, (1, 1))
        until = time.monotonic() + 10
        while (tmp_path / NAME).stat().st_mtime < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert time.time() - (tmp_path / NAME).stat().st_mtime < 60
    until = time.monotonic() + 10
    while any(t.name == "run_lock" for t in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(thread.name == "run_lock" for thread in threading.enumerate())


def test_an_owner_that_lost_it_stops_and_leaves_it(tmp_path):
    with hold(tmp_path) as lock:
        lock.check()
        write_owner(tmp_path, host="elsewhere")
        with pytest.raises(RunError, match=r"taken over by another training: process 1 on host elsewhere"):
            lock.check()
    assert json.loads((tmp_path / NAME).read_text())["host"] == "elsewhere"


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(run_lock.os, "open", refuse)
    with (
        pytest.raises(RunError, match=rf"{NAME}, which keeps .* cannot be written: Read-only file system"),
        hold(tmp_path),
    ):
        pass


def test_a_run_is_opened_under_its_lock(tmp_path):
    with open_run(str(tmp_path / "run"), resume=False, restart=False) as (folder, is_resumed, lock):
        assert not is_resumed
        assert lock.is_held()
        with (
            pytest.raises(RunError, match="is in use"),
            open_run(str(tmp_path / "run"), resume=False, restart=True),
        ):
            pass
        folder.checkpoints.mkdir()
    with open_run(str(tmp_path / "run"), resume=False, restart=True) as (folder, is_resumed, lock):
        assert not is_resumed
        assert lock.is_held()
        assert [path.name for path in folder.path.iterdir()] == [NAME]
    # Nobody owns the lock that was moved aside.
    for path in tmp_path.iterdir():
        with hold(path):
            pass


def test_what_is_refused_lets_go_of_the_lock(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    for _ in range(2):
        with pytest.raises(RunError, match="holds a run already"), open_run(str(tmp_path), resume=False, restart=False):
            pass
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize("kind", ["symbolic", "dangling", "hard", "folder", "pipe"])
def test_what_is_no_file_of_ours_is_left_alone(tmp_path, kind):
    other = tmp_path / "other"
    other.write_text("precious")
    model_dir = tmp_path / "run"
    model_dir.mkdir()
    lock = model_dir / NAME
    if kind == "hard":
        os.link(other, lock)
    elif kind == "folder":
        lock.mkdir()
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.symlink_to(other if kind == "symbolic" else tmp_path / "nowhere")
    with (
        pytest.raises(RunError, match=r"train\.lock: expected the lock of a training, a file of ours, or nothing"),
        hold(model_dir),
    ):
        pass
    assert other.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()
