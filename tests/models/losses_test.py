"""Losses of tasks inside a model: several a task, learned weights, sessions, other towers, replicas."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.config.tasks.losses import LOSSES as OF_CONFIG
from apps_rec.legacy_keras import keras
from apps_rec.losses import LOSSES, Rows
from apps_rec.models import DnnSpec, FunnelHead, IndependentHead, Task, shared_bottom
from apps_rec.models.heads import AllRows
from apps_rec.models.specs import TaskLoss

FEATURES = ("user", "app", "price")


@pytest.fixture
def with_sessions(make_batch):
    """Return a batch whose rows are of five sessions."""
    features, labels, weights = make_batch(16)
    sessions = tf.constant(np.random.default_rng(1).integers(0, 5, 16))
    return features, labels, {**weights, "session": sessions}


def build(make_embedder, prepare, *losses, **of_task):
    task = Task("ctr", "click", DnnSpec((3,), "tanh"), losses=losses, **of_task)
    return prepare(shared_bottom(make_embedder(), IndependentHead([task]), FEATURES))


def mean_of(name, labels, logits, weights, sessions=None, **options):
    terms = LOSSES[name].terms(labels, logits, Rows(weights, sessions), options)
    return sum(float(tf.reduce_sum(v * w) / tf.reduce_sum(w)) for v, w in terms)


def test_each_loss_has_its_own_weight(make_embedder, prepare, with_sessions):
    # EasyRec gives every loss of a tower the weight of the first one.
    losses = (
        TaskLoss("F1_REWEIGHTED_LOSS", 0.5, options={"f1_beta_square": 2.25}),
        TaskLoss("PAIR_WISE_LOSS", 2.0, session="session"),
    )
    model = build(make_embedder, prepare, *losses, weight=3.0, sample_weight="weight")
    features, labels, weights = with_sessions
    logits = model(features)["logits_ctr"]
    f1 = mean_of("F1_REWEIGHTED_LOSS", labels["click"], logits, weights["weight"], f1_beta_square=2.25)
    pairs = mean_of("PAIR_WISE_LOSS", labels["click"], logits, weights["weight"], weights["session"])
    assert float(model.compute_loss(with_sessions)) == pytest.approx(3 * (0.5 * f1 + 2 * pairs), rel=1e-5)


def test_losses_of_two_towers_do_not_overwrite_each_other(make_embedder, prepare, make_batch):
    # EasyRec keeps one order_calibrate_loss for all towers, that of the last.
    def calibrated(name, other, weight):
        order = TaskLoss("ORDER_CALIBRATE_LOSS", weight, others=(other,))
        return Task(name, "click", losses=(TaskLoss(), order))

    tasks = [calibrated("a", "b", 5.0), calibrated("b", "a", 7.0)]
    model = prepare(shared_bottom(make_embedder(), IndependentHead(tasks), FEATURES))
    batch = make_batch(16)
    outputs, click = model(batch[0]), batch[1]["click"]
    ones = tf.ones_like(click)
    p, q = outputs["probs_a"].numpy(), outputs["probs_b"].numpy()
    entropies = [mean_of("CLASSIFICATION", click, outputs[f"logits_{name}"], ones) for name in "ab"]
    expected = sum(entropies) + 5 * np.maximum(p - q, 0).mean() + 7 * np.maximum(q - p, 0).mean()
    assert float(model.compute_loss(batch)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("name", "kind", "half"), [("CLASSIFICATION", "probability", 1.0), ("L2_LOSS", "value", 0.5)])
def test_uncertainty_is_learned(name, kind, half, make_embedder, prepare, make_batch):
    model = build(make_embedder, prepare, TaskLoss(name, is_learned=True), kind=kind)
    (variable,) = [v for v in model.trainable_variables if "uncertainty_ctr_0" in v.name]
    variable.assign([0.7])
    features, labels, _ = batch = make_batch()
    outputs = model(features)
    logits = outputs["logits_ctr" if kind == "probability" else "y_ctr"]
    loss = mean_of(name, labels["click"], logits, tf.ones_like(labels["click"]))
    with tf.GradientTape() as tape:
        total = model.compute_loss(batch)
    assert float(total) == pytest.approx(half * np.exp(-0.7) * loss + 0.35, rel=1e-5)
    # It is least at exp(s) = 2 half loss, as of Kendall, Gal and Cipolla.
    assert float(tape.gradient(total, variable)[0]) == pytest.approx(0.5 - half * np.exp(-0.7) * loss, rel=1e-4)


@pytest.mark.slow
def test_weights_that_are_drawn(make_embedder, prepare, make_batch):
    tasks = [
        Task("ctr", "click", losses=(TaskLoss(is_drawn=True), TaskLoss("BINARY_FOCAL_LOSS", 3.0, is_drawn=True))),
        Task("cvr", "download", weight=2.0, losses=(TaskLoss(is_drawn=True),)),
    ]
    model = prepare(shared_bottom(make_embedder(), IndependentHead(tasks), FEATURES))
    features, labels, _ = batch = make_batch()
    outputs, ones = model(features), tf.ones_like(labels["click"])
    parts = [
        mean_of("CLASSIFICATION", labels["click"], outputs["logits_ctr"], ones),
        3 * mean_of("BINARY_FOCAL_LOSS", labels["click"], outputs["logits_ctr"], ones),
        2 * mean_of("CLASSIFICATION", labels["download"], outputs["logits_cvr"], ones),
    ]
    # Outside of a step all weigh the same.
    assert float(model.compute_loss(batch)) == pytest.approx(sum(parts) / 3, rel=1e-5)
    found = []
    for step in range(200):
        model.optimizer.iterations.assign(step)
        found.append([float(model.loss_shares(batch, True)[f"loss_{name}"]) for name in ("ctr", "cvr")])
        if step == 3:
            weights = model._drawn_weights(tf.constant([0, 3], tf.int64)).values()
            drawn = [part * float(weight) for part, weight in zip(parts, weights, strict=True)]
            assert found[-1] == pytest.approx([drawn[0] + drawn[1], drawn[2]], rel=1e-5)
            assert sum(map(float, weights)) == pytest.approx(1)
    # A third of each on average; half of the draws of a softmax of three normal numbers lie .13 to .45.
    shares = np.array(found)[:, 1] / parts[2]
    assert shares.mean() == pytest.approx(1 / 3, abs=0.05)
    assert shares.std() > 0.15


def test_uncertainty_stays_where_no_row_counts(make_embedder, prepare, make_batch):
    model = build(make_embedder, prepare, TaskLoss(is_learned=True), sample_weight="weight")
    features, labels, weights = make_batch()
    with tf.GradientTape() as tape:
        total = model.compute_loss((features, labels, {"weight": 0 * weights["weight"]}))
    assert not np.any(tape.gradient(total, model.uncertainties["ctr/0"]).numpy())


def test_a_label_of_any_number_that_was_not_observed_does_not_count(make_embedder, prepare, make_batch):
    least = np.finfo(np.float32).min.item()
    model = build(make_embedder, prepare, TaskLoss("L2_LOSS"), kind="value", observed=("click",), unobserved=least)
    features, _, weights = make_batch(4)
    labels = np.array([-1.0, least, 2.5, least], np.float32)
    values = model(features)["y_ctr"].numpy()
    with tf.GradientTape() as tape:
        loss = model.compute_loss((features, {"click": tf.constant(labels)}, weights))
    assert float(loss) == pytest.approx(((values[0] + 1) ** 2 + (values[2] - 2.5) ** 2) / 2, rel=1e-5)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert all(np.isfinite(tf.convert_to_tensor(g).numpy()).all() for g in gradients if g is not None)


OF_PRODUCTS = [name for name, loss in LOSSES.items() if "probability" in OF_CONFIG[name].kinds and not loss.of_others]


@pytest.mark.parametrize("logit", [-50.0, -3.0, 2.0, 50.0])
@pytest.mark.parametrize("name", OF_PRODUCTS)
def test_every_loss_of_a_probability_is_one_of_a_product(name, logit):
    tasks = [Task("ctr", "click"), Task("cvr", "download", losses=(TaskLoss(name, session="session"),))]
    labels = {"click": tf.constant([0.0, 1.0, 1.0, 1.0]), "download": tf.constant([0.0, 0.0, 1.0, 1.0])}
    logits = {"ctr": tf.Variable([logit, 0.5, logit, 1.0]), "cvr": tf.Variable([0.3, logit, logit, -1.0])}
    rows = AllRows(dict.fromkeys(logits, tf.constant([1.0, 2.0, 1.0, 0.5])), {"session": tf.constant([1, 1, 1, 2])})
    with tf.GradientTape() as tape:
        (terms,) = FunnelHead(tasks).losses(logits, labels, rows)["cvr"]
        total = tf.add_n([tf.reduce_sum(values * weights) for values, weights in terms])
    assert np.isfinite(total.numpy())
    assert all(np.isfinite(tf.convert_to_tensor(g).numpy()).all() for g in tape.gradient(total, list(logits.values())))
    # The loss of the product's own logit, in float64.
    click, conversion = (tf.sigmoid(tf.cast(value, tf.float64)) for value in logits.values())
    product = click * conversion
    if abs(logit) < 10:
        of_product = tf.math.log(product) - tf.math.log(1 - product)
        of_rows = Rows(tf.cast(rows.weights["cvr"], tf.float64), rows.sessions["session"])
        wanted = LOSSES[name].terms(tf.cast(labels["download"], tf.float64), of_product, of_rows, {})
        expected = tf.add_n([tf.reduce_sum(values * weights) for values, weights in wanted])
        assert float(total) == pytest.approx(float(expected), rel=1e-5)


ROW_LOSSES = (
    TaskLoss("F1_REWEIGHTED_LOSS"),
    TaskLoss("BINARY_FOCAL_LOSS", 0.5),
    TaskLoss("PAIR_WISE_LOSS", session="session", is_learned=True),
)


def test_two_replicas_take_the_step_of_one(make_embedder, prepare, make_batch, two_replicas):
    """Sessions lie within a replica here: then pairs are the same, and all divisors are those of the whole batch."""
    features, labels, weights = make_batch(16)
    weights = {**weights, "session": tf.constant([0] * 5 + [1] * 3 + [2] * 4 + [3] * 4)}
    whole = (features, labels, weights)
    halves = [tf.nest.map_structure(lambda x, part=part: x[8 * part : 8 * part + 8], whole) for part in (0, 1)]

    def model_with(optimizer):
        return build(make_embedder, lambda model: prepare(model, optimizer), *ROW_LOSSES, sample_weight="weight")

    alone = model_with(keras.optimizers.SGD(0.5))
    alone.train_step(whole)
    with two_replicas.scope():
        both = model_with(keras.optimizers.SGD(0.5))
    batch = two_replicas.experimental_distribute_values_from_function(
        lambda context: halves[context.replica_id_in_sync_group]
    )
    tf.function(lambda: two_replicas.run(both.train_step, args=(batch,)))()
    for one, two in zip(alone.trainable_variables, both.trainable_variables, strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-4, atol=1e-6)
