"""The C++ program that scores with an export: `build` compiles it, `score` runs it; for the tests that need it."""

import os
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.serving.requests import request

NATIVE = Path(__file__).with_name("native")
_WRITE_ROWS = runpy.run_path(str(NATIVE / "rows.py"))["write_rows"]


def build(folder):
    """The program's path, compiled against the libraries in TensorFlow's wheel; takes most of a minute."""
    if not sys.platform.startswith("linux"):
        pytest.skip(f"the wheel's libraries have other names on {sys.platform}")
    known = [shlex.split(os.environ["CXX"])] if os.environ.get("CXX") else [["g++"], ["c++"], ["clang++"]]
    compiler = next((command for command in known if shutil.which(command[0])), None)
    if compiler is None:
        pytest.skip(f"no C++ compiler is found: {' or '.join(command[0] for command in known)}; CXX names another")
    libraries = Path(tf.sysconfig.get_lib())
    if not (libraries / "libtensorflow_cc.so.2").exists():
        pytest.skip(f"TensorFlow {tf.__version__} has no libtensorflow_cc.so.2 in its wheel")
    program = folder / "score"
    # The headers as a system's: their warnings are not ours to mend.
    flags = [flag.replace("-I", "-isystem", 1) for flag in tf.sysconfig.get_compile_flags()]
    links = [
        "-Wl,--no-as-needed",
        "-l:libtensorflow_cc.so.2",
        *tf.sysconfig.get_link_flags(),
        f"-Wl,-rpath,{libraries}",
    ]
    run([*compiler, *flags, NATIVE / "score.cc", "-o", program, *links], timeout=500)
    return program


def run(command, **options):
    """What a program prints; its errors are the test's."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        **{"timeout": 200, **options},
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr[-3000:]}"
    return done.stdout


def score(program, exported, signature, rows, path, weights=None):
    """Outputs by name of the rows that are sent to a signature of `exported`, which has a version and a schema.

    The rows are written to `path`.
    """
    inputs = request(signature, rows, exported.schema, weights)
    names, *lines = run([program, exported.version, signature, path, *_WRITE_ROWS(path, inputs)]).split("\n")[:-1]
    columns = zip(*(line.split("\t") for line in lines), strict=True)
    return {
        name: np.array(column, np.int32 if name == "order" else np.float64)
        for name, column in zip(names.split("\t"), columns, strict=True)
    }
