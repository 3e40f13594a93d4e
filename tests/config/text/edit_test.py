"""Assignments written into the text of a config: comments stay, and the text reads as `--set` would make it."""

from pathlib import Path

import pytest

from apps_rec.config.load import parse_text
from apps_rec.config.text.edit import edited

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "samples").glob("*/*mmoe*.config"))
TEXT = """\
# Of the store.
model_dir: "run"  # here
train_config {
  # Slow.
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }
  num_steps: 5 seed: 5
}
feature_config {
  features { input_names: "a" embedding_dim: 4 hash_bucket_size: 100 }  # ids
  features { input_names: "b" embedding_dim: 4 num_buckets: 4 }
}
model_config {
  mmoe {
    expert_dnn {
      hidden_units: [
        16,  # wide
        8
      ]
    }
    task_towers { dnn { hidden_units: 4 } }
  }
}
"""
MMOE = "model_config.mmoe"


@pytest.mark.parametrize(
    ("override", "before", "after"),
    [
        ("model_dir=out", 'model_dir: "run"  # here', 'model_dir: "out"  # here'),
        (
            "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate=0.5",
            "learning_rate: 0.02 }",
            "learning_rate: 0.5 }",
        ),
        # Of two fields of one value, and of two values of one name, the right one.
        ("train_config.seed=7", "num_steps: 5 seed: 5", "num_steps: 5 seed: 7"),
        (
            "feature_config.features[1].num_buckets=9",
            "embedding_dim: 4 num_buckets: 4",
            "embedding_dim: 4 num_buckets: 9",
        ),
        (f"{MMOE}.task_towers[0].dnn.hidden_units=8,4", "hidden_units: 4 }", "hidden_units: [8, 4] }"),
        # A list over several lines.
        (
            f"{MMOE}.expert_dnn.hidden_units=32,16",
            "hidden_units: [\n        16,  # wide\n        8\n      ]",
            "hidden_units: [32, 16]",
        ),
        # What is not there yet: in its message, in a new one, at the end.
        (f"{MMOE}.num_expert=3", "  mmoe {\n", "  mmoe {\n    num_expert: 3\n"),
        (
            f"{MMOE}.task_towers[0].dnn.dropout_ratio=0.5",
            "dnn { hidden_units: 4 }",
            "dnn { dropout_ratio: 0.5 hidden_units: 4 }",
        ),
        (f"{MMOE}.fm.wide_output_dim=2", "  mmoe {\n", "  mmoe {\n    fm { wide_output_dim: 2 }\n"),
        ("export_config.exporter_type=best", "\n  }\n}\n", '\n  }\n}\n\nexport_config { exporter_type: "best" }\n'),
    ],
)
def test_one_value_is_changed_and_nothing_else(override, before, after):
    assert TEXT.count(before) >= 1
    head, _, tail = TEXT.rpartition(before)
    assert edited(TEXT, [override]) == f"{head}{after}{tail}"


def test_all_items_of_a_list_are_changed():
    expected = TEXT.replace("embedding_dim: 4", "embedding_dim: 16")
    assert edited(TEXT, ["feature_config.features[*].embedding_dim=16"]) == expected


def test_a_message_is_not_written_in():
    assert edited(TEXT, [f"{MMOE}.expert_dnn={{ hidden_units: 4 }}"]) is None
    assert edited(TEXT, ["no_field=1"]) is None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.parent.name)
def test_a_sample_reads_as_with_the_overrides_and_keeps_its_comments(sample):
    overrides = [
        "train_config.save_checkpoints_steps=7",
        "feature_config.features[*].embedding_dim=16",
        f"{MMOE}.expert_dnn.hidden_units=32,16,8",
        f"{MMOE}.l2_regularization=0.01",
        "eval_config.num_examples=99",
    ]
    text = sample.read_text()
    new = edited(text, overrides)
    assert parse_text(new).message == parse_text(text, overrides=overrides).message
    comments = [line for line in text.splitlines() if line.strip().startswith("#")]
    assert comments == [line for line in new.splitlines() if line.strip().startswith("#")]
