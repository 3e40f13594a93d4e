"""`make gpu-check`, tried with two logical CPU devices in the place of GPUs."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu_check import Line, table

ROOT = Path(__file__).parents[2]


def _run(*flags: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks.gpu_check", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_without_a_gpu_it_says_so_and_is_no_failure():
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    done = _run()
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "gpu-check: skipped, TensorFlow sees no GPU here (--devices cpu tries the check itself)\n"


@pytest.mark.slow
def test_two_cpu_devices_pass_every_check(tmp_path):
    results = tmp_path / "results.json"
    flags = ["--steps", "5", "--bench-steps", "2", "--bench-ids", "1000"]
    done = _run("--devices", "cpu", *flags, "--folder", str(tmp_path / "data"), "-o", str(results))
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    lines = json.loads(results.read_text())["lines"]
    assert [line["what"].split(":")[0] for line in lines] == [
        "CPU and one device",
        "MirroredStrategy and one device",
        "jit_compile",
        "mixed_precision",
        "rows a second of MMOE",
    ]
    same, mirrored, compiled, mixed, rate = (line["value"] for line in lines)
    # Two devices of one kind give the same bits; two replicas and XLA add up in another order; bfloat16 rounds.
    assert same == 0
    assert 0 < mirrored < 1e-4
    assert 0 < compiled < 1e-4
    assert 0 < mixed < 0.005
    assert rate > 0
    assert [line["devices"] for line in lines] == ["CPU:0", "CPU:0 CPU:1", "CPU:0", "CPU:0", "CPU:0"]
    assert done.stdout.startswith("| | devices | value | limit | |\n| --- |")
    assert done.stdout.count(" right |") == 4


@pytest.mark.parametrize(("value", "word"), [(0.5, "right"), (2.0, "**too much**"), (math.nan, "**too much**")])
def test_a_line_beyond_its_limit_stands_out(value, word):
    assert table([Line("what", "GPU:0", value, 1.0)]).splitlines()[-1].endswith(f"| 1 | {word} |")


def test_a_figure_without_a_limit_is_only_shown():
    line = Line("rows a second", "GPU:0", 123456.7)
    assert line.is_right
    assert table([line]).splitlines()[-1] == "| rows a second | GPU:0 | 123,457 |  |  |"
