import doctest
import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.losses import cross_entropy, log_prob_cross_entropy, sigmoid_cross_entropy


def test_losses_are_one_a_row():
    assert log_prob_cross_entropy(np.array([1, 0]), tf.constant([-1.0, -2.0]), tf.constant([-3.0, -4.0])).numpy() == (
        pytest.approx([1.0, 4.0])
    )
    # y = 1: log(1 + e^-2); y = 0: log(1 + e^2); y = .25: .25 log(1 + e^-2) + .75 log(1 + e^2)
    one, zero = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    losses = sigmoid_cross_entropy(tf.constant([1.0, 0.0, 0.25]), tf.constant([2.0, 2.0, 2.0])).numpy()
    assert losses == pytest.approx([one, zero, 0.25 * one + 0.75 * zero], rel=1e-6)


def test_docstring_examples_run():
    tried = doctest.testmod(cross_entropy)
    assert (tried.failed, tried.attempted) == (0, 2)
