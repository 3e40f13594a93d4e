"""Funnels longer than two steps: what they give, what they train, and an export of one."""

import csv

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.models import DnnSpec, FunnelHead, Task, shared_bottom
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.saved_model.export import export_model
from apps_rec.training.estimator import load_trained

FEATURES = ("user", "app", "price")
STEPS = (
    Task("ctr", "click", DnnSpec((4,), "tanh"), weight=0.5, observed=("paid",)),
    Task("cvr", "download", weight=2.0, observed=("paid",)),
    Task("pay", "paid", weight=3.0, observed=("paid",)),
)


@pytest.fixture
def batch(make_batch):
    """A batch with a third step, which was not observed in every fourth row."""
    features, labels, weights = make_batch(rows=16)
    paid = labels["download"].numpy() * (np.arange(16) % 3 > 0)
    return features, {**labels, "paid": tf.constant(np.where(np.arange(16) % 4, paid, -1), tf.float32)}, weights


def test_outputs_and_losses(make_embedder, batch, prepare):
    model = prepare(shared_bottom(make_embedder(()), FunnelHead(STEPS), FEATURES, DnnSpec((6,), "tanh")))
    features, labels, _ = batch
    outputs = {name: value.numpy().astype(np.float64) for name, value in model(features).items()}
    ctr, cvr, pay = (1 / (1 + np.exp(-outputs[f"logits_{name}"])) for name in ("ctr", "cvr", "pay"))
    np.testing.assert_allclose(outputs["probs_pay"], pay, rtol=1e-5)
    np.testing.assert_allclose(outputs["probs_ctr_to_cvr"], ctr * cvr, rtol=1e-5)
    np.testing.assert_allclose(outputs["probs_ctr_to_pay"], ctr * cvr * pay, rtol=1e-5)
    np.testing.assert_allclose(outputs["score"], 0.5 * ctr + 2 * ctr * cvr + 3 * ctr * cvr * pay, rtol=1e-5)
    assert "probs_ctcvr" not in outputs
    y = {name: value.numpy() for name, value in labels.items()}
    seen = y["paid"] >= 0

    def mean(label, prob):
        return -(label * np.log(prob) + (1 - label) * np.log(1 - prob))[seen].mean()

    logs = model.train_step(batch)
    assert float(logs["loss_ctr"]) == pytest.approx(0.5 * mean(y["click"], ctr), rel=1e-5)
    assert float(logs["loss_ctr_to_cvr"]) == pytest.approx(2 * mean(y["click"] * y["download"], ctr * cvr), rel=1e-5)
    product = y["click"] * y["download"] * y["paid"]
    assert float(logs["loss_ctr_to_pay"]) == pytest.approx(3 * mean(product, ctr * cvr * pay), rel=1e-5)
    assert logs["is_finite"] == 1


def test_gradient_reaches_every_weight(make_embedder, batch, prepare):
    model = prepare(shared_bottom(make_embedder(()), FunnelHead(STEPS), FEATURES, DnnSpec((6,), "tanh")))
    weights = [*model.body.trainable_variables, *(v for t in model.towers.values() for v in t.trainable_variables)]
    with tf.GradientTape() as tape:
        loss = model.compute_loss(batch, training=True)
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert np.isfinite(gradient).all(), weight.name
        assert np.abs(gradient).max() > 0, weight.name


def test_trains_measures_and_exports(small, unproven):
    for name in ("train.csv", "eval.csv"):
        rows = small.rows(name)
        for at, row in enumerate(rows):
            row["paid"] = str(int(row["download"]) * (at % 3 > 0))
        with open(small.folder / name, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    text = small.config.read_text(encoding="utf-8").split("model_config {")[0]
    text = "".join(line for line in text.splitlines(keepends=True) if '"slot"' not in line)
    column = 'label_fields: "paid" input_fields { input_name: "paid" input_type: INT32 }'
    text = text.replace("data_config {", f"data_config {{ {column}", 1)
    text += """
    model_config {
      feature_groups { group_name: "all" feature_names: ["user", "app", "word"] }
      rank_model {
        body { shared_bottom { dnn { hidden_units: 6 } } } head { funnel { } }
        task_towers { tower_name: "ctr" label_name: "click" }
        task_towers { tower_name: "cvr" label_name: "download" }
        task_towers { tower_name: "pay" label_name: "paid" }
      }
    }
    train_config { num_steps: 3 save_summary_steps: 0 }
    """
    small.config.write_text(text, encoding="utf-8")
    apps_rec.train(small.config)
    metrics = apps_rec.evaluate(small.config)
    names = {name.removeprefix("auc_") for name in metrics if name.startswith("auc_")}
    assert names == {"ctr", "cvr_masked", "ctr_to_cvr", "pay_masked", "ctr_to_pay"}
    config = apps_rec.check(small.config)
    estimator, _, _ = load_trained(config)
    version = export_model(
        config.message, config.to_text(), estimator.model, estimator.preprocessor, str(small.folder / "out")
    )
    # Every signature against the live model, `rank` among them.
    assert verify_export(version, latency=False).failures == []
