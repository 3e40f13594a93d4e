import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import ACTIVATIONS, TRAINED_ACTIVATIONS, Dnn

X = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)


@pytest.mark.parametrize("use_bn", [False, True])
def test_standard_checks(check_layer, use_bn):
    check_layer(lambda: Dnn([16, 4], "leaky_relu", use_bn=use_bn, dropout=[0.2, 0.0], l2=0.1, name="dnn"), X)


def test_value_by_hand(set_weights):
    dnn = Dnn([2, 1], name="dnn")
    dnn(tf.zeros([1, 2]))
    set_weights(dnn, [[1.0, -1.0], [2.0, 1.0]], [0.5, 0.0], [[2.0], [3.0]], [-1.0])
    # x = (1, 1): (1 + 2 + .5, -1 + 1) = (3.5, 0), then 7 + 0 - 1. x = (0, -1): relu(-1.5, -1) = 0, then relu(-1).
    np.testing.assert_allclose(dnn(tf.constant([[1.0, 1.0], [0.0, -1.0]])), [[6.0], [0.0]])


def test_batch_norm_stands_before_the_activation(seed, set_weights):
    dnn = Dnn([1], use_bn=True, name="dnn")
    dnn(tf.zeros([1, 1]))
    set_weights(dnn, [[2.0]], [3.0], [0.5], [0.0], [1.0])  # kernel, gamma, beta, moving mean, moving variance
    x = np.array([[1.0], [2.0], [3.0]], np.float32)
    # 2x has mean 4 and variance 8/3; relu(3 (2x - 4) / sqrt(8/3 + .001) + .5)
    spread = 2 / math.sqrt(8 / 3 + 1e-3)
    np.testing.assert_allclose(
        dnn(x, training=True, seed=seed), [[0.0], [0.5], [3 * spread + 0.5]], rtol=1e-5, atol=1e-5
    )
    # Moving moments: .99 of the old, .01 of the batch's.
    np.testing.assert_allclose(dnn.get_weights()[3:], [[0.04], [0.99 + 0.01 * 8 / 3]], rtol=1e-5)


def test_dropout_stands_after_the_activation(seed):
    dnn = Dnn([400], "sigmoid", dropout=0.5, name="dnn")
    # sigmoid(0) is 0.5: dropped before the activation it would be 0.5 everywhere, after it is 0 or 1.
    values = dnn(tf.zeros([1, 3]), training=True, seed=seed).numpy()
    assert set(np.unique(values)) == {0.0, 1.0}


def test_uncounted_rows_stay_out_of_the_moments(seed):
    full = Dnn([2], use_bn=True, name="dnn")
    padded = Dnn([2], use_bn=True, name="dnn")
    full(X), padded(X)
    padded.set_weights(full.get_weights())
    counted = np.array([True, True, True, True, False, False])
    expected = full(X[:4], training=True, seed=seed)
    got = padded(X, training=True, seed=seed, counted=counted)
    np.testing.assert_allclose(got[:4], expected, rtol=1e-4, atol=1e-5)
    for a, b in zip(padded.get_weights(), full.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_batch_norm_takes_moments_over_both_replicas(two_replicas, seed, set_weights):
    one = Dnn([2], "linear", use_bn=True, name="dnn")
    expected = one(X, training=True, seed=seed)
    with two_replicas.scope():
        two = Dnn([2], "linear", use_bn=True, name="dnn")
        two(X)
    set_weights(two, one.get_weights()[0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0])
    halves = iter(np.split(X, [2]))  # two rows and four: the replicas count by rows
    values = two_replicas.experimental_distribute_values_from_function(lambda _: tf.constant(next(halves)))
    run = tf.function(lambda: two_replicas.run(lambda x: two(x, training=True, seed=seed), args=(values,)))
    got = np.concatenate([part.numpy() for part in two_replicas.experimental_local_results(run())])
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
    for a, b in zip(two.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_l2_is_half_the_sum_of_squares_of_kernels_only(set_weights):
    dnn = Dnn([2, 1], l2=0.1, name="dnn")
    dnn(tf.zeros([1, 1]))
    set_weights(dnn, [[1.0, 2.0]], [5.0, 5.0], [[3.0], [4.0]], [5.0])
    assert sum(float(loss) for loss in dnn.losses) == pytest.approx(0.1 / 2 * (1 + 4 + 9 + 16))
    assert Dnn([2], name="dnn").losses == []


def test_no_bias_before_batch_norm():
    dnn = Dnn([2], use_bn=True, name="dnn")
    dnn(tf.zeros([1, 3]))
    assert [w.name for w in dnn.trainable_weights] == [
        "dnn/dense_0/kernel:0",
        "dnn/batch_norm_0/gamma:0",
        "dnn/batch_norm_0/beta:0",
    ]


@pytest.mark.parametrize(
    ("name", "at_minus_one", "at_two"),
    [
        ("relu", 0.0, 2.0),
        ("gelu", -0.5 * math.erfc(1 / math.sqrt(2)), 2 - math.erfc(2 / math.sqrt(2))),
        ("elu", math.exp(-1) - 1, 2.0),
        ("selu", 1.0507009873554805 * 1.6732632423543772 * (math.exp(-1) - 1), 1.0507009873554805 * 2),
        ("silu", -1 / (1 + math.e), 2 / (1 + math.exp(-2))),
        ("swish", -1 / (1 + math.e), 2 / (1 + math.exp(-2))),
        ("tanh", -math.tanh(1), math.tanh(2)),
        ("sigmoid", 1 / (1 + math.e), 1 / (1 + math.exp(-2))),
        ("leaky_relu", -0.2, 2.0),
        ("softplus", math.log(1 + math.exp(-1)), math.log(1 + math.exp(2))),
        ("linear", -1.0, 2.0),
        # alpha is 0, mean 0 and variance 1: x sigmoid(x), but for the constant beside the variance
        ("dice", -1 / (1 + math.e), 2 / (1 + math.exp(-2))),
        ("prelu", -0.25, 2.0),
    ],
)
def test_activations(name, at_minus_one, at_two, set_weights):
    dnn = Dnn([1], name, name="dnn")
    dnn(tf.zeros([1, 1]))
    set_weights(dnn, [[1.0]], [0.0], *dnn.get_weights()[2:])
    np.testing.assert_allclose(dnn(tf.constant([[-1.0], [2.0]])), [[at_minus_one], [at_two]], rtol=1e-5)


@pytest.mark.parametrize("name", TRAINED_ACTIVATIONS)
def test_activations_with_weights(name, check_layer):
    check_layer(lambda: Dnn([16, 4], name, dropout=[0.2, 0.0], name="dnn"), X)


def test_every_activation_is_listed_above():
    mark = next(m for m in test_activations.pytestmark if m.name == "parametrize")
    assert [row[0] for row in mark.args[1]] == [*ACTIVATIONS, *TRAINED_ACTIVATIONS]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_units": []}, "bottom: hidden_units must name at least one layer"),
        ({"hidden_units": [8, -1]}, r"bottom: hidden_units\[1\] must be a whole number of at least 1, got -1"),
        ({"activation": "rellu"}, "bottom: activation must be one of relu, .*got 'rellu'. Did you mean \"relu\"?"),
        ({"activation": "Leaky_ReLU"}, 'Did you mean "leaky_relu"?'),
        ({"dropout": [0.1, 0.2, 0.3]}, "bottom: dropout must be one number or one for each of the 2 layers, got 3"),
        ({"dropout": 1.5}, r"bottom: dropout must be in \[0, 1\), .*got 1.5"),
        ({"l2": -1}, "bottom: l2 must be a number of at least 0, got -1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dnn(**{"hidden_units": [8, 4], "name": "bottom", **arguments})


def test_more_axes_are_rows_behind_the_first_layer_so_that_product_and_bias_are_fused():
    dnn = Dnn([5, 4, 2], name="bottom")
    rows = dnn(X)
    step = tf.function(lambda x: dnn(x, training=True), input_signature=[tf.TensorSpec([None, 3, 3])])
    graph = step.get_concrete_function().graph
    found = [op.inputs[0].shape.rank for op in graph.get_operations() if op.type == "BiasAdd"]
    assert found == [3, 2, 2]
    assert graph.outputs[0].shape.as_list() == [None, 3, 2]
    np.testing.assert_allclose(step(X.reshape(2, 3, 3)), np.reshape(rows, [2, 3, 2]), rtol=1e-5, atol=1e-7)
