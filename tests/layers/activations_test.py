"""Activations with weights of their own."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Dice, Dnn, Prelu
from apps_rec.layers.request import RequestColumns

X = np.random.default_rng(0).normal(2.0, 3.0, size=[6, 4]).astype(np.float32)


@pytest.mark.parametrize("layer", [Dice, Prelu])
def test_standard_checks(layer, check_layer):
    check_layer(lambda: layer(name="activation"), X)


def loop(x, alpha, mean, variance):
    """Return Dice, number by number."""
    out = np.zeros_like(x)
    for row in range(len(x)):
        for unit in range(x.shape[1]):
            p = 1 / (1 + np.exp(-(x[row, unit] - mean[unit]) / np.sqrt(variance[unit] + 1e-6)))
            out[row, unit] = p * x[row, unit] + (1 - p) * alpha[unit] * x[row, unit]
    return out


def test_dice_takes_moments_of_the_batch_and_moving_ones_elsewhere(set_weights):
    dice = Dice()
    alpha, mean, variance = [0.5, -1.0, 0.0, 2.0], [1.0, 0.0, -1.0, 2.0], [4.0, 1.0, 9.0, 0.25]
    dice(X)
    set_weights(dice, alpha, mean, variance)
    np.testing.assert_allclose(dice(X), loop(X, alpha, mean, variance), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dice(X, training=True), loop(X, alpha, X.mean(0), X.var(0)), rtol=1e-4, atol=1e-5)
    moved = [0.99 * np.array(old) + 0.01 * new for old, new in ((mean, X.mean(0)), (variance, X.var(0)))]
    for got, expected in zip(dice.get_weights()[1:], moved, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert [weight.name for weight in dice.trainable_weights] == ["dice/alpha:0"]


def test_dice_does_not_count_padding():
    dice, rows = Dice(), np.concatenate([X, np.full((2, 4), 100.0, np.float32)])
    found = dice(rows, training=True, counted=tf.constant([True] * 6 + [False] * 2))
    np.testing.assert_allclose(found[:6], loop(X, np.zeros(4), X.mean(0), X.var(0)), rtol=1e-4, atol=1e-5)


def test_dice_takes_moments_over_both_replicas(two_replicas):
    expected = Dice()(X, training=True)
    with two_replicas.scope():
        dice = Dice()
        dice(X)
    halves = iter(np.split(X, [2]))
    values = two_replicas.experimental_distribute_values_from_function(lambda _: tf.constant(next(halves)))
    run = tf.function(lambda: two_replicas.run(lambda x: dice(x, training=True), args=(values,)))
    got = np.concatenate([part.numpy() for part in two_replicas.experimental_local_results(run())])
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["dice", "prelu"])
def test_in_a_request(name):
    """Where all rows are alike, one is computed; else they are the tensor's."""
    dnn = Dnn([5, 2], name, name="dnn")
    x = tf.constant(X)
    dnn(x)
    dnn.set_weights([np.random.default_rng(1).uniform(0.2, 1, weight.shape) for weight in dnn.weights])
    one = RequestColumns(x[:1], tf.zeros([6, 0]), (0, 1, 2, 3))
    found = dnn(one)
    assert isinstance(found, RequestColumns)
    np.testing.assert_allclose(tf.convert_to_tensor(found), dnn(tf.repeat(x[:1], 6, 0)), rtol=1e-5, atol=1e-6)
    some = RequestColumns(x[:1, :2], x[:, 2:], (1, 3))
    whole = tf.convert_to_tensor(some)
    np.testing.assert_allclose(tf.convert_to_tensor(dnn(some)), dnn(whole), rtol=1e-5, atol=1e-6)


def test_prelu_by_hand(set_weights):
    prelu = Prelu()
    prelu.build([None, 2])
    set_weights(prelu, [0.5, -1.0])
    np.testing.assert_array_equal(prelu(tf.constant([[-2.0, -3.0], [4.0, 5.0]])), [[-1.0, 3.0], [4.0, 5.0]])


def test_a_constant_unit_is_finite():
    dice, x = Dice(), tf.fill([4, 2], 3.0)
    dice.build(x.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(dice(x, training=True) * [[1.0, 2.0], [-1.0, 0.0], [3.0, 1.0], [0.0, 0.0]])
    assert np.isfinite(total)
    assert np.abs(tape.gradient(total, x)).max() < 1e4
