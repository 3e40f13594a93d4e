import doctest

import numpy as np
import tensorflow as tf

from apps_rec.losses import order_calibration


def test_against_a_loop_and_its_gradient():
    random = np.random.default_rng(2)
    p, q, r = (tf.Variable(random.random(20)) for _ in range(3))
    with tf.GradientTape() as tape:
        values = order_calibration.order_calibration(p, [q, r])
        total = tf.reduce_sum(values)
    by_loop = [max(0, a - b) + max(0, a - c) for a, b, c in zip(p.numpy(), q.numpy(), r.numpy(), strict=True)]
    np.testing.assert_allclose(values, by_loop, rtol=1e-12)
    of_p, of_q = tape.gradient(total, [p, q])
    np.testing.assert_array_equal(of_q, -(p.numpy() > q.numpy()).astype(float))
    np.testing.assert_array_equal(of_p, (p.numpy() > q.numpy()) + (p.numpy() > r.numpy()).astype(float))


def test_docstring_examples_run():
    tried = doctest.testmod(order_calibration)
    assert (tried.failed, tried.attempted) == (0, 1)
