import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CONFIG = """
train_input_path: "rows.parquet"
eval_input_path: "rows.parquet"
model_dir: "run"
data_config {
  input_type: ParquetInput batch_size: 64 num_epochs: 2 label_fields: "click"
  input_fields { input_name: "app" }
  input_fields { input_name: "price" input_type: FLOAT }
  input_fields { input_name: "click" input_type: INT32 }
}
feature_config {
  features { input_names: "app" embedding_dim: 4 hash_bucket_size: 100 }
  features { input_names: "price" feature_type: RawFeature }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["app", "price"] }
  simple_multi_task { task_towers { tower_name: "ctr" label_name: "click" } }
}
train_config {
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.05 } } } }
}
"""


@pytest.fixture
def folder_of_configs(tmp_path, monkeypatch):
    """A folder `configs` with small.config, working directory beside it; a function writes its expected.json."""
    rng = np.random.default_rng(0)
    app = rng.integers(0, 10, 600)
    click = rng.random(600) < np.where(app < 5, 0.9, 0.1)
    columns = {"app": [f"app{i}" for i in app], "price": rng.random(600), "click": click.astype(np.int32)}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    configs = tmp_path / "configs"
    configs.mkdir()
    (configs / "small.config").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)

    def expect(**expected):
        (configs / "small.expected.json").write_text(json.dumps(expected))
        return configs

    return expect
