"""Spark and Ray, each as a cluster of two processes on this machine, score as `predict` does, bit for bit."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import apps_rec
from tests.tiny import TINY_HEADER, tiny_rows

ROOT = Path(__file__).parents[2]
TYPES = {"app": pa.int64(), "price": pa.float32(), "slot": pa.int32(), "click": pa.int32(), "download": pa.int32()}
COUNT = 4003


def run(name, *words):
    """Run a sample; its output."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "RAY_raylet_start_wait_time_s": "200"}
    command = [sys.executable, str(ROOT / "samples" / name), *map(str, words)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=500)


def typed(name, cell):
    if cell == "":
        return None
    return pa.scalar(cell).cast(TYPES.get(name, pa.string())).as_py()


@pytest.fixture(scope="module")
def export(trained_small, unproven_exports):
    """Return the folder of a version, and write four files of rows, of uneven sizes, to log/."""
    version = Path(apps_rec.export(trained_small.load(), "export")).resolve()
    cells = zip(*tiny_rows(COUNT, seed=11), strict=True)
    columns = {
        name: pa.array([typed(name, cell) for cell in column], TYPES.get(name, pa.string()))
        for name, column in zip(TINY_HEADER, cells, strict=True)
    }
    rows = pa.table(columns)
    Path("log").mkdir()
    for number, (start, end) in enumerate([(0, 1), (1, 1500), (1500, 1507), (1507, COUNT)]):
        pq.write_table(rows.slice(start, end - start), f"log/{number}.parquet")
    return version


@pytest.fixture(scope="module")
def unproven_exports():
    """Leave out the proof of exports."""
    from apps_rec.serving.saved_model import export

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
        yield


def needs(engine):
    module = {"spark": "pyspark", "ray": "ray"}[engine]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    if engine == "spark" and shutil.which("java") is None:
        pytest.skip("there is no java on this machine")


def in_order(table):
    return table.take(pa.array(sorted(range(len(table)), key=table["request"].to_pylist().__getitem__)))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["spark", "ray"])
def test_two_processes_score_as_predict_does(export, tmp_path, engine):
    needs(engine)
    predicted = pq.read_table(apps_rec.predict(export, "log", str(tmp_path / "predicted.parquet")).output)
    done = run(f"{engine}_scoring.py", export, Path("log").resolve(), "-o", tmp_path / "scores", "--local", 2)
    assert done.returncode == 0, done.stderr[-5000:]
    files = sorted((tmp_path / "scores").glob("*.parquet"))
    assert len(files) > 1
    scored = pa.concat_tables([pq.read_table(path) for path in files])
    assert scored.column_names == predicted.column_names
    scored, predicted = in_order(scored), in_order(predicted)
    assert len(scored) == COUNT
    for name in scored.column_names:
        ours, theirs = scored[name].combine_chunks(), predicted[name].combine_chunks()
        assert ours.type == theirs.type
        assert ours.equals(theirs), name
        if pa.types.is_floating(ours.type):
            assert ours.to_numpy().tobytes() == theirs.to_numpy().tobytes(), name


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["spark", "ray"])
def test_a_bad_row_ends_the_job_with_its_message(export, tmp_path, engine):
    needs(engine)
    rows = pq.read_table("log/1.parquet").slice(0, 40)
    apps = ["7"] * 39 + ["many"]
    (tmp_path / "log").mkdir()
    pq.write_table(rows.set_column(2, "app", pa.array(apps)), tmp_path / "log" / "0.parquet")
    done = run(f"{engine}_scoring.py", export, tmp_path / "log", "-o", tmp_path / "scores", "--local", 2)
    assert done.returncode != 0
    # Ray's second process has the last 20 rows.
    row = {"spark": 40, "ray": 20}[engine]
    assert f'row {row}, column "app": expected a whole number of 64 bits (INT64), got "many"' in done.stderr
