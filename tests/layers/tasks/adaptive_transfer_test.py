"""The mixture of two tasks' vectors: the formula in float64, and what every layer keeps to."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import AdaptiveTransfer

RNG = np.random.default_rng(0)
P, Q = (RNG.normal(size=[6, 4]).astype(np.float32) for _ in range(2))


def test_standard_checks(check_layer):
    check_layer(lambda: AdaptiveTransfer(l2=0.1, name="mixture"), [P, Q])


def test_value_against_a_loop():
    layer = AdaptiveTransfer(name="mixture")
    layer([P, Q])
    for weight in layer.weights:  # biases begin at 0
        weight.assign(RNG.normal(size=weight.shape))
    got = layer([P, Q])
    weights = {weight.name.removesuffix(":0"): weight.numpy().astype(np.float64) for weight in layer.weights}

    def linear(name, x):
        (kernel,) = (value for key, value in weights.items() if key.endswith(f"{name}/kernel"))
        (bias,) = (value for key, value in weights.items() if key.endswith(f"{name}/bias"))
        return x @ kernel + bias

    for b in range(6):
        both = [vector[b].astype(np.float64) for vector in (P, Q)]
        odds = [np.exp(linear("key", u) @ linear("query", u) / np.sqrt(4)) for u in both]
        expected = sum(odd / sum(odds) * linear("value", u) for odd, u in zip(odds, both, strict=True))
        np.testing.assert_allclose(got[b], expected, rtol=1e-4, atol=1e-5)


def test_far_scores_stay_finite():
    layer = AdaptiveTransfer(name="mixture")
    inputs = [tf.constant(P * 50), tf.constant(Q * 50)]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(inputs) ** 2)
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(total, layer.trainable_variables))


def test_vectors_of_two_lengths():
    with pytest.raises(ValueError, match=r"mixture: expected two vectors of one length, got lengths \[4, 3\]"):
        AdaptiveTransfer(name="mixture")([P, Q[:, :3]])
