"""What an export takes, drawn from a config."""

import pytest

from apps_rec.config import parse_text
from apps_rec.data import Column
from apps_rec.errors import ConfigError
from apps_rec.serving.schema import build_serving_schema

CONFIG = """
train_input_path: "x" model_dir: "y"
data_config {
  input_type: ParquetInput num_epochs: 1 label_fields: "click"
  input_fields { input_name: "user" input_type: INT64 default_val: "-1" }
  input_fields { input_name: "hour" input_type: INT32 }
  input_fields { input_name: "app" input_type: INT32 }
  input_fields { input_name: "age" input_type: INT32 }
  input_fields { input_name: "free" input_type: BOOL }
  input_fields { input_name: "pays" input_type: DOUBLE default_val: "0.5" }
  input_fields { input_name: "tags" }
  input_fields { input_name: "slot" input_type: INT32 default_val: "3" }
  input_fields { input_name: "click" input_type: INT32 }
}
feature_config {
  features { input_names: "user" side: USER hash_bucket_size: 9 embedding_dim: 2 }
  features { input_names: "hour" side: CONTEXT feature_type: RawFeature embedding_dim: 2 }
  features { feature_name: "hour_id" side: CONTEXT input_names: "hour" num_buckets: 24 embedding_dim: 2 }
  features { input_names: "app" num_buckets: 9 embedding_dim: 2 }
  features { input_names: "age" feature_type: RawFeature boundaries: [1, 2] embedding_dim: 2 }
  features { input_names: "free" feature_type: RawFeature embedding_dim: 2 }
  features { input_names: "tags" feature_type: TagFeature separator: "," hash_bucket_size: 9 embedding_dim: 2 }
  features { input_names: "slot" num_buckets: 9 embedding_dim: 2 position: true }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "hour", "hour_id", "app", "age", "free", "tags"] }
  feature_groups { group_name: "position" feature_names: "slot" }
  rank_model {
    body { shared_bottom { } } position_tower { } task_towers { tower_name: "ctr" label_name: "click" }
  }
  score_value_field: "pays" score_formula: PRODUCT_OF_POWERS
}
"""


def schema(*overrides):
    return build_serving_schema(parse_text(CONFIG, "a.config", overrides).message)


def test_columns_sides_and_the_score():
    found = schema()
    assert [column.name for column in found.columns] == ["user", "hour", "app", "age", "free", "tags", "pays"]
    assert [column.name for column in found.shared] == ["user", "hour"]
    assert [column.name for column in found.items] == ["app", "age", "free", "tags", "pays"]
    assert found.filled == (Column("slot", "INT32", 3, True),)
    assert (found.formula, found.value_field, found.terms) == ("product_of_powers", "pays", (("probs_ctr", 1.0),))
    assert found.outputs == ("probs_ctr", "logits_ctr", "score")
    assert found.rank_outputs == ("score", "order", "probs_ctr")


def test_ids_are_packed_as_text_and_numbers_as_numbers():
    packed = {name: [column.name for column in columns] for name, columns in schema().packed().items()}
    # A column that is an id and a number goes as text, which loses nothing.
    assert packed == {
        "shared_text": ["user", "hour"],
        "item_text": ["app", "tags"],
        "item_numbers": ["age", "free", "pays"],
    }


def test_a_number_that_is_cut_where_float64_has_gaps_is_packed_as_text():
    set_cuts = "feature_config.features[feature_name=age].boundaries=1,{}"
    for cut, name in ((2**53, "item_numbers"), (-(2**53) - 2, "item_text"), (2**60, "item_text")):
        cuts = sorted((1, cut))
        packed = schema(set_cuts.replace("1,{}", f"{cuts[0]},{cuts[1]}")).packed()
        assert "age" in [column.name for column in packed[name]]


def test_as_json():
    described = schema().to_json()
    assert described["columns"][0] == {"name": "user", "dtype": "DT_INT64", "default": -1, "side": "user"}
    assert described["columns"][5] == {
        "name": "tags",
        "dtype": "DT_STRING",
        "default": "",
        "side": "item",
        "list_separator": ",",
    }
    assert described["signatures"]["rank"]["inputs"] == [
        {"name": "user", "dtype": "DT_INT64", "shape": [1]},
        {"name": "hour", "dtype": "DT_INT32", "shape": [1]},
        {"name": "app", "dtype": "DT_INT32", "shape": [None]},
        {"name": "age", "dtype": "DT_INT32", "shape": [None]},
        {"name": "free", "dtype": "DT_BOOL", "shape": [None]},
        {"name": "tags", "dtype": "DT_STRING", "shape": [None]},
        {"name": "pays", "dtype": "DT_DOUBLE", "shape": [None]},
        {"name": "weights", "dtype": "DT_FLOAT", "shape": [1]},
    ]
    assert described["signatures"]["rank"]["outputs"][1] == {"name": "order", "dtype": "DT_INT32", "shape": [None]}


def test_a_model_that_reads_nothing_of_an_item_ranks_nothing():
    names = '["user", "hour", "hour_id", "app", "age", "free", "tags"]'
    text = CONFIG.replace(names, '["user", "hour", "hour_id"]')
    with pytest.raises(ConfigError, match="no feature that the model reads has a column of the item"):
        build_serving_schema(parse_text(text).message)
