"""What a run costs: CPU time against rows of a table, memory against rows of a file."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

STEP_TIMES = """
import json, time
import apps_rec.legacy_keras
import numpy as np
import tensorflow as tf
from apps_rec.features import Embedder
from apps_rec.features.specs import IdFeature, NumberIds
from apps_rec.models import DnnSpec, mmoe, Task
from apps_rec.training.optimizers.row_sparse import RowSparseOptimizer
from apps_rec.training.optimizers.rules import Adam
from apps_rec.training.optimizers.schedules import Constant

BATCH, STEPS, ROUNDS = 4096, 20, 7
tf.config.experimental.enable_op_determinism()
apps_rec.legacy_keras.keras.utils.set_random_seed(1)


def make(rows):
    specs = [IdFeature(f"c{i}", f"c{i}", NumberIds(rows - 1), "shared", 16) for i in range(12)]
    tasks = [Task("ctr", "click", DnnSpec((64,))), Task("ctcvr", "download", DnnSpec((64,)))]
    model = mmoe(Embedder(specs), tasks, [spec.name for spec in specs], 2, DnnSpec((256, 128)))
    model.compile(optimizer=RowSparseOptimizer(Adam(), Constant(1e-3)))
    rng = np.random.default_rng(0)
    labels = {"click": tf.ones(BATCH), "download": tf.zeros(BATCH)}
    batches = [
        ({"ids": tf.constant(rng.integers(0, rows - 1, (BATCH, 12))), "values": tf.zeros([BATCH, 0])}, labels, {})
        for _ in range(STEPS)
    ]
    step = tf.function(model.train_step)
    step(batches[0])
    return step, batches


made = {rows: make(rows) for rows in (10**5, 10**7)}
seconds = {rows: [] for rows in made}
for _ in range(ROUNDS):
    for rows, (step, batches) in made.items():
        start = time.process_time()
        for batch in batches:
            step(batch)
        seconds[rows].append((time.process_time() - start) / STEPS)
print(json.dumps({str(rows): float(np.median(times)) for rows, times in seconds.items()}))
"""


def _run(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


def test_a_step_costs_the_rows_it_touches_and_not_the_rows_there_are():
    seconds = _run(STEP_TIMES)
    ratio = seconds["10000000"] / seconds["100000"]
    print(f"CPU time a step: {seconds}, ratio {ratio:.2f}")
    assert ratio <= 1.5  # cache misses alone cost about 1.25


CONFIG = """
train_input_path: "{path}"
model_dir: "{model_dir}"
data_config {{
  input_type: {kind} batch_size: 2048 num_epochs: 1 label_fields: "click"
  input_fields {{ input_name: "user" }}
  {fields}
  input_fields {{ input_name: "click" input_type: INT32 }}
}}
feature_config {{
  features {{ input_names: "user" embedding_dim: 8 hash_bucket_size: 10000 }}
  {features}
}}
model_config {{
  feature_groups {{ group_name: "all" feature_names: ["user", {names}] }}
  simple_multi_task {{ task_towers {{ tower_name: "ctr" label_name: "click" }} }}
}}
"""
COLUMNS = [f"c{i}" for i in range(12)]

TRAIN = """
import json, sys
import apps_rec
apps_rec.train(sys.argv[1])
lines = open("/proc/self/status").read().splitlines()
# VmHWM, as ru_maxrss starts from the parent's peak.
print(json.dumps(int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024))
"""


@pytest.mark.parametrize("kind", ["ParquetInput", "CSVInput"])
def test_training_takes_no_more_memory_from_more_rows(tmp_path, kind):
    rng = np.random.default_rng(0)
    peaks = {}
    for rows in (100_000, 1_000_000):
        data = {name: rng.integers(0, 10_000, rows) for name in COLUMNS}
        users = pa.array([f"user {i}" for i in rng.integers(0, 10_000, rows)])
        table = pa.table({"user": users, **data, "click": rng.integers(0, 2, rows, dtype=np.int32)})
        path = tmp_path / f"{rows}.data"
        if kind == "ParquetInput":
            pq.write_table(table, path, row_group_size=rows)
        else:
            pa.csv.write_csv(table, path)
        del data, users, table
        config = tmp_path / f"{rows}.config"
        config.write_text(
            CONFIG.format(
                path=path,
                model_dir=tmp_path / f"run{rows}",
                kind=kind if kind == "ParquetInput" else f"{kind} with_header: true",
                fields=" ".join(f'input_fields {{ input_name: "{name}" input_type: INT64 }}' for name in COLUMNS),
                features=" ".join(
                    f'features {{ input_names: "{name}" embedding_dim: 8 num_buckets: 10000 }}' for name in COLUMNS
                ),
                names=", ".join(f'"{name}"' for name in COLUMNS),
            )
        )
        peaks[rows] = _run(TRAIN, config)
    print(f"{kind}: peak memory in MB {peaks}")
    assert peaks[1_000_000] - peaks[100_000] <= 150
