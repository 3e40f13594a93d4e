from pathlib import Path

import numpy as np
import pytest

from apps_rec.config.load import parse_text
from apps_rec.data import build_schema
from apps_rec.data.rows.stream import RowStream
from apps_rec.errors import UserError
from apps_rec.evaluation.metrics.ranking import auc
from apps_rec.simulation.of_config.simulate import SUMMARY_FILE, simulate_config

FORMATS = {
    "csv": "input_type: CSVInput with_header: true",
    "tsv": 'input_type: CSVInput separator: "\\t" quoting: NONE decimal_separator: "," null_words: "word0"',
    "parquet": "input_type: ParquetInput",
    "tfrecord": "input_type: TFRecordInput",
}
# A column of every kind, and what may be asked of one.
COLUMNS = {
    "request": "",
    "user": "",
    "page": "input_type: INT64",
    "app": "input_type: INT64",
    "word": "",
    "brand": 'column_name: "app.brand"',
    "listed": "",
    "flag": "input_type: BOOL",
    "age": "input_type: INT32",
    "price": "input_type: FLOAT",
    "size": "input_type: DOUBLE",
    "likes": "input_type: INT64",
    "rating": "input_type: FLOAT",
    "vector": "",
    "tags": "",
    "weighted": "",
    "topics": "",
    "topic_weights": "",
    "history": "",
    "clicks_by_app": "",
    "day": "",
    "source": "",
    "hour": "input_type: INT32",
    "weight": "input_type: FLOAT",
    "idle": "",
    "idle_number": "input_type: DOUBLE",
    "click": "input_type: INT32",
    "download": 'input_type: INT32 not_observed: "-1"',
    "stars": "input_type: INT64",
    "paid": "input_type: FLOAT",
    "other": "input_type: INT32",
    "teacher": "input_type: FLOAT",
    "steps": "",
    "durations": "",
}
FEATURES = """
  features { input_names: "user" embedding_dim: 4 hash_bucket_size: 4000 }
  features { input_names: "app" embedding_dim: 4 num_buckets: 30 }
  features { input_names: "word" embedding_dim: 4 vocab_file: "nowhere/words.txt" min_count: 3 }
  features { input_names: "brand" embedding_dim: 4 vocab_file: "nowhere/words.txt" }
  features { input_names: "listed" embedding_dim: 4 vocab_list: ["a, b", "c"] }
  features { input_names: "flag" feature_type: RawFeature }
  features { input_names: "age" feature_type: RawFeature embedding_dim: 4 boundaries: [18, 19, 65] }
  features { input_names: "price" feature_type: RawFeature min_val: -2 max_val: 8 }
  features { input_names: "size" feature_type: RawFeature mean: 1000 stddev: 30 }
  features { input_names: "likes" feature_type: RawFeature normalizer_fn: "log1p" }
  features { input_names: "rating" feature_type: RawFeature }
  features { input_names: "vector" feature_type: RawFeature raw_input_dim: 3 separator: ";" }
  features { input_names: "tags" feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 1000 }
  features { input_names: "weighted" feature_type: TagFeature embedding_dim: 4 num_buckets: 9 kv_separator: ":" }
  features { input_names: ["topics", "topic_weights"] feature_type: TagFeature embedding_dim: 4 hash_bucket_size: 900 }
  features {
    input_names: "history" feature_type: SequenceFeature embedding_dim: 4 num_buckets: 30 embedding_name: "app"
    sequence_combiner { target_attention { key: "app" } }
  }
  features {
    feature_name: "mine" input_names: ["app", "clicks_by_app"] feature_type: LookupFeature embedding_dim: 4
    boundaries: [2, 5] kv_separator: ":"
  }
  features {
    input_names: "steps" feature_type: SequenceFeature embedding_dim: 4 hash_bucket_size: 1000 seq_multi_sep: ";"
  }
  features {
    input_names: "durations" feature_type: SequenceFeature sub_feature_type: RawFeature embedding_dim: 4
    boundaries: [10, 20] sequence_combiner { attention { } }
  }
  features { feature_name: "cross" input_names: ["user", "tags"] feature_type: ComboFeature embedding_dim: 4
             hash_bucket_size: 5000 combo_input_seps: ["", "|"] }
  features { feature_name: "adult" input_names: ["age", "hour"] feature_type: ExprFeature
             expression: "(age >= 18) & (hour > 20)" }
"""
NAMES = (
    *("user", "app", "word", "brand", "listed", "flag", "age", "price", "size", "likes", "rating", "vector", "tags"),
    *("weighted", "topics", "history", "mine", "cross", "adult", "steps", "durations"),
)
TEXT = """
train_input_path: "nowhere/train" eval_input_path: "nowhere/eval" model_dir: "run"
data_config {{
  {kind} batch_size: 64 num_epochs: 1 key_fields: "request" sample_weight: "weight"
  label_fields: ["click", "download", "stars", "paid", "other", "teacher"]
  row_filter {{ column: "source" drop: "cache" }}
  row_filter {{ column: "day" to: "2026-11-08" use: TRAIN }}
  row_filter {{ column: "day" from: "2026-11-08" use: [VALIDATION, EVALUATION] }}
  {fields}
}}
eval_config {{ metrics_set {{ auc {{ }} }} }}
feature_config {{ {features} }}
model_config {{
  feature_groups {{ group_name: "all" feature_names: [{names}] }}
  kd {{ loss_type: CROSS_ENTROPY_LOSS pred_name: "logits_ctr" soft_label_name: "teacher" }}
  simple_multi_task {{
    task_towers {{
      tower_name: "ctr" label_name: "click" metrics_set {{ gauc {{ uid_field: "user" }} }}
      losses {{ loss_type: LISTWISE_RANK_LOSS listwise_rank_loss {{ session_name: "page" }} }}
    }}
    task_towers {{
      tower_name: "cvr" label_name: "download" task_space_indicator_label: "click" out_task_space_weight: 0
    }}
    task_towers {{
      tower_name: "stars" label_name: "stars" num_class: 5 metrics_set {{ accuracy {{ }} }}
      task_space_indicator_name: "source" task_space_indicator_value: "live"
    }}
    task_towers {{
      tower_name: "paid" label_name: "paid" loss_type: L2_LOSS metrics_set {{ mean_squared_error {{ }} }}
    }}
  }}
}}
"""


def config(kind, text=TEXT):
    fields = "\n".join(f'input_fields {{ input_name: "{name}" {rest} }}' for name, rest in COLUMNS.items())
    names = ", ".join(f'"{name}"' for name in NAMES)
    text = text.format(kind=FORMATS[kind], fields=fields, features=FEATURES, names=names)
    return parse_text(text, "x.config", files_here=False)


def read(config, made, purpose, keep=()):
    """All rows of a simulated file, by training's own reader, which checks every cell."""
    path = made.train if purpose == "train" else made.eval
    batches = list(RowStream([path], build_schema(config.message, purpose), 4096, keep=keep).batches())
    return {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csv")
    return config("csv"), simulate_config(config("csv"), folder, 4000)


@pytest.fixture(scope="module")
def rows(made):
    return read(*made, "evaluate")


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_of_every_kind_of_column_pass_the_checks_of_training(tmp_path, kind):
    ours = config(kind)
    made = simulate_config(ours, tmp_path, 200)
    for purpose in ("train", "evaluate"):
        # Some are of a cache, some of other days: a filter takes them away.
        assert 15 <= len(read(ours, made, purpose)["click"]) < (200 if purpose == "train" else 50)


def test_every_format_holds_the_same_rows(tmp_path):
    found = {}
    for kind in ("csv", "parquet", "tfrecord"):
        found[kind] = read(config(kind), simulate_config(config(kind), tmp_path / kind, 100), "evaluate")
    for kind in ("parquet", "tfrecord"):
        for name, values in found["csv"].items():
            assert values.tolist() == found[kind][name].tolist(), name


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path):
    texts = []
    for at, seed in enumerate((3, 3, 4)):
        simulate_config(config("csv"), tmp_path / str(at), 50, seed)
        texts.append((tmp_path / str(at) / "train.csv").read_bytes())
    assert texts[0] == texts[1] != texts[2]


def test_cells_are_what_the_features_can_read(rows):
    assert set(rows["app"]) <= set(range(30))
    assert set(rows["listed"]) == {b"a, b", b"c"}
    assert {int(np.searchsorted([18, 19, 65], age, "right")) for age in rows["age"]} == {0, 1, 2, 3}
    assert -2 == rows["price"].min() < rows["price"].max() == 8
    assert 920 < rows["size"].min() < 1000 < rows["size"].max() < 1080
    assert rows["likes"].min() == 0
    assert rows["likes"].max() > 100
    assert {len(cell.split(b";")) for cell in rows["vector"]} == {3}
    assert all(
        part.split(b":")[0].isdigit() and int(part.split(b":")[0]) < 9 for part in rows["weighted"][0].split(b"|")
    )
    for values, weights in zip(rows["topics"], rows["topic_weights"], strict=True):
        assert len(values.split(b"|")) == len(weights.split(b"|"))
    assert {int(app) for cell in rows["history"] for app in cell.split(b"|")} <= set(range(30))


def test_the_map_of_most_rows_holds_the_key_of_the_row(rows):
    maps = [dict(pair.split(b":") for pair in cell.split(b"|") if pair) for cell in rows["clicks_by_app"]]
    share = np.mean([str(app).encode() in one for app, one in zip(rows["app"], maps, strict=True)])
    assert 0.85 < share < 1


def test_labels_are_what_their_towers_learn(rows):
    assert set(rows["click"]) == {0, 1}
    # -1 where the config says that it was not observed; and no download without a click.
    assert set(rows["download"]) == {-1, 0, 1}
    assert not ((rows["download"] == 1) & (rows["click"] == 0)).any()
    assert np.unique(rows["stars"]).tolist() == [0, 1, 2, 3, 4]
    assert len(np.unique(rows["paid"])) > 100


def test_soft_labels_tell_of_the_label_that_their_tower_learns(made):
    rows = read(*made, "train")
    assert auc(rows["click"].astype(int), rows["teacher"]) > 0.75


def test_sequences_have_steps_of_several_values_and_numbers_on_both_sides_of_cuts(rows):
    assert {step.count(b";") for cell in rows["steps"] for step in cell.split(b"|")} == {1}
    numbers = [float(number) for cell in rows["durations"] for number in cell.split(b"|")]
    assert set(np.searchsorted([10, 20], numbers, "right")) == {0, 1, 2}


def test_users_and_sessions_come_again(rows, made):
    assert len(np.unique(rows["user"])) <= 50
    assert len(np.unique(read(*made, "train")["page"])) <= 50


def test_weights_are_positive_and_task_spaces_have_rows_inside_and_outside(rows, made):
    assert read(*made, "train")["weight"].min() > 0
    assert 0.2 < np.mean(rows["source"] == b"live") < 0.8


def test_the_labels_depend_on_the_columns_that_the_result_names(made, rows):
    """The mean of the label by value of one of the columns tells the rows apart."""
    _, result = made
    assert result.truth["click"]["auc"] > 0.8
    assert result.truth["download"]["auc"] > 0.7
    best = 0.0
    for name in result.signal:
        _, codes = np.unique(rows[name], return_inverse=True)
        if codes.max() < 60:
            rates = np.bincount(codes, rows["click"]) / np.bincount(codes)
            best = max(best, auc(rows["click"].astype(int), rates[codes]))
    assert best > 0.6


def test_the_config_loads_with_the_files_that_were_written(made):
    ours, result = made
    text = [change for change in result.overrides if "vocab_file" in change]
    # Two features share the file, which has a count for each word, as one of them asks for.
    path, other = (change.rpartition("=")[2] for change in text)
    assert path == other
    words = [line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines()]
    assert len(words) == 20
    assert {count for _, count in words} == {"3"}
    loaded = parse_text(ours.to_text(), "x.config", result.overrides)
    assert [f.vocab_file for f in loaded.message.feature_config.features if f.vocab_file] == [path, path]
    assert loaded.message.train_input_path == result.train


def test_a_folder_with_other_data_is_left_alone(tmp_path):
    (tmp_path / "train.csv").write_text("mine")
    with pytest.raises(UserError, match=r"train\.csv would be replaced, and without simulation\.json"):
        simulate_config(config("csv"), tmp_path, 50)
    assert (tmp_path / "train.csv").read_text() == "mine"
    assert not (tmp_path / SUMMARY_FILE).exists()


def test_wrong_arguments_are_told_together(tmp_path):
    with pytest.raises(UserError, match=r"rows: expected 20 or more, got 3; seed: expected 0 or more, got -1"):
        simulate_config(config("csv"), tmp_path, 3, -1)


def test_a_separator_that_divides_every_value_is_told(tmp_path):
    text = TEXT.replace('row_filter {{ column: "source"', "row_filter {{ column: 'source'")
    ours = config("tsv", text)
    ours.message.data_config.separator = "2"
    with pytest.raises(UserError, match=r'column "day".*holds "2"; give the column another separator'):
        simulate_config(ours, tmp_path, 50)
