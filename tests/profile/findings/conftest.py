import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.profile.findings.check import check_data

CONFIG = """
train_input_path: "train.{ending}"
eval_input_path: "eval.{ending}"
model_dir: "run"
data_config {{
  input_type: {kind} num_epochs: 1 {header}
  label_fields: ["click", "download"]
  input_fields {{ input_name: "user" }}
  input_fields {{ input_name: "app" input_type: INT64 }}
  input_fields {{ input_name: "price" input_type: FLOAT }}
  input_fields {{ input_name: "tags" }}
  input_fields {{ input_name: "source" }}
  input_fields {{ input_name: "click" input_type: INT32 }}
  input_fields {{ input_name: "download" input_type: INT32 }}
  row_filter {{ column: "source" drop: "cache" }}
  {data}
}}
feature_config {{
  features {{ input_names: "user" embedding_dim: 4 hash_bucket_size: 100 }}
  features {{ input_names: "app" embedding_dim: 4 num_buckets: 30 }}
  features {{ input_names: "price" feature_type: RawFeature min_val: 0 max_val: 10 }}
  features {{ input_names: "tags" feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 50 }}
}}
model_config {{
  feature_groups {{ group_name: "all" feature_names: ["user", "app", "price", "tags"] }}
  {model} {{
    num_expert: 2
    expert_dnn {{ hidden_units: 4 }}
    {towers}
  }}
}}
"""
_ESMM = """
    ctr_tower { tower_name: "ctr" label_name: "click" }
    cvr_tower { tower_name: "cvr" label_name: "download" }"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def log(rows=1_000, seed=1, first=0):
    """Columns of a log; each row has a request of its own, which no config names."""
    draw = random.Random(seed)
    made = {name: [] for name in ("request", "day", "user", "app", "price", "tags", "source", "click", "download")}
    for n in range(rows):
        click = int(draw.random() < 0.3)
        row = (f"r{first + n}", f"2026-11-{n * 5 // rows + 1:02d}", f"u{draw.randrange(50)}", draw.randrange(30))
        tags = "|".join(draw.sample("abcdef", 2))
        labels = (click, int(click and draw.random() < 0.5))
        values = (*row, draw.uniform(0, 10), tags, "cache" if n % 10 == 0 else "net", *labels)
        for name, value in zip(made, values, strict=True):
            made[name].append(value)
    return made


def write_config(kind="ParquetInput", data="", towers=_ESMM, model="esmm"):
    """Writes my.config."""
    ending = "csv" if kind == "CSVInput" else "parquet"
    header = "with_header: true" if kind == "CSVInput" else ""
    text = CONFIG.format(header=header, kind=kind, ending=ending, data=data, towers=towers, model=model)
    Path("my.config").write_text(text, encoding="utf-8")


def write_parquet(train, evaluation):
    """Writes both files."""
    pq.write_table(pa.table(train), "train.parquet")
    pq.write_table(pa.table(evaluation), "eval.parquet")


def found(quarantine=None):
    """Checks the data of my.config."""
    return check_data(apps_rec.load_config("my.config"), quarantine)


def told(report, check):
    """Level, place and text of the findings of a check."""
    return [(one.level, one.where, one.text) for one in report.findings if one.check == check]
