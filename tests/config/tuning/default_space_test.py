"""The space that follows from a model: each rule of docs/tuning.md, on configs where it can be seen."""

from pathlib import Path

import pytest

from apps_rec.config.load import load_config, parse_text
from apps_rec.config.tuning.default_space import default_space
from apps_rec.config.tuning.parameters import check_values

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "samples").glob("appstore/*.config"))
MMOE = "model_config.mmoe"
RATE = "train_config.optimizer_config[0].adam_optimizer.learning_rate.constant_learning_rate.learning_rate"


def as_dict(space):
    found = {}
    for one in space:
        values = one.values
        shown = list(values.value) if one.kind == "choices" else [values.min, values.max]
        found[tuple(one.message.path)] = (one.kind, shown)
    return found


TEXT = """\
train_input_path: "a" eval_input_path: "b" model_dir: "run"
train_config {
  num_steps: 5
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }
}
data_config {
  input_type: CSVInput with_header: true
  label_fields: ["click", "pay"]
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "pay" input_type: INT32 }
  input_fields { input_name: "a" }
  input_fields { input_name: "b c" }
  input_fields { input_name: "d" }
}
feature_config {
  features { input_names: "a" embedding_dim: 6 hash_bucket_size: 100 }
  features { input_names: "b c" embedding_dim: 6 hash_bucket_size: 100 }
  features { input_names: "d" embedding_dim: 3 hash_bucket_size: 100 }
}
model_config {
  embedding_regularization: 1e-5
  feature_groups { group_name: "all" feature_names: ["a", "b c", "d"] }
  mmoe {
    num_expert: 3
    expert_dnn { hidden_units: [64, 33] }
    gate_dnn { hidden_units: 4 }
    task_towers { tower_name: "ctr" label_name: "click" dnn { hidden_units: 16 } }
    task_towers { tower_name: "cvr" label_name: "pay" }
    l2_regularization: 0
  }
}
"""


def test_the_rules_one_by_one():
    assert as_dict(default_space(parse_text(TEXT))) == {
        (RATE,): ("log_uniform", [0.002, 0.2]),
        # Those of the most frequent length; a name that a path cannot hold is replaced by a number.
        ("feature_config.features[feature_name=a].embedding_dim", "feature_config.features[1].embedding_dim"): (
            "choices",
            ["3", "6", "12"],
        ),
        # Neither the tower's network nor the gate's.
        (f"{MMOE}.expert_dnn.hidden_units",): ("choices", ["32,16", "64,33", "128,66"]),
        (f"{MMOE}.expert_dnn.dropout_ratio",): ("uniform", [0.0, 0.5]),
        (f"{MMOE}.num_expert",): ("integers", [2, 6]),
        # l2_regularization is off.
        ("model_config.embedding_regularization",): ("log_uniform", [1e-8, 1e-3]),
    }


def test_embeddings_that_begin_at_a_file_keep_its_length():
    given = 'input_names: "a"'
    assert TEXT.count(given) == 1
    text = TEXT.replace(given, f'{given} embedding_init {{ input_path: "v.parquet" }}')
    lengths = [paths for paths in as_dict(default_space(parse_text(text))) if "embedding_dim" in paths[0]]
    # The other one of length 6.
    assert lengths == [("feature_config.features[1].embedding_dim",)]


def test_what_the_model_refuses_is_left_out():
    text = TEXT.replace('"b c"] }', '"b c"] }').replace("embedding_dim: 3", "embedding_dim: 6")
    text = text.replace("l2_regularization: 0", "fm { }")
    # An FM needs one length: all features take it together.
    assert ("feature_config.features[*].embedding_dim",) in as_dict(default_space(parse_text(text)))
    shared = text.replace("embedding_dim: 6 hash", 'embedding_name: "t" embedding_dim: 6 hash', 1)
    assert ("feature_config.features[*].embedding_dim",) in as_dict(default_space(parse_text(shared)))
    # num_expert is of the list: there is nothing to choose.
    older = TEXT.replace(
        "num_expert: 3\n    expert_dnn { hidden_units: [64, 33] }", "experts { dnn { hidden_units: 8 } } " * 2
    )
    space = as_dict(default_space(parse_text(older)))
    assert not any("num_expert" in path for paths in space for path in paths)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_value_of_a_samples_space_passes_the_checks(sample):
    config = load_config(sample)
    space = default_space(config)
    assert {one.kind for one in space} >= {"log_uniform", "choices"}
    check_values(config, space)
