"""A config with every kind of feature, and how many mistakes it has after a change."""

import pytest

from apps_rec.config import parse_text
from apps_rec.errors import ConfigError

BASE = """\
train_input_path: "train.csv"
eval_input_path: "val.csv"
model_dir: "out/run"
train_config { num_steps: 500 }
data_config {
  input_type: CSVInput
  with_header: true
  label_fields: ["click", "download"]
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "download" input_type: INT32 }
  input_fields { input_name: "user" }
  input_fields { input_name: "app" }
  input_fields { input_name: "hour" input_type: INT32 default_val: "-1" }
  input_fields { input_name: "age" input_type: FLOAT }
  input_fields { input_name: "tags" }
  input_fields { input_name: "history" }
  input_fields { input_name: "slot" input_type: INT32 default_val: "0" }
  input_fields { input_name: "cost" input_type: FLOAT }
}
feature_config {
  features { feature_name: "user" input_names: "user" embedding_dim: 8 hash_bucket_size: 100 }
  features { feature_name: "app" input_names: "app" embedding_dim: 8 hash_bucket_size: 100 }
  features { feature_name: "hour" input_names: "hour" embedding_dim: 8 num_buckets: 24 }
  features { feature_name: "age" input_names: "age" feature_type: RawFeature embedding_dim: 8 }
  features { feature_name: "tags" input_names: "tags" feature_type: TagFeature embedding_dim: 8 vocab_list: ["a", "b"] }
  features {
    feature_name: "user_x_hour" input_names: ["user", "hour"] feature_type: ComboFeature
    embedding_dim: 8 hash_bucket_size: 1000
  }
  features {
    feature_name: "history" input_names: "history" feature_type: SequenceFeature
    embedding_name: "app" embedding_dim: 8 hash_bucket_size: 100
    sequence_combiner { target_attention { key: "app" } }
  }
  features { feature_name: "slot" input_names: "slot" embedding_dim: 4 num_buckets: 10 position: true }
}
model_config {
  feature_groups {
    group_name: "all"
    feature_names: ["user", "app", "hour", "age", "tags", "user_x_hour", "history"]
  }
  feature_groups { group_name: "position" feature_names: "slot" }
  rank_model {
    body { mmoe { expert_dnn { hidden_units: [32, 16] } num_expert: 2 } }
    fm { }
    head { funnel { } }
    task_towers { tower_name: "ctr" label_name: "click" dnn { hidden_units: 16 } weight: 0.95 }
    task_towers { tower_name: "cvr" label_name: "download" dnn { hidden_units: 16 } weight: 0.05 }
    position_tower { }
  }
}
"""


def changed(*replacements: tuple[str, str], text: str = BASE) -> str:
    for old, new in replacements:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def mistakes(text: str = BASE, overrides=(), name: str = "a.config") -> list[str]:
    try:
        parse_text(text, name, overrides)
    except ConfigError as error:
        return str(error).split("\n")
    return []


@pytest.fixture
def base():
    return BASE


@pytest.fixture
def change():
    return changed


@pytest.fixture
def report():
    return mistakes
