"""A config with sequences of a group: training finds what the candidate's history says, and a request says the same."""

import random

import numpy as np
import pytest
import tensorflow as tf

CONFIG = """\
train_input_path: "train.csv"
eval_input_path: "eval.csv"
model_dir: "run"
train_config {
  num_steps: 120 log_step_count_steps: 60 save_checkpoints_steps: 120
  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { learning_rate: 0.02 } } } }
}
data_config {
  input_type: CSVInput with_header: true batch_size: 128 label_fields: "click"
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "app" input_type: INT64 }
  input_fields { input_name: "brand" }
  input_fields { input_name: "apps" }
  input_fields { input_name: "brands" }
  input_fields { input_name: "minutes" }
}
eval_config { metrics_set { auc { } } }
feature_configs { input_names: "app" num_buckets: 20 embedding_dim: 6 embedding_name: "app" }
feature_configs { input_names: "brand" hash_bucket_size: 30 embedding_dim: 4 }
feature_configs {
  input_names: "apps" feature_type: SequenceFeature num_buckets: 20 embedding_dim: 6 embedding_name: "app" side: USER
  max_seq_len: 6
}
feature_configs {
  input_names: "brands" feature_type: SequenceFeature hash_bucket_size: 30 embedding_dim: 4 side: USER max_seq_len: 6
}
feature_configs {
  input_names: "minutes" feature_type: SequenceFeature sub_feature_type: RawFeature min_val: 0 max_val: 9 side: USER
  sequence_length: 6
}
model_config {
  feature_groups {
    group_name: "all"
    feature_names: ["app", "brand"]
    sequence_features {
      group_name: "seen"
      seq_dnn { hidden_units: [16, 1] }
      seq_att_map { key: ["app", "brand"] hist_seq: ["apps", "brands"] aux_hist_seq: "minutes" }
    }
  }
  embedding_regularization: 1e-6
  simple_multi_task {
    bottom_dnn { hidden_units: 16 use_bn: false }
    task_towers { tower_name: "ctr" label_name: "click" }
  }
}
"""
HEADER = ["click", "app", "brand", "apps", "brands", "minutes"]


def _rows(count: int, seed: int) -> list[list[str]]:
    """Rows in which a click depends on the minutes of the candidate in the history, and on nothing else."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        seen = draw.sample(range(20), draw.randrange(1, 7))
        minutes = [draw.randrange(10) for _ in seen]
        app = draw.choice(seen) if draw.random() < 0.7 else draw.randrange(20)
        likes = 0.85 if app in seen and minutes[seen.index(app)] >= 5 else 0.1
        cells = ["|".join(map(str, one)) for one in (seen, [f"b{i % 5}" for i in seen], minutes)]
        rows.append([str(int(draw.random() < likes)), str(app), f"b{app % 5}", *cells])
    return rows


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    import apps_rec
    from apps_rec.config import load_config

    folder = tmp_path_factory.mktemp("sequences")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, count in (("train.csv", 4000), ("eval.csv", 1000)):
            lines = [HEADER, *_rows(count, seed=count)]
            (folder / name).write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
        (folder / "a.config").write_text(CONFIG, encoding="utf-8")
        config = load_config("a.config")
        apps_rec.train(config)
        yield folder, config


def test_the_signal_in_the_history_is_found(trained, monkeypatch):
    import apps_rec

    folder, config = trained
    monkeypatch.chdir(folder)
    # Candidates alone say nothing: without the minutes of the item that is the candidate it would be 1/2.
    assert apps_rec.evaluate(config)["auc_ctr"] > 0.78


@pytest.mark.slow
def test_a_request_scores_as_single_rows_do(trained, monkeypatch):
    import apps_rec
    from apps_rec.serving.saved_model import export

    folder, config = trained
    monkeypatch.chdir(folder)
    # Some seconds: serving/parity/verify_test.py repeats the proof.
    monkeypatch.setattr(export, "prove_in_fresh_process", lambda folder: None)
    loaded = tf.saved_model.load(str(apps_rec.export(config, "export")))
    random = np.random.default_rng(0)
    apps = random.integers(0, 22, 30)
    items = {"app": apps, "brand": np.array([f"b{app % 6}" for app in apps])}
    for user in (("3|7|12", "b3|b2|b2", "9|1|5"), ("4", "b4|b1", ""), ("", "", "")):
        once = dict(zip(("apps", "brands", "minutes"), user, strict=True))
        asked = {**{n: tf.constant(v) for n, v in items.items()}, **{n: tf.constant([v]) for n, v in once.items()}}
        rank, rows = loaded.signatures["rank"], loaded.signatures["serving_default"]
        inputs = set(rank.structured_input_signature[1])
        ranked = rank(**{name: value for name, value in asked.items() if name in inputs}, **_weights(inputs))
        single = rows(**{name: tf.repeat(value, 30 // len(value), axis=0) for name, value in asked.items()})
        np.testing.assert_allclose(ranked["probs_ctr"], single["probs_ctr"], rtol=1e-4, atol=1e-6)
        assert np.ptp(single["probs_ctr"].numpy()) > (0.05 if once["apps"] else 0)


def _weights(inputs: set[str]) -> dict[str, tf.Tensor]:
    return {"weights": tf.ones([1])} if "weights" in inputs else {}
