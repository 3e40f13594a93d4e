import doctest
import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.losses import cross_entropy, log_prob_cross_entropy, sigmoid_cross_entropy, softmax_cross_entropy


def test_losses_are_one_a_row():
    assert log_prob_cross_entropy(np.array([1, 0]), tf.constant([-1.0, -2.0]), tf.constant([-3.0, -4.0])).numpy() == (
        pytest.approx([1.0, 4.0])
    )
    # y = 1: log(1 + e^-2); y = 0: log(1 + e^2); y = .25: .25 log(1 + e^-2) + .75 log(1 + e^2)
    one, zero = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    losses = sigmoid_cross_entropy(tf.constant([1.0, 0.0, 0.25]), tf.constant([2.0, 2.0, 2.0])).numpy()
    assert losses == pytest.approx([one, zero, 0.25 * one + 0.75 * zero], rel=1e-6)


def test_smoothing_spreads_a_share_over_both_classes():
    # .2 of a positive label is spread: y = .9.
    one, zero = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    by_hand = 0.9 * one + 0.1 * zero
    assert sigmoid_cross_entropy([1.0], tf.constant([2.0]), 0.2).numpy() == pytest.approx([by_hand])
    logs = tf.math.log_sigmoid([2.0]), tf.math.log_sigmoid([-2.0])
    assert log_prob_cross_entropy([1.0], *logs, 0.2).numpy() == pytest.approx([by_hand])


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_softmax_against_a_loop(smoothing):
    random = np.random.default_rng(1)
    labels, logits = random.integers(0, 4, 9), random.normal(scale=3, size=(9, 4))
    got = softmax_cross_entropy(labels, tf.constant(logits), smoothing).numpy()
    for row, label in enumerate(labels):
        log_probs = logits[row] - np.log(np.exp(logits[row]).sum())
        target = [(1 - smoothing) * (k == label) + smoothing / 4 for k in range(4)]
        assert got[row] == pytest.approx(-sum(t * p for t, p in zip(target, log_probs, strict=True)), rel=1e-12)


def test_docstring_examples_run():
    tried = doctest.testmod(cross_entropy)
    assert (tried.failed, tried.attempted) == (0, 5)
