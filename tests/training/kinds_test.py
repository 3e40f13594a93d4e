"""One training with a tower of each kind, and losses of each form: trained, measured, exported, predicted with."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.config import load_config
from apps_rec.data import open_stream
from apps_rec.errors import DataError
from apps_rec.serving.engine import Engine
from apps_rec.serving.requests import request
from apps_rec.serving.saved_model import export
from apps_rec.serving.schema import DEFAULT, RANK, build_serving_schema

CONFIG = """\
train_input_path: "train.csv"
eval_input_path: "eval.csv"
model_dir: "run"
train_config {
  num_steps: 250 save_summary_steps: 0
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }
}
data_config {
  input_type: CSVInput with_header: true batch_size: 64
  label_fields: ["click", "buy", "rating", "stars", "share", "amount"]
  input_fields { input_name: "user" }
  input_fields { input_name: "app" input_type: INT64 }
  input_fields { input_name: "session" input_type: INT64 }
  input_fields { input_name: "scene" }
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "buy" input_type: INT32 }
  input_fields { input_name: "rating" input_type: INT32 }
  input_fields { input_name: "stars" input_type: FLOAT not_observed: "-999" }
  input_fields { input_name: "share" input_type: DOUBLE }
  input_fields { input_name: "amount" input_type: FLOAT }
}
feature_config {
  features { input_names: "user" embedding_dim: 4 hash_bucket_size: 50 side: USER }
  features { input_names: "app" embedding_dim: 4 num_buckets: 20 }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app"] }
  loss_weight_strategy: Uncertainty
  simple_multi_task {
    bottom_dnn { hidden_units: [16] use_bn: false }
    task_towers {
      tower_name: "ctr" label_name: "click"
      losses { loss_type: F1_REWEIGHTED_LOSS f1_reweighted_loss { f1_beta_square: 2.25 } }
      losses { loss_type: PAIR_WISE_LOSS learn_loss_weight: true pairwise_loss { session_name: "session" } }
    }
    task_towers {
      tower_name: "cvr" label_name: "buy"
      task_space_indicator_name: "scene" task_space_indicator_value: "search" out_task_space_weight: 0
      losses { loss_type: CLASSIFICATION classification_loss { label_smoothing: 0.01 } }
      losses { loss_type: ORDER_CALIBRATE_LOSS weight: 0.5 order_calibrate_loss { tower_names: "ctr" } }
    }
    task_towers {
      tower_name: "joint" label_name: "click" num_class: 2
      losses { loss_type: JRC_LOSS jrc_loss { session_name: "session" } }
    }
    task_towers { tower_name: "rating" label_name: "rating" num_class: 3 }
    task_towers {
      tower_name: "two" label_name: "click" num_class: 2
      metrics_set { auc { } } metrics_set { accuracy { } } metrics_set { recall_at_topk { topk: 1 } }
    }
    task_towers { tower_name: "stars" label_name: "stars" loss_type: L2_LOSS weight: 0.1 }
    task_towers { tower_name: "share" label_name: "share" loss_type: SIGMOID_L2_LOSS }
    task_towers { tower_name: "amount" label_name: "amount" num_class: 3 loss_type: ZILN_LOSS }
  }
}
"""
HEADER = ["user", "app", "session", "scene", "click", "buy", "rating", "stars", "share", "amount"]


def rows(count, seed):
    """Rows whose labels follow the app's number."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        app = int(random.integers(20))
        click = int(random.random() < app / 20)
        stars = -999 if random.random() < 0.1 else round(app / 4 - 2.5 + random.normal() / 10, 3)
        amount = round(float(np.exp(app / 10 + random.normal() / 4)), 3) if click else 0
        scene = "search" if random.random() < 0.7 else "home"
        rating = min(2, app // 7)
        user, session = f"u{random.integers(30)}", int(random.integers(8))
        yield [user, app, session, scene, click, click * (app % 2), rating, stars, app / 20, amount]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a folder in which the config is trained, as the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("kinds")
        patch.chdir(folder)
        (folder / "a.config").write_text(CONFIG, encoding="utf-8")
        for name, count in (("train", 1500), ("eval", 600)):
            with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([HEADER, *rows(count, seed=count)])
        apps_rec.train("a.config")
        yield folder


@pytest.fixture(scope="module")
def exported(run):
    """Return the folder of a version; a test below proves it, which spares a start of TensorFlow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
        return apps_rec.export("a.config", str(run / "export"))


def test_each_kind_learns(run):
    metrics = apps_rec.evaluate("a.config")
    assert metrics["auc_ctr"] > 0.75
    assert metrics["auc_cvr_masked"] > 0.8
    assert metrics["auc_joint"] > 0.75
    assert metrics["accuracy_rating"] > 0.9
    # Two classes are measured as labels of 0 and 1 are, and as classes.
    assert metrics["auc_two"] > 0.75
    assert metrics["accuracy_two"] == metrics["recall_at_topk_two"] > 0.6
    # The labels' deviations are 1.4 and .29.
    assert metrics["root_mean_squared_error_stars"] < 0.5
    assert metrics["root_mean_squared_error_share"] < 0.1
    assert 0.7 < metrics["calibration_amount"] < 1.4


def test_a_space_by_the_value_of_a_column_is_measured_inside(run):
    config = load_config("a.config").message
    (space,) = open_stream(config, "evaluate").schema.spaces
    assert (space.column.name, space.value) == ("scene", b"search")
    # No feature reads it: no request holds it.
    assert [column.name for column in build_serving_schema(config).columns] == ["user", "app"]
    assert build_serving_schema(config).filled == ()


def test_the_export_hands_out_every_output(exported):
    outputs = json.loads((exported / "assets/schema.json").read_text(encoding="utf-8"))["signatures"][DEFAULT][
        "outputs"
    ]
    shapes = {output["name"]: output["shape"] for output in outputs}
    assert shapes["probs_rating"] == shapes["logits_rating"] == [None, 3]
    assert shapes["logits_joint"] == [None, 2]
    assert shapes["y_stars"] == shapes["probs_rating_1"] == shapes["y_amount"] == [None]
    config = load_config("a.config").message
    schema = build_serving_schema(config)
    columns = {"user": np.array([b"u1"] * 3, object), "app": np.array([0, 10, 19])}
    with Engine(exported) as engine:
        got = engine.run(DEFAULT, request(DEFAULT, columns, schema))
        ranked = engine.run(RANK, request(RANK, columns, schema))
    assert {name: [None, *value.shape[1:]] for name, value in got.items()} == shapes
    np.testing.assert_allclose(got["probs_rating"].sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(got["y_rating"], got["probs_rating"].argmax(axis=1))
    assert set(ranked) == {"score", "order", *(n for n, s in shapes.items() if len(s) == 1 and "logits_" not in n)}
    np.testing.assert_allclose(ranked["y_stars"], got["y_stars"], rtol=1e-4, atol=1e-5)
    # One of each tower, by its weight.
    terms = {"probs_ctr": 1, "probs_cvr": 1, "probs_joint": 1, "probs_rating_1": 1, "y_share": 1, "y_amount": 1}
    terms["probs_two_1"] = 1
    score = sum(weight * got[name] for name, weight in {**terms, "y_stars": 0.1}.items())
    np.testing.assert_allclose(got["score"], score, rtol=1e-5)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_predict_writes_lists_of_classes(exported, run, ending):
    apps_rec.predict(str(exported), "eval.csv", f"out.{ending}", keep=["rating"])
    if ending == "parquet":
        table = pq.read_table(f"out.{ending}")
        probs = np.array(table["probs_rating"].to_pylist())
        likeliest = table["y_rating"].to_numpy()
    else:
        with open(f"out.{ending}", newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        probs = np.array([row["probs_rating"].split("|") for row in found], float)
        likeliest = np.array([row["y_rating"] for row in found], float)
    assert probs.shape == (600, 3)
    np.testing.assert_array_equal(probs.argmax(axis=1), likeliest)


def test_verify_measures_an_export_on_rows(exported, run):
    from apps_rec.serving.parity.verify import verify_export

    found = verify_export(exported, "eval.csv", latency=False)
    assert not found.failures
    metrics = apps_rec.evaluate("a.config")
    for name in ("auc_cvr_masked", "accuracy_rating", "root_mean_squared_error_stars"):
        assert found.metrics[name] == pytest.approx(metrics[name], rel=1e-4)


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("rating", "3", 'column "rating": expected a class from 0 to 2 as label, got 3'),
        ("rating", "0.5", 'column "rating"'),
        ("stars", "nan", 'column "stars"'),
        ("share", "1.5", 'column "share": expected a label in [0, 1], got 1.5'),
        ("amount", "-1", 'column "amount": expected a label of 0 or more, got -1'),
        ("click", "2", 'column "click": expected the label 0 or 1, got 2'),
    ],
)
def test_a_label_that_its_loss_does_not_take_is_told(run, column, cell, says):
    row = dict(zip(HEADER, next(rows(1, seed=1)), strict=True))
    with open("wrong.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, [{**row, column: cell}[name] for name in HEADER]])
    config = load_config("a.config", ["train_input_path=wrong.csv"]).message
    with pytest.raises(DataError, match="row 1") as error:
        next(iter(open_stream(config, "train").batches()))
    assert says in str(error.value)
