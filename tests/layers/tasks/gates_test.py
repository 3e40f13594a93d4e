import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Gates
from apps_rec.legacy_keras import keras

RNG = np.random.default_rng(0)
X = RNG.normal(size=[6, 3]).astype(np.float32)
EXPERTS = RNG.normal(size=[2, 6, 4]).astype(np.float32)  # by expert


def test_standard_checks(check_layer):
    check_layer(lambda: Gates(3, 2, l2=0.1, name="gates"), X, list(EXPERTS))


def test_standard_checks_of_gates_with_networks(check_layer):
    dnn = {"hidden_units": [5, 4], "activation": "tanh", "use_bn": False, "dropout": 0.0}
    check_layer(lambda: Gates(3, 2, l2=0.1, dnn=dnn, name="gates"), X, list(EXPERTS))


def test_a_network_of_each_gate_stands_in_front_of_its_softmax():
    gates = Gates(2, 2, dnn={"hidden_units": [3], "activation": "relu", "use_bn": False}, name="gates")
    got = gates(X, list(EXPERTS))
    kernels = {weight.path if hasattr(weight, "path") else weight.name: weight.numpy() for weight in gates.weights}
    assert len(kernels) == 8
    for t in range(2):
        hidden, hidden_bias = (w for name, w in kernels.items() if f"gate_{t}/" in name)
        kernel, bias = (w for name, w in kernels.items() if f"gate_{t}_logits/" in name)
        for b in range(6):
            odds = np.exp(np.maximum(X[b] @ hidden + hidden_bias, 0) @ kernel + bias)
            expected = sum(odds[e] / odds.sum() * EXPERTS[e, b] for e in range(2))
            np.testing.assert_allclose(got[t][b], expected, rtol=1e-5, atol=1e-6)


def test_gates_drop_out_by_the_seed():
    gates = Gates(1, 2, dnn={"hidden_units": [8], "activation": "tanh", "dropout": 0.5}, name="gates")
    seeds = [tf.constant([1, n]) for n in (2, 2, 3)]
    one, again, other = (gates(X, list(EXPERTS), training=True, seed=seed)[0].numpy() for seed in seeds)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3


def test_value_by_hand(set_weights):
    gates = Gates(2, 2, name="gates")
    gates(tf.zeros([1, 1]), [tf.zeros([1, 2])] * 2)
    set_weights(gates, [[np.log(2.0), 0.0, 0.0, 0.0]], [0.0, np.log(3.0), np.log(4.0), 0.0])
    experts = [tf.constant([[1.0, 2.0]] * 2), tf.constant([[5.0, 0.0]] * 2)]
    # First gate, x = 1: logits log 2 and log 3, shares .4 and .6; x = 0: 0 and log 3, shares .25 and .75.
    # Second gate: log 4 and 0 whatever x, shares .8 and .2.
    x = tf.constant([[1.0], [0.0]])
    first, second = gates.probabilities(x)
    np.testing.assert_allclose(first, [[0.4, 0.6], [0.25, 0.75]], rtol=1e-6)
    np.testing.assert_allclose(second, [[0.8, 0.2]] * 2, rtol=1e-6)
    first, second = gates(x, experts)
    np.testing.assert_allclose(first, [[0.4 + 3.0, 0.8], [0.25 + 3.75, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(second, [[0.8 + 1.0, 1.6]] * 2, rtol=1e-6)


def test_value_against_a_loop():
    gates = Gates(3, 2, name="gates")
    got = gates(X, list(EXPERTS))
    kernel, bias = gates.get_weights()
    assert len(got) == 3
    for t in range(3):
        mine = slice(2 * t, 2 * t + 2)
        for b in range(6):
            odds = np.exp(X[b] @ kernel[:, mine] + bias[mine])
            expected = sum(odds[e] / odds.sum() * EXPERTS[e, b] for e in range(2))
            np.testing.assert_allclose(got[t][b], expected, rtol=1e-5, atol=1e-6)


def test_probabilities_alone_build_the_same_weights():
    gates = Gates(2, 3, name="gates")
    for shares in gates.probabilities(tf.constant(X)):
        assert shares.shape == (6, 3)
        np.testing.assert_allclose(shares.numpy().sum(axis=1), 1.0, rtol=1e-6)
    assert [w.shape.as_list() for w in gates.trainable_weights] == [[3, 6], [6]]


def test_kernels_are_drawn_as_if_each_stood_alone():
    gates = Gates(50, 2, name="gates")
    gates.probabilities(tf.zeros([1, 4]))
    kernel, bias = gates.get_weights()
    # Glorot and Bengio 2010, equation 16, for 4 inputs and 2 outputs: 1; for 100 outputs it would be .24.
    assert 0.9 < np.abs(kernel).max() <= 1.0
    assert len(np.unique(kernel)) == kernel.size
    assert not bias.any()
    keras.utils.set_random_seed(5)
    alone = [keras.layers.Dense(2) for _ in range(2)]
    expected = []
    for layer in alone:
        layer.build((None, 4))
        expected.append(layer.kernel.numpy())
    keras.utils.set_random_seed(5)
    together = Gates(2, 2, name="gates")
    together.probabilities(tf.zeros([1, 4]))
    np.testing.assert_array_equal(together.get_weights()[0], np.concatenate(expected, axis=1))


def test_one_expert_passes_through():
    for mixture in Gates(2, 1, name="gates")(X, [EXPERTS[0]]):
        np.testing.assert_allclose(mixture, EXPERTS[0], rtol=1e-6)


def test_l2_counts_the_kernels_only(set_weights):
    gates = Gates(2, 2, l2=0.5, name="gates")
    gates(tf.zeros([1, 1]), [tf.zeros([1, 2])] * 2)
    set_weights(gates, [[1.0, 3.0, 2.0, 0.0]], [7.0] * 4)
    assert float(gates.losses[0]) == pytest.approx(0.5 / 2 * 14)


def test_bad_arguments():
    with pytest.raises(ValueError, match="gates: num_gates must be a whole number of at least 1, got 0"):
        Gates(0, 2, name="gates")
    with pytest.raises(ValueError, match="gates: num_experts must be a whole number of at least 1, got 0"):
        Gates(2, 0, name="gates")
    with pytest.raises(ValueError, match="gates: l2 must be a number of at least 0, got -1"):
        Gates(2, 2, l2=-1, name="gates")
    with pytest.raises(ValueError, match="gates: built for 3 experts, got 2"):
        Gates(2, 3, name="gates")(X, list(EXPERTS))
