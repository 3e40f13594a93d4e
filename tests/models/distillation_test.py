"""Losses of distillation against numpy in float64, in a model, and from a config."""

import csv
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.data.schema import NOT_OBSERVED_NUMBER, LabelVector, Schema
from apps_rec.data.schema_of_config import build_schema
from apps_rec.legacy_keras import keras
from apps_rec.models import DistillationSpec, FunnelHead, IndependentHead, Task, shared_bottom
from apps_rec.models.distillation import FORMS, distillation_terms
from apps_rec.protos.loss_pb2 import Kd
from apps_rec.training.input import column_splitter

FEATURES = ("user", "app", "price")
ONE = IndependentHead([Task("ctr", "click")])
THREE = IndependentHead([Task("ctr", "click", kind="classes", num_class=3)])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def two_classes(z):
    """Return both probabilities of each row's logits, one or several."""
    e = np.exp(z if z.ndim > 1 else np.stack([0 * z, z], 1))
    return e / e.sum(1, keepdims=True)


def twin(form, soft, is_logits, logits, temperature):
    """Return the loss of each row."""
    if form == "L2_LOSS":
        squares = (soft - logits) ** 2
        return squares if squares.ndim == 1 else squares.mean(1)
    if is_logits:
        teacher = two_classes(soft / temperature)
    else:
        powers = (soft if soft.ndim > 1 else np.stack([1 - soft, soft], 1)) ** (1 / temperature)
        teacher = powers / powers.sum(1, keepdims=True)
    student = two_classes(logits / temperature)
    loss = -(teacher * np.log(student)).sum(1)
    if form == "KL_DIVERGENCE_LOSS":
        loss += (teacher * np.log(np.where(teacher > 0, teacher, 1))).sum(1)
    return loss


@pytest.mark.parametrize("is_logits", [True, False])
@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("form", FORMS)
def test_each_form(form, classes, is_logits):
    temperature = 1.0 if form in ("L2_LOSS", "CLASSIFICATION") else 2.5
    draw, shape = np.random.default_rng(3), (20, 3)[: 1 + (classes > 1)]
    logits, soft = draw.normal(size=shape), draw.normal(size=shape) * 2
    if not is_logits:
        soft = sigmoid(soft) if classes == 1 else two_classes(soft)
        soft[0] = 0 if classes == 1 else [0, 1, 0]
    columns = {f"t{at}": tf.constant(column) for at, column in enumerate(soft.T.reshape(classes, 20))}
    head, output = (ONE if classes == 1 else THREE), ("logits_ctr" if form == "L2_LOSS" else "probs_ctr")
    spec = DistillationSpec("kd", output, tuple(columns), form, is_logits, temperature=temperature)

    def loss(z):
        return distillation_terms(spec, head, {"ctr": z}, columns).values

    tensor = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        found = loss(tensor)
    np.testing.assert_allclose(found, twin(form, soft, is_logits, logits, temperature), rtol=1e-9, atol=1e-12)
    up, down = (
        twin(form, soft, is_logits, logits + step * (np.arange(classes) == 0 if classes > 1 else 1), temperature)
        for step in (1e-6, -1e-6)
    )
    gradient = tape.gradient(found, tensor).numpy().reshape(20, classes)[:, 0]
    np.testing.assert_allclose(gradient, (up - down) / 2e-6, rtol=1e-4, atol=1e-7)


def test_forms_are_those_of_the_config():
    assert set(FORMS) == set(Kd.Form.keys())


def test_extreme_logits_are_finite():
    columns = {"t": tf.constant([50.0, -50.0, 50.0, 0.0])}
    for form in FORMS:
        logits = tf.constant([50.0, 50.0, -50.0, 50.0])
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = distillation_terms(
                DistillationSpec("kd", "logits_ctr", ("t",), form), ONE, {"ctr": logits}, columns
            ).values
        assert np.isfinite(values).all(), form
        assert np.isfinite(tape.gradient(values, logits)).all(), form


def test_a_vector_in_one_column_is_that_of_several():
    draw = np.random.default_rng(5)
    soft, logits = draw.random((6, 3)), {"ctr": tf.constant(draw.normal(size=(6, 3)))}
    one = DistillationSpec("kd", "logits_ctr", ("soft",), "KL_DIVERGENCE_LOSS", False, temperature=3.0)
    three = dataclasses.replace(one, labels=("a", "b", "c"))
    found = distillation_terms(one, THREE, logits, {"soft": tf.constant(soft)})
    columns = {name: tf.constant(column) for name, column in zip("abc", soft.T, strict=True)}
    for part, same in zip(found, distillation_terms(three, THREE, logits, columns), strict=True):
        np.testing.assert_allclose(part, same, rtol=1e-12)


def test_cells_of_several_numbers():
    schema = Schema(columns=(), vectors=(LabelVector("soft", "#", 3, True),))
    split = column_splitter(lambda columns: {}, schema, ())

    def read(*cells):
        return split({"soft": tf.constant(cells)})[1]["soft"].numpy().tolist()

    assert read("0.5#0.25#0.25", "0#1#0") == [[0.5, 0.25, 0.25], [0, 1, 0]]
    with pytest.raises(tf.errors.InvalidArgumentError, match='Label "soft" expects 3 numbers in a cell'):
        read("0.5#0.5")
    with pytest.raises(tf.errors.InvalidArgumentError, match='Label "soft" expects probabilities'):
        read("1.5#0#0")


def test_rows_that_count():
    columns = {"t": tf.constant([0.5, NOT_OBSERVED_NUMBER, 0.5]), "space": tf.constant([1.0, 1.0, 0.0])}
    spec = DistillationSpec("kd", "logits_ctr", ("t",), "L2_LOSS", space_label="space", out_space_weight=0.25)
    values, weights = distillation_terms(spec, ONE, {"ctr": tf.constant([1.0, 1.0, 2.0])}, columns)
    assert weights.numpy().tolist() == [1, 0, 0.25]
    assert values.numpy()[[0, 2]].tolist() == [0.25, 2.25]
    assert np.isfinite(values).all()


def test_a_correction_of_the_logit_is_not_what_learns():
    head = IndependentHead([Task("ctr", "click", negatives_kept=0.1, logit_scale=2.0, logit_shift=1.0)])
    spec = DistillationSpec("kd", "logits_ctr", ("t",), "L2_LOSS")
    found = distillation_terms(spec, head, {"ctr": tf.constant([1.0, 3.0])}, {"t": tf.constant([0.5, 0.5])})
    assert found.values.numpy().tolist() == [0.25, 6.25]


def test_a_product_learns_too():
    head = FunnelHead([Task("ctr", "click"), Task("cvr", "download")])
    logits = {"ctr": tf.constant([0.3, -4.0]), "cvr": tf.constant([-1.0, 2.0])}
    columns = {"t": tf.constant([0.2, 0.1])}
    spec = DistillationSpec("kd", "probs_ctcvr", ("t",), "CROSS_ENTROPY_LOSS", is_logits=False)
    p = sigmoid(logits["ctr"].numpy()) * sigmoid(logits["cvr"].numpy())
    expected = -(np.array([0.2, 0.1]) * np.log(p) + np.array([0.8, 0.9]) * np.log(1 - p))
    np.testing.assert_allclose(distillation_terms(spec, head, logits, columns).values, expected, rtol=1e-5)


def test_it_is_added_to_the_loss(make_embedder, make_batch, prepare):
    kd = DistillationSpec("kd_ctr", "logits_ctr", ("teacher",), "L2_LOSS", weight=0.7)
    model = prepare(shared_bottom(make_embedder(()), ONE, FEATURES, distillations=[kd]))
    features, labels, weights = make_batch(8)
    batch = (features, {**labels, "teacher": tf.range(8.0)}, weights)
    logits = model(features)["logits_ctr"].numpy()
    logs = model.train_step(batch)
    expected = 0.7 * np.mean((np.arange(8) - logits) ** 2)
    assert float(logs["loss_kd_ctr"]) == pytest.approx(expected, rel=1e-5)
    assert float(logs["loss"]) == pytest.approx(expected + float(logs["loss_ctr"]), rel=1e-5)


@pytest.fixture
def distilled(small):
    """Return a small run with a column of a teacher's probabilities, and of its logits, to train on alone."""
    rows = small.rows("train.csv")
    for row in rows:
        clicked = 0.9 if int(row["app"]) % 3 == 2 else 0.1
        row |= {
            "teacher": f"{clicked}",
            "teacher_logit": "" if row["slot"] == "0" else f"{np.log(clicked / (1 - clicked)):.3f}",
        }
    with open(small.folder / "train.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    text = small.config.read_text(encoding="utf-8")
    columns = """
      label_fields: ["teacher", "teacher_logit"] input_fields { input_name: "teacher" input_type: DOUBLE }
      input_fields { input_name: "teacher_logit" input_type: FLOAT not_observed: "" }
    """
    kd = """
      kd { pred_name: "probs_ctr" pred_is_logits: false soft_label_name: "teacher" label_is_logits: false
           loss_type: CROSS_ENTROPY_LOSS loss_weight: 2 temperature: 2 }
      kd { loss_name: "by_slot" pred_name: "logits_ctr" soft_label_name: "teacher_logit" loss_type: L2_LOSS
           task_space_indicator_name: "slot" task_space_indicator_value: "1" out_task_space_weight: 0.5 }
    """
    text = text.replace("data_config {", f"data_config {{ {columns}", 1).replace(
        "model_config {", f"model_config {{ {kd}", 1
    )
    small.config.write_text(text, encoding="utf-8")
    return small


def test_trains_from_a_config(distilled):
    config = distilled.load("train_config.num_steps=40", "train_config.save_summary_steps=0")
    train, evaluate = (build_schema(config.message, purpose) for purpose in ("train", "evaluate"))
    assert set(train.labels) == {"click", "download", "teacher", "teacher_logit"}
    assert evaluate.labels == ("click", "download")  # eval.csv has no such columns
    assert (train.label_rules["teacher"].most, train.label_rules["teacher"].is_whole) == (1, False)
    logs = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, seen: logs.append(dict(seen)))
    apps_rec.train(config, callbacks=[record])
    assert {"loss_kd_probs_ctr", "loss_by_slot", "loss_ctr"} <= set(logs[-1])
    # The teacher tells what an app does at once, so its loss falls.
    assert np.mean([log["loss_kd_probs_ctr"] for log in logs[-5:]]) < 0.98 * logs[0]["loss_kd_probs_ctr"]
    assert all(np.isfinite(log["loss"]) for log in logs)


OF_CLASSES = """
model_config {
  feature_groups { group_name: "deep" feature_names: ["user", "app", "word"] }
  feature_groups { group_name: "wide" feature_names: ["user", "app", "word"] wide_deep: WIDE }
  deepfm { dnn { hidden_units: 8 } final_dnn { hidden_units: 8 } wide_output_dim: 2 }
  label_name: "kind" num_class: 3
  kd { soft_label_name: "soft" pred_name: "logits" loss_type: CROSS_ENTROPY_LOSS temperature: 2 label_is_logits: false }
}
train_config { num_steps: 20 save_summary_steps: 0 }
"""


@pytest.fixture
def of_classes(small):
    """Return a small run whose label has three classes, and a column of a teacher's probabilities of each."""
    rows = small.rows("train.csv")
    for row in rows:
        kind = int(row["app"]) % 3
        row |= {"kind": str(kind), "soft": "#".join("0.8" if kind == k else "0.1" for k in range(3))}
    with open(small.folder / "train.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    lines = small.config.read_text(encoding="utf-8").split("model_config {")[0].splitlines(keepends=True)
    labels = """label_fields: ["click", "download", "kind", "soft"] label_dim: [1, 1, 1, 3] label_sep: ["", "", "", "#"]
      input_fields { input_name: "kind" input_type: INT32 } input_fields { input_name: "soft" }"""
    text = "".join(line for line in lines if '"slot"' not in line)
    text = text.replace('label_fields: ["click", "download"]', labels)
    small.config.write_text(text + OF_CLASSES, encoding="utf-8")
    return small


def test_the_schema_of_a_vector(of_classes):
    message = of_classes.load().message
    train, evaluate = (build_schema(message, purpose) for purpose in ("train", "evaluate"))
    assert train.labels == evaluate.labels == ("kind",)
    assert train.vectors == (LabelVector("soft", "#", 3, True),)
    (column,) = [column for column in train.columns if column.name == "soft"]
    assert (column.list_separator, column.is_numbers) == ("#", True)
    assert "soft" in train.unread
    assert "soft" not in {column.name for column in evaluate.columns}


@pytest.mark.slow
def test_trains_from_a_vector(of_classes):
    logs = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, seen: logs.append(dict(seen)))
    apps_rec.train(of_classes.load(), callbacks=[record])
    assert logs[-1]["loss_kd_logits_ctr"] < logs[0]["loss_kd_logits_ctr"]
