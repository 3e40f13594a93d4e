"""Memory of reading does not grow with the file. Run with -s to see the figures."""

import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

COLUMNS = 12

READ = """
import re, sys, time
from apps_rec.data import Column, RowStream, Schema
path, kind = sys.argv[1:]
columns = tuple(Column(f"c{i}", "INT64", 0) for i in range(12)) + (Column("app"),)
schema = Schema(columns, labels=("click",), input_type=kind, with_header=True,
                declared=(*columns, Column("click", "INT32", 0)))
stream = RowStream([path], schema, 4096, shuffle=True, seed=1)
start, rows = time.process_time(), 0
for batch in stream.batches():
    rows += batch.size
seconds = time.process_time() - start
# Not ru_maxrss: a child inherits the peak of the process that started it.
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024
print(rows, peak, seconds)
"""


def write(path, kind, rows):
    rng = np.random.default_rng(0)
    columns = {f"c{i}": rng.integers(0, 100_000, rows) for i in range(COLUMNS)}
    columns |= {
        "app": [f"com.example.app{i}" for i in rng.integers(0, 10_000, rows)],
        "click": rng.integers(0, 2, rows),
    }
    table = pa.table(columns)
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=rows)
    else:
        pyarrow.csv.write_csv(table, path)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_million_rows_take_hardly_more_than_a_hundred_thousand(tmp_path, kind):
    peaks = []
    for rows in (100_000, 1_000_000):
        path = tmp_path / f"{rows}.{kind}"
        write(path, kind, rows)
        command = [sys.executable, "-c", READ, str(path), kind]
        began = time.time()
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert int(out[0]) == rows
        peaks.append(int(out[1]))
        seconds = float(out[2])
        print(f"{kind} {rows} rows: peak {out[1]} MB, {rows / seconds:.0f} rows/s of CPU, {time.time() - began:.1f} s")
    assert peaks[1] - peaks[0] <= 150
