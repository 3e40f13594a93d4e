"""Variational dropout: shares as a plain loop has them, each on its feature, and probabilities that rank features."""

import json

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.features.embeddings.embedded import Block, EmbeddedFeatures, RequestFeatures
from apps_rec.features.embeddings.variational_dropout import VariationalDropout, scaled, widths_of
from apps_rec.features.specs import BucketFeature, HashIds, IdFeature, NumberFeature
from apps_rec.layers.dropout import own_seed
from apps_rec.training.estimator import Estimator, load_trained

SEED = np.array([7, 3])
WIDTHS = {"a": 3, "b": 3, "n": 2}


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def make(by_element=False, logits=None, regularization=0.01):
    layer = VariationalDropout(WIDTHS, by_element, regularization)
    layer.build(tf.TensorShape([None, 1]))
    if logits is not None:
        layer.logit_p.assign(logits)
    return layer


def features(batch):
    """Two features of dim 2 with first-order weights in one block, `p` without a place beside them, and two numbers."""
    random = np.random.default_rng(2)
    vectors, first = random.normal(size=(batch, 3, 2)), random.normal(size=(batch, 3))
    block = Block(("a", "p", "b"), tf.constant(vectors, tf.float32), tf.constant(first, tf.float32))
    return EmbeddedFeatures([block], {"n": tf.constant(random.normal(size=(batch, 2)), tf.float32)})


@pytest.mark.parametrize("by_element", [False, True])
def test_shares_are_those_of_a_loop(by_element):
    count = 8 if by_element else 3
    logits = np.random.default_rng(1).normal(size=count) * 3
    layer = make(by_element, logits)
    np.testing.assert_allclose(layer(tf.zeros([5, 1])), 1 - sigmoid(logits)[None], rtol=1e-6)
    shares = layer(tf.zeros([5, 1]), training=True, seed=SEED).numpy()
    uniform = tf.random.stateless_uniform(
        [5, count], own_seed("variational_dropout", SEED), minval=2.0**-24, alg="philox"
    ).numpy()
    for row in range(5):
        for i in range(count):
            u, p = float(uniform[row, i]), float(sigmoid(logits[i]))
            noisy = (np.log(p) - np.log(1 - p) + np.log(u) - np.log(1 - u)) / 0.1
            assert shares[row, i] == pytest.approx(1 - sigmoid(noisy), abs=2e-5)
    assert (shares != layer(tf.zeros([5, 1]), training=True, seed=SEED + 1).numpy()).any()


def test_a_feature_is_dropped_as_often_as_its_probability_says():
    layer = make(logits=[-50.0, np.log(0.3 / 0.7), 50.0])
    shares = layer(tf.zeros([20000, 1]), training=True, seed=SEED).numpy()
    # 20,000 draws: the share has a deviation of 0.0033.
    assert (shares < 0.5).mean(axis=0) == pytest.approx([0.0, 0.3, 1.0], abs=0.015)
    # Nearly all are close to 0 or 1.
    assert ((shares[:, 1] < 0.05) | (shares[:, 1] > 0.95)).mean() > 0.85


@pytest.mark.parametrize("extreme", [-50.0, 50.0])
def test_gradients_at_extremes_are_numbers(extreme):
    layer = make(logits=[extreme] * 3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.zeros([64, 1]), training=True, seed=SEED)) + layer.penalty(tf.constant(64))
    assert np.isfinite(tape.gradient(loss, layer.logit_p)).all()
    assert np.isfinite(loss)


def test_the_gradient_is_that_of_differences():
    layer, at = make(regularization=3.0), np.array([0.2, -0.1, 0.4])

    def loss(logits):
        layer.logit_p.assign(logits)
        shares = tf.cast(layer(tf.zeros([50, 1]), training=True, seed=SEED), tf.float64)
        return tf.reduce_sum(tf.square(shares - 0.2)) + tf.cast(layer.penalty(tf.constant(50)), tf.float64)

    with tf.GradientTape() as tape:
        value = loss(at)
    gradient = tape.gradient(value, layer.logit_p).numpy()
    for i in range(3):
        step = np.eye(3)[i] * 1e-3
        assert gradient[i] == pytest.approx(float(loss(at + step) - loss(at - step)) / 2e-3, rel=2e-2, abs=1e-2)


def test_the_penalty_is_divided_by_the_rows():
    layer = make(logits=[0.0, 2.0, -1.0], regularization=0.5)
    expected = 0.5 / 10 * np.sum(1 - sigmoid([0.0, 2.0, -1.0]))
    assert float(layer.penalty(tf.constant(10))) == pytest.approx(expected, rel=1e-6)


def test_a_share_for_a_feature_is_for_all_of_it_and_no_other():
    embedded = features(4)
    shares = tf.constant([[2.0, 3.0, 5.0]])
    found = scaled(embedded, shares, make().places)
    factors = np.array([2.0, 1.0, 3.0])
    block, before = found.blocks[0], embedded.blocks[0]
    np.testing.assert_allclose(block.vectors, before.vectors.numpy() * factors[None, :, None], rtol=1e-6)
    np.testing.assert_allclose(block.first_order, before.first_order.numpy() * factors, rtol=1e-6)
    np.testing.assert_allclose(found.numbers["n"], embedded.numbers["n"].numpy() * 5, rtol=1e-6)


def test_shares_for_numbers_go_to_their_places():
    embedded = features(1)
    found = scaled(embedded, tf.range(1.0, 9.0)[None], make(True).places)
    block, before = found.blocks[0], embedded.blocks[0]
    np.testing.assert_allclose(block.vectors, before.vectors.numpy() * [[[1, 2], [1, 1], [4, 5]]], rtol=1e-6)
    np.testing.assert_allclose(block.first_order, before.first_order.numpy() * [[3, 1, 6]], rtol=1e-6)
    np.testing.assert_allclose(found.numbers["n"], embedded.numbers["n"].numpy() * [[7, 8]], rtol=1e-6)


def test_both_parts_of_a_request_are_scaled_as_rows_are():
    layer, embedded = make(logits=[1.0, -1.0, 0.5]), features(1)
    empty = EmbeddedFeatures([], {})
    both = RequestFeatures(empty, embedded, tf.constant(1)).each(lambda part: layer.dropped(part, False, None))
    assert both.shared == empty
    expected = layer.dropped(embedded, False, None)
    np.testing.assert_array_equal(both.rows.blocks[0].vectors, expected.blocks[0].vectors)


def test_widths():
    specs = [
        IdFeature("a", "a", HashIds(9), "a", 4),
        BucketFeature("b", "b", (1.0,), "b", 4),
        NumberFeature("n", "n", size=3),
        IdFeature("slot", "slot", HashIds(9), "slot", 2, is_position=True),
    ]
    assert widths_of(specs, ["a"]) == {"a": 5, "b": 4, "n": 3}
    assert widths_of(specs, ["b", "n"], wide_dim=3) == {"a": 4, "b": 7, "n": 6}
    # One that shares a table has its first-order columns too.
    assert widths_of([*specs, BucketFeature("c", "c", (1.0,), "b", 4)], ["b"], wide_dim=2)["c"] == 6


def test_long_first_order_weights_are_scaled_number_by_number():
    random = np.random.default_rng(2)
    vectors, first = random.normal(size=(1, 2, 2)), random.normal(size=(1, 2, 2))
    block = Block(("a", "b"), tf.constant(vectors, tf.float32), tf.constant(first, tf.float32))
    by_element = VariationalDropout({"a": 4, "b": 4}, by_element=True)
    found = scaled(EmbeddedFeatures([block], {}), tf.range(1.0, 9.0)[None], by_element.places).blocks[0]
    np.testing.assert_allclose(found.vectors, vectors * [[[1, 2], [5, 6]]], rtol=1e-6)
    np.testing.assert_allclose(found.first_order, first * [[[3, 4], [7, 8]]], rtol=1e-6)
    whole = VariationalDropout({"a": 4, "b": 4})
    found = scaled(EmbeddedFeatures([block], {}), tf.constant([[2.0, 3.0]]), whole.places).blocks[0]
    np.testing.assert_allclose(found.first_order, first * [[[2], [3]]], rtol=1e-6)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"regularization must be a number of at least 0, got -1"):
        VariationalDropout(WIDTHS, regularization=-1)
    with pytest.raises(ValueError, match="a call in training needs `seed`"):
        make()(tf.zeros([2, 1]), training=True)
    layer = make(True, regularization=0.5)
    assert VariationalDropout(**layer.get_config()).get_config() == layer.get_config()


ON = "model_config.variational_dropout={ regularization_lambda: 3 }"


@pytest.mark.slow
def test_the_feature_that_counts_is_dropped_least_and_what_is_exported_agrees(tiny, seen):
    rate = "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate=0.05"
    overrides = [ON, rate, "data_config.num_epochs=0", "train_config.num_steps=150"]
    before = Estimator(tiny.load(*overrides)).model
    apps_rec.train(tiny.load(*overrides))
    ranking = json.loads((tiny.folder / "run" / "feature_ranking.json").read_text(encoding="utf-8"))
    dropped = {entry["feature"]: entry["drop_probability"] for entry in ranking}
    assert sorted(dropped) == ["app", "price", "tags", "user", "word"]
    assert ranking[0]["feature"] == "app"
    assert all(dropped[name] > dropped["app"] + 0.1 for name in dropped if name != "app")
    assert any(text.startswith("features dropped least: app 0.") for text in seen.messages)
    assert apps_rec.evaluate(tiny.load(*overrides))["auc_ctr"] > 0.65
    # The export is held against the live model, rank against single rows, before it is published.
    apps_rec.export(tiny.load(*overrides), "out")
    # No row outside of the batches moved: no hash, number or word that the data has not.
    after = load_trained(tiny.load(*overrides))[0].model
    place = before.embedder.table_places()["slot"]
    unseen = place.offset + place.rows - 1
    key = place.key
    np.testing.assert_array_equal(before.embedder.tables[key][unseen], after.embedder.tables[key][unseen])


@pytest.mark.slow
def test_it_goes_on_to_the_bit_under_xla_and_by_element(tiny):
    overrides = [
        "model_config.variational_dropout={ embedding_wise_variational_dropout: true }",
        "train_config.jit_compile=true",
    ]
    apps_rec.train(tiny.load(*overrides, "model_dir=whole", "train_config.num_steps=6"))
    apps_rec.train(tiny.load(*overrides, "model_dir=parts", "train_config.num_steps=3"))
    apps_rec.train(tiny.load(*overrides, "model_dir=parts", "train_config.num_steps=6"), resume=True)
    whole, parts = (load_trained(tiny.load(*overrides, f"model_dir={name}"))[0].model for name in ("whole", "parts"))
    for one, other in zip(whole.variables, parts.variables, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=one.name)
    # Four numbers of each feature, and a first-order weight.
    assert {name: len(found) for name, found in whole.variational_dropout.probabilities().items()} == dict.fromkeys(
        ("user", "app", "price", "word", "tags"), 5
    )
