"""Lookups, expressions and crosses of lists are learned, and an export computes them as training did."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.config import load_config
from apps_rec.errors import RunError
from apps_rec.serving.parity import verify
from apps_rec.serving.requests import request, take
from apps_rec.serving.saved_model import export
from apps_rec.serving.saved_model.assets import _copy_files
from apps_rec.serving.schema import build_serving_schema
from tests.serving.engines import kept_engine, lent_engine

CONFIG = """\
train_input_path: "train.csv"
eval_input_path: "eval.csv"
model_dir: "run"
train_config {
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }
  num_steps: 120 log_step_count_steps: 60 sync_replicas: true
}
eval_config { metrics_set { auc { } } }
export_config { asset_files: "eval.csv" }
data_config {
  batch_size: 200 input_type: CSVInput separator: ";" with_header: true label_fields: "click"
  auto_expand_input_fields: true
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "loved" }
  input_fields { input_name: "days" }
  input_fields { input_name: "kinds" }
  input_fields { input_name: "kind" }
  input_fields { input_name: "app" input_type: INT64 }
  input_fields { input_name: "n[1-3]" input_type: FLOAT }
  input_fields { input_name: "price" input_type: FLOAT }
}
feature_config {
  features {
    feature_name: "love" input_names: ["app", "loved"] feature_type: LookupFeature separator: "," kv_separator: ":"
    vocab_list: ["yes", "no"] embedding_dim: 4 input_sides: [ITEM, USER]
  }
  features {
    feature_name: "age" input_names: ["kind", "days"] feature_type: LookupFeature separator: "," kv_separator: "="
    boundaries: [10, 20] embedding_dim: 4 lookup_max_sel_elem_num: 2 combiner: "mean" input_sides: [ITEM, USER]
  }
  features {
    feature_name: "days_of_kind" input_names: ["kind", "days"] feature_type: LookupRawFeature
    separator: "," kv_separator: "=" combiner: "mean" mean: 15 stddev: 10 embedding_dim: 4 input_sides: [ITEM, USER]
  }
  features {
    feature_name: "crossed" input_names: ["kinds", "kind"] feature_type: ComboFeature combo_input_seps: [",", ""]
    hash_bucket_size: 300 embedding_dim: 4 input_sides: [USER, ITEM]
  }
  features {
    feature_name: "dear" input_names: ["n1", "price", "n3"] feature_type: ExprFeature
    expression: "(price > n1) & (price < 2 * n1 + 1) | (price == n3)" embedding_dim: 4 input_sides: [USER, ITEM, USER]
  }
  features {
    input_names: "n1" feature_type: RawFeature num_buckets: 4 min_val: 0 max_val: 8 embedding_dim: 4
    embedding_name: "n" shared_names: "n[2-3]" side: USER
  }
}
model_config {
  model_class: "DeepFM"
  feature_groups { group_name: "deep" feature_names: ["love", "age", "days_of_kind", "crossed", "dear", "n[1-3]"] }
  feature_groups { group_name: "wide" feature_names: ["love", "age", "crossed", "dear"] wide_deep: WIDE }
  deepfm { dnn { hidden_units: 16 use_bn: false } }
}
"""
KINDS = ["a", "b", "c", "ü"]


def write(path, rows, seed):
    """Rows of users; whether an app is loved, and how the price fits, decide over a click."""
    random = np.random.default_rng(seed)
    lines = ["click;loved;days;kinds;kind;app;n1;n2;n3;price"]
    for _ in range(rows):
        loved = {int(app): random.choice(["yes", "no", "so"]) for app in random.integers(0, 6, 5)}
        days = ",".join(f"{kind}={random.integers(0, 30)}" for kind in random.choice(KINDS, random.integers(0, 5)))
        kind, app, ns, price = (
            random.choice(KINDS),
            random.integers(0, 6),
            random.integers(0, 9, 3),
            random.integers(0, 20),
        )
        dear = ns[0] < price < 2 * ns[0] + 1 or price == ns[2]
        liked = {"yes": 2.5, "no": -2.5}.get(loved.get(app), 0)
        click = random.random() < 1 / (1 + np.exp(-liked - (2.5 if dear else -1)))
        cell = ",".join(f"{app}:{word}" for app, word in loved.items())
        kinds = ",".join(random.choice(KINDS, random.integers(0, 4)))
        lines.append(f"{click:d};{cell};{days};{kinds};{kind};{app};{ns[0]};{ns[1]};{ns[2]};{price}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the config, its metrics and the version that was exported; the proof is a test below."""
    folder = tmp_path_factory.mktemp("computed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
        patch.setattr(verify, "Engine", lent_engine)
        (folder / "a.config").write_text(CONFIG, encoding="utf-8")
        write(folder / "train.csv", 4000, 1)
        write(folder / "eval.csv", 1000, 2)
        config = load_config("a.config")
        apps_rec.train(config)
        yield config, apps_rec.evaluate(config), apps_rec.export(config, str(folder / "export"))


def rows_of_one_user(count):
    lines = [line.split(";") for line in Path("eval.csv").read_text(encoding="utf-8").splitlines()]
    names = lines[0][1:]
    rows = {name: [line[at + 1] for line in lines[1 : count + 1]] for at, name in enumerate(names)}
    for name in ("loved", "days", "kinds", "n1", "n2", "n3"):
        rows[name] = [max(rows[name], key=len)] * count
    rows["app"] = [int(value) for value in rows["app"]]
    rows |= {name: [value.encode() for value in rows[name]] for name in ("loved", "days", "kinds", "kind")}
    return rows | {name: [float(value) for value in rows[name]] for name in ("n1", "n2", "n3", "price")}


def test_asset_files_are_copied(run):
    _, _, version = run
    assert Path(version, "assets/eval.csv").read_bytes() == Path("eval.csv").read_bytes()
    with pytest.raises(RunError, match=r"asset_files: none.txt: cannot be copied: No such file"):
        _copy_files(Path(version, "assets"), ["none.txt"])
    with pytest.raises(RunError, match=r"asset_files: x/proof.json: the export has a proof.json of its own"):
        _copy_files(Path(version, "assets"), ["x/proof.json"])


def test_what_is_computed_is_learned(run):
    _, metrics, _ = run
    assert next(value for name, value in metrics.items() if name.startswith("auc")) > 0.75


def test_the_proof_holds(run):
    assert verify.verify_export(run[2], latency=False).failures == []


@pytest.mark.parametrize("signature", ["rank_packed", "rank"])
def test_a_request_to_rank_equals_its_rows(run, signature):
    config, _, version = run
    schema = build_serving_schema(config.message)
    assert [column.name for column in schema.shared] == ["loved", "days", "kinds", "n1", "n3", "n2"]
    rows = rows_of_one_user(80)
    engine = kept_engine(version)
    singles = [engine.run("serving_default", request("serving_default", take(rows, [i]), schema)) for i in range(80)]
    ranked = engine.run(signature, request(signature, rows, schema))
    examples = engine.run("serving_tf_example", request("serving_tf_example", rows, schema))
    expected = np.concatenate([one["score"] for one in singles])
    assert len(np.unique(expected)) > 10
    np.testing.assert_allclose(ranked["score"], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(examples["score"], expected, rtol=0, atol=1e-6)


def test_a_users_map_is_taken_apart_once(run):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    loaded = tf.saved_model.load(str(run[2]))
    graph = convert_variables_to_constants_v2(loaded.signatures["rank"], lower_control_flow=False).graph
    assert not {op.type for op in graph.get_operations()} & {"If", "StatelessIf", "While", "StatelessWhile"}
    splits = [op.inputs[0].shape.as_list() for op in graph.get_operations() if op.type == "StringSplitV2"]
    # Two maps of one row, their pairs, and the lists that are crossed.
    assert sorted(splits, key=str) == [[1], [1], [None], [None], [None]], splits


def test_a_request_with_a_wrong_map_names_the_feature(run):
    config, _, version = run
    schema = build_serving_schema(config.message)
    rows = rows_of_one_user(3) | {"loved": [b"1"] * 3}
    wanted = re.escape("expects pairs such as key:value in")
    with pytest.raises(Exception, match=wanted):
        kept_engine(version).run("rank", request("rank", rows, schema))
