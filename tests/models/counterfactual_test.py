"""ESCM2: a loss of pCVR alone in a model, from the config to the export."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.config.outputs import outputs
from apps_rec.models import CounterfactualSpec, DnnSpec, FmSpec, FunnelHead, RankModel, Task, esmm
from apps_rec.models.heads import AllRows
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.saved_model.export import export_model
from apps_rec.training.estimator import load_trained

FEATURES = ("user", "app", "price")
CTR = Task("ctr", "click", DnnSpec((4,), "tanh"), weight=0.5)
TASKS = (CTR, Task("cvr", "download", DnnSpec((4,), "tanh"), weight=0.25, sample_weight="weight"))
IPS = CounterfactualSpec(weight=0.3, min_propensity=0.4)
DR = CounterfactualSpec(True, 0.3, 0.4, DnnSpec((3,), "tanh"), 0.7)


def mean(values, weights):
    return float((np.asarray(values) * weights).sum() / weights.sum())


def test_inverse_propensity(make_embedder, make_batch, prepare):
    model = prepare(esmm(make_embedder(()), TASKS, FEATURES, counterfactual=IPS))
    features, labels, weights = make_batch(16)
    out = {name: value.numpy() for name, value in model(features).items()}
    click, download = (labels[name].numpy() for name in ("click", "download"))
    error = -np.log(np.where(download == 1, out["probs_cvr"], 1 - out["probs_cvr"]))
    ips = mean(click * error / np.maximum(out["probs_ctr"], 0.4), weights["weight"].numpy())
    logs = model.train_step((features, labels, weights))
    assert float(logs["loss_ips_cvr"]) == pytest.approx(0.3 * ips, rel=1e-5)
    assert float(logs["loss"]) == pytest.approx(sum(float(logs[f"loss_{n}"]) for n in ("ctr", "ctcvr", "ips_cvr")))
    assert not model.imputation_towers


def test_doubly_robust(make_embedder, make_batch, prepare):
    model = prepare(esmm(make_embedder(()), TASKS, FEATURES, 2, DnnSpec((5,), "tanh"), counterfactual=DR))
    features, labels, weights = make_batch(16)
    out = {name: value.numpy() for name, value in model(features).items()}
    embedded = model.embedder(features)
    _, vector = model.body([embedded.flat(FEATURES)])
    imputed = np.log1p(np.exp(model.imputation_towers["cvr"](vector)[:, 0].numpy()))
    click, download = (labels[name].numpy() for name in ("click", "download"))
    error = -np.log(np.where(download == 1, out["probs_cvr"], 1 - out["probs_cvr"]))
    inverse, row_weights = click / np.maximum(out["probs_ctr"], 0.4), weights["weight"].numpy()
    logs = model.train_step((features, labels, weights))
    robust = mean(imputed + inverse * (error - imputed), row_weights)
    assert float(logs["loss_dr_cvr"]) == pytest.approx(0.3 * robust, rel=1e-5)
    expected = 0.3 * 0.7 * mean(inverse * (error - imputed) ** 2, row_weights)
    assert float(logs["loss_imputation_cvr"]) == pytest.approx(expected, rel=1e-5)
    # What is served does not know of it.
    assert {n for n in out if "ctr" in n or "cvr" in n} == {
        *(f"{kind}_{name}" for kind in ("probs", "logits") for name in ("ctr", "cvr")),
        "probs_ctcvr",
    }


def test_gradient_reaches_every_weight_and_none_by_the_propensity(make_embedder, make_batch, prepare):
    model = prepare(esmm(make_embedder(()), TASKS, FEATURES, 2, DnnSpec((5,), "tanh"), counterfactual=DR))
    batch = make_batch(16)
    layers = (model.body, *model.towers.values(), *model.imputation_towers.values())
    weights = [weight for layer in layers for weight in layer.trainable_variables]
    with tf.GradientTape() as tape:
        loss = model.compute_loss(batch, training=True)
    assert any("imputation_cvr" in weight.name for weight in weights)
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, weight.name
    with tf.GradientTape() as tape:
        logits = {name: tf.constant([0.3, -0.2]) for name in ("ctr", "cvr")}
        tape.watch(logits)
        rows = AllRows(dict.fromkeys(logits, tf.ones([2])))
        labels = {"click": tf.constant([1.0, 0.0]), "download": tf.constant([1.0, 0.0])}
        found = model.head.further_losses(logits, {"cvr": tf.constant([0.1, 0.1])}, labels, rows)
        total = tf.add_n([tf.reduce_sum(terms.values) for _, terms in found.values()])
    assert tape.gradient(total, logits["ctr"]) is None


def test_three_steps(make_embedder, make_batch, prepare):
    # The third step's propensity is that of a click and a download.
    tasks = (*(dataclasses.replace(task, sample_weight=None) for task in TASKS), Task("pay", "paid"))
    model = prepare(esmm(make_embedder(()), tasks, FEATURES, counterfactual=CounterfactualSpec(weight=1.0)))
    features, labels, weights = make_batch(16)
    paid = labels["download"] * tf.cast(tf.range(16) % 3 > 0, tf.float32)
    out = {name: value.numpy() for name, value in model(features).items()}
    error = -np.log(np.where(paid == 1, out["probs_pay"], 1 - out["probs_pay"]))
    both = labels["download"].numpy() / np.maximum(out["probs_ctr"] * out["probs_cvr"], 0.001)
    logs = model.train_step((features, {**labels, "paid": paid}, weights))
    assert float(logs["loss_ips_pay"]) == pytest.approx(np.mean(both * error), rel=1e-5)


def test_an_imputation_without_input(make_embedder):
    spec = FmSpec(FEATURES, FEATURES)
    tasks = [Task("ctr", "click"), Task("cvr", "download")]
    with pytest.raises(ValueError, match="An imputation tower needs an input"):
        RankModel(make_embedder(), FunnelHead(tasks, DR), fm=spec)


def test_trains_and_exports(small, unproven):
    text, before = small.config.read_text(encoding="utf-8"), outputs(small.load().message)
    given = "counterfactual { estimator: DR weight: 0.5 imputation_dnn { hidden_units: 4 use_bn: true } }"
    small.config.write_text(text.replace("esmm {", f"esmm {{ {given}", 1), encoding="utf-8")
    config = small.load("train_config.num_steps=4", "train_config.save_summary_steps=0")
    assert outputs(config.message) == before
    result = apps_rec.train(config)
    assert result.step == 4
    estimator, _, _ = load_trained(config)
    tower = estimator.model.imputation_towers["cvr"]
    assert len(tower.trainable_variables) == 5
    version = export_model(
        config.message, config.to_text(), estimator.model, estimator.preprocessor, str(small.folder / "out")
    )
    assert verify_export(version, latency=False).failures == []
    assert "imput" not in (version / "assets" / "schema.json").read_text(encoding="utf-8").lower()
