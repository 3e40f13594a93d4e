"""Gradient conflict: against gradients by hand, dense ones by numpy, and twins."""

import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.features import Embedder
from apps_rec.features.specs import HashIds, IdFeature, NumberFeature
from apps_rec.models import IndependentHead, Task, shared_bottom
from apps_rec.tools.inspection.gradients import ALL, _products, conflicts, conflicts_of
from apps_rec.tools.inspection.layers import LayerGradients, dot
from apps_rec.training.estimator import load_trained
from apps_rec.training.input import training_dataset, training_source

# One user twice, and one that no row has.
USERS, APPS, PRICES = np.array([3, 0, 3, 1]), np.array([0, 0, 2, 1]), np.array([0.5, -1.0, 2.0, 0.25])
CLICKS, DOWNLOADS = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])


def linear(first_order=(), **weights):
    """A model without a network, one linear tower a task, over embeddings of two numbers."""
    specs = [
        IdFeature("user", "user", HashIds(4), "user", 2),
        IdFeature("app", "app", HashIds(3), "app", 2),
        NumberFeature("price", "price", dim=2),
    ]
    tasks = [Task(label, label, weight=weights.get(label, 1.0)) for label in ("click", "other")]
    model = shared_bottom(Embedder(specs, first_order), IndependentHead(tasks), ("user", "app", "price"))
    features, _, _ = batch_of(CLICKS)
    model(features)
    return model


def batch_of(other):
    features = {"ids": np.stack([USERS, APPS], axis=1), "values": PRICES[:, np.newaxis].astype(np.float32)}
    labels = {"click": CLICKS.astype(np.float32), "other": np.asarray(other, np.float32)}
    return tf.nest.map_structure(tf.constant, (features, labels, {}))


def kernels(model, of_click, of_other, bias=(0.0, 0.0)):
    for task, kernel, shift in zip(("click", "other"), (of_click, of_other), bias, strict=True):
        model.towers[task].set_weights([np.reshape(kernel, (-1, 1)), np.array([shift])])


def cosines(model, other):
    (pair,) = conflicts_of([_products(LayerGradients(model)(batch_of(other)))])
    return {layer.layer: layer for layer in pair.layers}


def test_a_linear_model_by_hand():
    model = linear(click=0.9, other=0.1)
    random = np.random.default_rng(3)
    kernel = {"click": random.normal(size=6), "other": random.normal(size=6)}
    kernels(model, kernel["click"], kernel["other"], bias=(0.3, -0.2))
    table = model.embedder.tables["tables_2"].numpy().astype(np.float64)
    vector = model.embedder.vectors["price"].numpy().astype(np.float64)[0]
    user, app = table[:4], table[4:7]
    labels = {"click": CLICKS, "other": DOWNLOADS}
    dense = {}
    for (task, w), bias, weight in zip(kernel.items(), (0.3, -0.2), (0.9, 0.1), strict=True):
        gradient = {"embeddings of user": np.zeros((4, 2)), "embeddings of app": np.zeros((3, 2))}
        gradient["vectors of price"] = np.zeros(2)
        for u, a, price, y in zip(USERS, APPS, PRICES, labels[task], strict=True):
            logit = np.concatenate([user[u], app[a], price * vector]) @ w + bias
            error = weight * (1 / (1 + math.exp(-logit)) - y) / 4
            gradient["embeddings of user"][u] += error * w[:2]
            gradient["embeddings of app"][a] += error * w[2:4]
            gradient["vectors of price"] += error * price * w[4:]
        gradient[ALL] = np.concatenate([part.ravel() for part in gradient.values()])
        dense[task] = gradient
    found = cosines(model, DOWNLOADS)
    # Towers and biases are of one task each.
    assert set(found) == set(dense["click"])
    for layer, one in found.items():
        a, b = dense["click"][layer].ravel(), dense["other"][layer].ravel()
        assert one.norms == pytest.approx((np.linalg.norm(a), np.linalg.norm(b)), rel=1e-5)
        assert one.cosine == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)
        assert one.ratio == pytest.approx(np.linalg.norm(a) / np.linalg.norm(b), rel=1e-5)
        assert (one.negative, one.spread, one.batches) == (float(one.cosine < 0), 0.0, 1)
    assert [found[ALL].layer, *found][0] == ALL


def test_weights_change_norms_and_no_cosine():
    kernel = np.array([1.0, -2.0, 0.5, 1.0, 0.2, -0.3])
    found = []
    for weights in ({}, {"click": 0.95, "other": 0.05}):
        model = linear(**weights)
        kernels(model, kernel, kernel[::-1])
        found.append(cosines(model, DOWNLOADS))
    for layer, one in found[0].items():
        assert found[1][layer].cosine == pytest.approx(one.cosine, abs=1e-6)
        assert found[1][layer].ratio == pytest.approx(19 * one.ratio, rel=1e-5)


def test_twins():
    kernel = np.array([1.0, -2.0, 0.5, 1.0, 0.2, -0.3])
    model = linear(click=0.95, other=0.05)
    # The same task twice.
    kernels(model, kernel, kernel, bias=(0.4, 0.4))
    assert [one.cosine for one in cosines(model, CLICKS).values()] == pytest.approx([1.0] * 4, abs=1e-6)
    # A task and that of the opposite label which has learned the opposite: p - y of both is the same but for the sign.
    kernels(model, kernel, -kernel, bias=(0.4, -0.4))
    assert [one.cosine for one in cosines(model, 1 - CLICKS).values()] == pytest.approx([1.0] * 4, abs=1e-6)
    # Both read one vector in the same way, and every probability is 1/2: p - y is 1/2 - y and y - 1/2.
    for variable in (*model.embedder.tables.values(), *model.embedder.vectors.values()):
        variable.assign(np.zeros(variable.shape))
    kernels(model, kernel, kernel)
    found = cosines(model, 1 - CLICKS)
    assert [one.cosine for one in found.values()] == pytest.approx([-1.0] * 4, abs=1e-6)
    assert {one.negative for one in found.values()} == {1.0}


def test_means_over_batches():
    batches = [
        {("a", "b"): {"x": (3.0, 4.0, 9.0), "y": (0.0, 0.0, 1.0)}},
        {("a", "b"): {"x": (-1.0, 1.0, 4.0), "y": (0.0, 0.0, 0.0)}},
        {("a", "b"): {"x": (0.0, 9.0, 0.0), "y": (0.0, 0.0, 4.0)}},
    ]
    (pair,) = conflicts_of(batches)
    both, x, y = pair.layers
    # Cosines .5 and -.5; in the third batch b has no gradient.
    assert (x.cosine, x.spread, x.negative, x.batches) == (0.0, 0.5, 0.5, 2)
    assert x.norms == pytest.approx(((2 + 1 + 3) / 3, (3 + 2 + 0) / 3))
    assert (y.cosine, y.spread, y.negative, y.batches, y.ratio) == (None, None, None, 0, 0.0)
    assert (both.layer, both.batches) == (ALL, 3)
    assert both.cosine == pytest.approx((3 / (2 * math.sqrt(10)) - 1 / 2 + 0) / 3)
    assert y.cells() == ["y", "n/a", "n/a", "0", "1", "0"]
    assert x.cells() == ["x", "+0.000 ±0.500", "50%", "2", "1.67", "1.2"]
    assert conflicts_of([]) == ()


def test_a_trained_model_against_dense_gradients(trained_small):
    estimator, _, _ = load_trained(trained_small.load())
    model, message = estimator.model, estimator.config.message
    found = conflicts(estimator, 3)
    assert (found.batches, found.rows) == (3, 96)
    (pair,) = found.pairs
    # The loss of the product.
    assert (pair.first, pair.second) == ("ctr", "ctcvr")
    layers = {layer.layer: layer for layer in pair.layers}
    # Through the product both losses reach the click's tower, and the position's; no loss of the click reaches cvr's.
    names = {f"embeddings of {table}" for table in ("user", "app", "word", "slot")}
    names |= {"mmoe_experts/expert_0", "mmoe_experts/expert_1", "tower_ctr/logit", "position_tower/logit"}
    assert set(layers) == {ALL, *names}
    variables = {variable.name.split("rank_model/")[1]: variable for variable in model.trainable_variables}
    expert = [name for name in variables if "/expert_1/" in name]
    place = model.embedder.table_places()["app"]
    dataset, _ = training_dataset(message, estimator.preprocessor, training_source(message))
    by_hand = {"embeddings of app": [], "mmoe_experts/expert_1": []}
    for batch in dataset.take(3):
        with tf.GradientTape(persistent=True) as tape:
            losses = model.loss_shares(batch, training=False)
        dense = {}
        for name in ("loss_ctr", "loss_ctcvr"):
            gradients = tape.gradient(losses[name], variables)
            gradients = {key: None if g is None else tf.convert_to_tensor(g).numpy() for key, g in gradients.items()}
            table = gradients[f"embedder/{place.key}:0"][place.offset : place.offset + place.rows, : place.dim]
            experts = np.concatenate([gradients[key].ravel() for key in expert])
            dense[name] = {"embeddings of app": table.ravel(), "mmoe_experts/expert_1": experts}
        for layer, values in by_hand.items():
            a, b = (dense[name][layer].astype(np.float64) for name in ("loss_ctr", "loss_ctcvr"))
            values.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    for layer, values in by_hand.items():
        assert layers[layer].cosine == pytest.approx(np.mean(values), abs=1e-5)
        assert layers[layer].spread == pytest.approx(np.std(values), abs=1e-5)
        assert layers[layer].negative == np.mean(np.array(values) < 0)
    text = str(found).splitlines()
    assert text[0] == "gradients of ctr and ctcvr, 3 batches, 96 rows"
    assert len(text) == 2 + len(layers)


def test_first_order_weights_are_a_layer_and_tables_stay_rows():
    model = linear(first_order=("user", "price"))
    gradients = LayerGradients(model)(batch_of(DOWNLOADS))["click"]
    assert {"embeddings of user", "embeddings of app", "vectors of price"} <= set(gradients)
    (piece,) = gradients["embeddings of user"].values()
    # Of four users the rows of those that the batch has.
    assert piece.ids.tolist() == [0, 1, 3]
    assert piece.values.shape == (3, 2)
    assert dot(gradients["embeddings of user"], gradients["embeddings of user"]) == pytest.approx(
        np.sum(piece.values**2)
    )
