"""Disks that are full or read-only: a small tmpfs where this process may mount one."""

import re
import shutil
import subprocess

import pytest

from apps_rec.cli.main import main
from tests.training.process import train_words


@pytest.fixture
def mount(request):
    """Return a function that mounts a tmpfs with options as a new folder; it is unmounted at the end."""

    def make(path, options):
        path.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        request.addfinalizer(lambda: subprocess.run(["umount", str(path)], check=True))
        return path

    if shutil.which("mount") is None:
        pytest.skip("there is no mount command")
    return make


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_a_full_disk_stops_the_run_and_keeps_what_was_saved(whole, mount):
    checkpoint = size_of(whole.folder / "whole" / "checkpoints") // 2
    best = size_of(whole.folder / "whole" / "best")
    # Room for two checkpoints with the best and half of a third, which is written before the oldest goes.
    path = mount(whole.folder / "small", f"size={int(2.5 * checkpoint) + best + 40_000}")
    code, log = whole.train("small/run", overrides=["train_config.save_summary_steps=0"]).end()
    assert code == 2, log
    assert re.search(r"the checkpoint of step \d+ cannot be written to small/run/(checkpoints|best): .*space", log), log
    assert "Traceback" not in log
    left = sorted(p.name for p in (path / "run" / "checkpoints").iterdir() if p.name.startswith("model"))
    assert left, log
    steps = {name.split("-")[1].split(".")[0] for name in left}
    # Index, data and checksums of each, and nothing of the one that did not fit.
    assert len(left) == 3 * len(steps), left
    shutil.copytree(path / "run", whole.folder / "moved")
    log = whole.train("moved", "--resume").finish()
    assert f"resumed from step {max(map(int, steps))}\n" in log
    assert "damaged" not in log
    whole.assert_equal("moved")


def test_a_read_only_model_dir_is_an_error_that_says_so(small, mount, capsys):
    mount(small.folder / "readonly", "ro")
    for model_dir in ("readonly", "readonly/run"):
        assert main(train_words(model_dir)) == 2
        log = capsys.readouterr().err
        assert "cannot be written: Read-only file system" in log
        assert "Traceback" not in log
