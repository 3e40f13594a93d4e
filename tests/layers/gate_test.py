import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Gate

RNG = np.random.default_rng(0)
X = RNG.normal(size=[6, 3]).astype(np.float32)
EXPERTS = RNG.normal(size=[2, 6, 4]).astype(np.float32)  # by expert


def test_standard_checks(check_layer):
    check_layer(lambda: Gate(2, l2=0.1, name="gate"), X, list(EXPERTS))


def test_value_by_hand(set_weights):
    gate = Gate(2, name="gate")
    gate(tf.zeros([1, 1]), [tf.zeros([1, 2])] * 2)
    set_weights(gate, [[np.log(2.0), 0.0]], [0.0, np.log(3.0)])
    experts = [tf.constant([[1.0, 2.0]] * 2), tf.constant([[5.0, 0.0]] * 2)]
    # x = 1: logits log 2 and log 3, shares .4 and .6; x = 0: 0 and log 3, shares .25 and .75.
    x = tf.constant([[1.0], [0.0]])
    np.testing.assert_allclose(gate.probabilities(x), [[0.4, 0.6], [0.25, 0.75]], rtol=1e-6)
    np.testing.assert_allclose(gate(x, experts), [[0.4 + 3.0, 0.8], [0.25 + 3.75, 0.5]], rtol=1e-6)


def test_value_against_a_loop():
    gate = Gate(2, name="gate")
    got = gate(X, list(EXPERTS)).numpy()
    kernel, bias = gate.get_weights()
    for b in range(6):
        odds = np.exp(X[b] @ kernel + bias)
        expected = sum(odds[e] / odds.sum() * EXPERTS[e, b] for e in range(2))
        np.testing.assert_allclose(got[b], expected, rtol=1e-5, atol=1e-6)


def test_probabilities_alone_build_the_same_weights():
    gate = Gate(3, name="gate")
    shares = gate.probabilities(tf.constant(X)).numpy()
    assert shares.shape == (6, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-6)
    assert [w.shape.as_list() for w in gate.trainable_weights] == [[3, 3], [3]]


def test_one_expert_passes_through():
    np.testing.assert_allclose(Gate(1, name="gate")(X, [EXPERTS[0]]), EXPERTS[0], rtol=1e-6)


def test_l2_counts_the_kernel_only(set_weights):
    gate = Gate(2, l2=0.5, name="gate")
    gate(tf.zeros([1, 1]), [tf.zeros([1, 2])] * 2)
    set_weights(gate, [[1.0, 3.0]], [7.0, 7.0])
    assert float(gate.losses[0]) == pytest.approx(0.5 / 2 * 10)


def test_bad_arguments():
    with pytest.raises(ValueError, match="ctr_gate: num_experts must be a whole number of at least 1, got 0"):
        Gate(0, name="ctr_gate")
    with pytest.raises(ValueError, match="ctr_gate: l2 must be a number of at least 0, got -1"):
        Gate(2, l2=-1, name="ctr_gate")
    with pytest.raises(ValueError, match="ctr_gate: built for 3 experts, got 2"):
        Gate(3, name="ctr_gate")(X, list(EXPERTS))
