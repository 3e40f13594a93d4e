"""Small programs stand in for trainings."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps_rec.cli.main import main
from apps_rec.errors import CheckFailedError, ConfigError, InterruptedRunError, JobFailedError, RunError
from apps_rec.protos import train_pb2
from apps_rec.tools.cluster import LocalProcess, free_ports, tasks_of, tf_config
from apps_rec.tools.launch import check_launchable, launch

ROOT = Path(__file__).parents[2]
# Notes its start in the folder, then does what the test adds. `start` counts from 1.
HEAD = """
import json, os, signal, sys, time
config, folder = json.loads(os.environ["TF_CONFIG"]), sys.argv[1]
kind, index = config["task"]["type"], config["task"]["index"]
notes = f"{folder}/{kind}{index}.notes"
with open(notes, "a") as file:
    file.write(json.dumps([os.getpid(), config["cluster"], sys.argv[2:]]) + "\\n")
start = len(open(notes).readlines())
def others_started(count, times=1):
    deadline = time.monotonic() + 20
    while sum(len(open(f"{folder}/{name}").readlines()) >= times for name in os.listdir(folder)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
"""
SERVE = "time.sleep(60); sys.exit('nobody ended it')"


@pytest.fixture
def stand_in(tmp_path):
    """Return what writes a program and gives the command that runs it."""

    def write(code):
        (tmp_path / "stand_in.py").write_text(HEAD + code, encoding="utf-8")
        (tmp_path / "notes").mkdir()
        return [sys.executable, str(tmp_path / "stand_in.py"), str(tmp_path / "notes")]

    return write


def notes(command, task):
    """(pid, cluster, further arguments) of every start of a task."""
    path = Path(command[2]) / f"{task}.notes"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def pids(command):
    return [note[0] for path in Path(command[2]).glob("*.notes") for note in notes(command, path.stem)]


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run(command, *args, **kwargs):
    out, err = io.StringIO(), io.StringIO()
    try:
        launch(command, *args, out=out, err=err, **kwargs)
    finally:
        assert not [pid for pid in pids(command) if runs(pid)]
    return out.getvalue(), err.getvalue()


# ---- the cluster


def test_ports_are_free_and_different():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(1024 <= port < 65536 for port in ports)


def test_tf_config_is_as_documented():
    ports = {task: 9000 + at for at, task in enumerate(tasks_of(2, 1))}
    assert json.loads(tf_config(LocalProcess("worker", 1), ports)) == {
        "cluster": {
            "chief": ["127.0.0.1:9000"],
            "ps": ["127.0.0.1:9001"],
            "worker": ["127.0.0.1:9002", "127.0.0.1:9003"],
        },
        "task": {"type": "worker", "index": 1},
    }


def test_workers_alone_are_waited_for(stand_in):
    command = stand_in("""
print(f"one of {len(config['cluster']['worker'])}", flush=True)
sys.stderr.write("to stderr\\n")
sys.stdout.flush()
os.write(1, "ä".encode() + b"\\xff without end")
time.sleep(0.3 * index)
""")
    out, err = run(command, 3)
    shown = [f"[worker {k}] {line}" for k in range(3) for line in ("one of 3", "ä� without end")]
    assert sorted(out.splitlines()) == sorted(shown)
    assert sorted(err.splitlines()) == [f"[worker {k}] to stderr" for k in range(3)]
    clusters = [notes(command, f"worker{k}") for k in range(3)]
    assert [len(starts) for starts in clusters] == [1, 1, 1]
    assert clusters[0][0][1] == clusters[1][0][1] == clusters[2][0][1]
    assert set(clusters[0][0][1]) == {"worker"}
    assert len(set(clusters[0][0][1]["worker"])) == 3


def test_lines_of_several_processes_stay_whole(stand_in):
    command = stand_in("for i in range(300): print(f'{index}' * 500, flush=i % 7 == 0)")
    out, _ = run(command, 3)
    expected = [f"[worker {k}] " + f"{k}" * 500 for k in range(3) for _ in range(300)]
    assert sorted(out.splitlines()) == sorted(expected)


def test_the_chief_ends_the_others(stand_in):
    command = stand_in(f"if kind == 'chief': others_started(4); sys.exit(0)\n{SERVE}")
    started = time.monotonic()
    run(command, 2, 1)
    assert time.monotonic() - started < 20
    (note,) = notes(command, "chief0")
    assert {name: len(places) for name, places in note[1].items()} == {"chief": 1, "ps": 1, "worker": 2}
    assert len(pids(command)) == 4


# ---- what is started again


def test_a_worker_that_dies_starts_the_job_again(stand_in, caplog):
    command = stand_in("""
others_started(2, start)
if index == 1 and start == 1: os.kill(os.getpid(), signal.SIGKILL)
if index == 0 and start == 2: sys.exit(7)
if start < 3: time.sleep(60)
""")
    with caplog.at_level("WARNING", "apps_rec.tools"):
        run([*command, "x.config", "--restart"], 2)
    first, second, third = notes(command, "worker0")
    assert first[2] == ["x.config", "--restart"]
    assert second[2] == third[2] == ["x.config", "--resume"]
    assert first[1] != second[1]  # other ports
    assert len(notes(command, "worker1")) == 3
    assert [record.getMessage() for record in caplog.records] == [
        "launch: worker 1 was killed by SIGKILL; the job starts again with --resume (1 of 10)",
        "launch: worker 0 ended with exit code 7; the job starts again with --resume (2 of 10)",
    ]


def test_a_job_that_dies_too_often_is_given_up(stand_in):
    command = stand_in("sys.exit(7) if index == 0 else time.sleep(60)")
    with pytest.raises(JobFailedError, match="worker 0 ended with exit code 7; the job was started again 2 times") as e:
        run(command, 2, max_restarts=2)
    assert e.value.exit_code == 1
    assert len(notes(command, "worker0")) == 3


def test_with_servers_a_worker_is_replaced_alone(stand_in, caplog):
    command = stand_in(f"""
if kind == "worker" and index == 1 and start < 3: others_started(4); os.kill(os.getpid(), signal.SIGKILL)
if kind == "chief":
    while not (os.path.exists(f"{{folder}}/worker1.notes") and len(open(f"{{folder}}/worker1.notes").readlines()) == 3):
        time.sleep(0.01)
    sys.exit(0)
{SERVE}""")
    with caplog.at_level("WARNING", "apps_rec.tools"):
        run(command, 2, 1)
    starts = notes(command, "worker1")
    assert [note[1:] for note in starts] == [starts[0][1:]] * 3  # the same ports, no --resume
    assert [len(notes(command, name)) for name in ("chief0", "ps0", "worker0")] == [1, 1, 1]
    assert caplog.records[1].getMessage() == "launch: worker 1 was killed by SIGKILL; worker 1 starts again (2 of 10)"


@pytest.mark.parametrize("dies", ["ps", "chief"])
def test_without_a_server_or_the_chief_all_start_again(stand_in, dies):
    command = stand_in(f"""
others_started(3, start)
if kind == "{dies}" and start == 1: os.kill(os.getpid(), signal.SIGKILL)
if kind == "chief" and start == 2: sys.exit(0)
{SERVE}""")
    run(command, 1, 1)
    for name in ("chief0", "ps0"):
        first, second = notes(command, name)
        assert (first[2], second[2]) == ([], ["--resume"])
        assert first[1] != second[1]


# ---- how it ends


@pytest.mark.parametrize(
    ("code", "error", "exit_code"),
    [(2, RunError, 2), (3, CheckFailedError, 3), (143, InterruptedRunError, 143), (130, InterruptedRunError, 130)],
)
def test_an_exit_code_that_says_something_ends_the_job(stand_in, code, error, exit_code):
    command = stand_in(f"""
others_started(2)
if index == 1: sys.stderr.write("a.config:1: wrong\\n"); sys.stderr.flush(); os._exit({code})
{SERVE}""")
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(error, match="worker 1") as caught:
        launch(command, 2, out=out, err=err)
    assert caught.value.exit_code == exit_code
    assert err.getvalue() == "[worker 1] a.config:1: wrong\n"
    assert len(pids(command)) == 2
    assert not [pid for pid in pids(command) if runs(pid)]


def start_launch(command, workers, ps=0, grace=15.0):
    """A process that launches, so that it can be sent signals."""
    code = (
        "import sys\nfrom apps_rec.errors import UserError\nfrom apps_rec.tools.launch import launch\n"
        f"try: launch({command!r}, {workers}, {ps}, grace={grace})\n"
        "except UserError as error: sys.exit(error.exit_code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_trainings_save(stand_in, number, exit_code):
    command = stand_in("""
def save(number, frame):
    time.sleep(0.3)
    print("saved", flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
time.sleep(60)
""")
    process = start_launch(command, 2)
    try:
        assert {process.stdout.readline(), process.stdout.readline()} == {"[worker 0] ready\n", "[worker 1] ready\n"}
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)
        assert sorted(out.splitlines()) == ["[worker 0] saved", "[worker 1] saved"]
        assert process.returncode == exit_code
        assert len(pids(command)) == 2
        assert not [pid for pid in pids(command) if runs(pid)]
    finally:
        process.kill()
        process.communicate()


def test_the_chief_saves_before_the_servers_end(stand_in):
    command = stand_in("""
def end(number, frame):
    print("asked", flush=True)
    time.sleep(0.3 if kind == "chief" else 0)
    print("ended", flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(60)
""")
    process = start_launch(command, 1, 1)
    try:
        assert {process.stdout.readline() for _ in range(3)} == {f"[{n} 0] ready\n" for n in ("chief", "ps", "worker")}
        process.terminate()
        out, _ = process.communicate(timeout=20)
        assert out.splitlines()[:2] == ["[chief 0] asked", "[chief 0] ended"]
        assert len(out.splitlines()) == 6
    finally:
        process.kill()
        process.communicate()


def test_what_does_not_end_is_killed_after_the_grace(stand_in):
    command = stand_in("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)")
    process = start_launch(command, 1, grace=0.5)
    try:
        assert process.stdout.readline() == "[worker 0] ready\n"
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 143
        assert not runs(pids(command)[0])
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed process")
def test_nothing_is_left_behind_a_killed_launch(stand_in):
    command = stand_in("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)")
    process = start_launch(command, 2, 1)
    try:
        for _ in range(4):
            assert process.stdout.readline().endswith("ready\n")
        assert len([pid for pid in pids(command) if runs(pid)]) == 4
        process.kill()
        process.wait()
        until(lambda: not [pid for pid in pids(command) if runs(pid)])
    finally:
        process.kill()
        process.communicate()


# ---- what is launched


def with_strategy(tiny, name):
    config = tiny.load()
    config.message.train_config.train_distribute = train_pb2.DistributionStrategy.Value(name)
    return config


def test_the_strategy_must_need_the_cluster(tiny, capsys):
    worker, ps = "MultiWorkerMirroredStrategy", "ParameterServerStrategy"
    check_launchable(with_strategy(tiny, worker), 2, 0)
    check_launchable(with_strategy(tiny, "CollectiveAllReduceStrategy"), 2, 0)
    check_launchable(with_strategy(tiny, ps), 2, 1)
    with pytest.raises(
        ConfigError, match=f"train_config.train_distribute: expected {worker} .* without --ps, got {ps}"
    ):
        check_launchable(with_strategy(tiny, "PSStrategy"), 2, 0)
    with pytest.raises(ConfigError, match=f"expected {ps} to be launched with --ps 2, got NoStrategy; --set "):
        check_launchable(tiny.load(), 2, 2)
    with pytest.raises(ConfigError, match="--workers, --ps"):
        check_launchable(tiny.load(), 0, 0)
    assert main(["launch", "--workers", "2", "--", "train", "tiny.config", "--set", "model_dir=x"]) == 2
    assert "train_config.train_distribute: expected MultiWorkerMirroredStrategy" in capsys.readouterr().err
    assert main(["launch", "--", "evaluate", "tiny.config"]) == 2
    assert "expected a train command after --, got evaluate" in capsys.readouterr().err


def test_the_command_line_launches_what_it_is_given(tiny, monkeypatch):
    seen = []
    monkeypatch.setattr("apps_rec.tools.launch.launch", lambda *args, **kwargs: seen.append((args, kwargs)))
    seen_config = "apps_rec.cli.commands.models.launch.read_config"
    monkeypatch.setattr(seen_config, lambda options: with_strategy(tiny, "PSStrategy"))
    words = ["train", "tiny.config", "--set", "model_dir=x", "--resume"]
    assert main(["launch", "--workers", "3", "--ps", "1", "--max-restarts", "4", "--", *words]) == 0
    assert seen == [(([sys.executable, "-P", "-m", "apps_rec", *words], 3, 1), {"max_restarts": 4})]
