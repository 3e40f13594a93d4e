import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Cross

X = np.random.default_rng(0).normal(size=[5, 4]).astype(np.float32)


def test_standard_checks(check_layer):
    check_layer(lambda: Cross(3, name="cross"), X)


def test_three_layers_by_a_loop(set_weights):
    random = np.random.default_rng(1)
    w, b = random.normal(size=[3, 4]), random.normal(size=[3, 4])
    cross = Cross(3)
    cross.build(X.shape)
    set_weights(cross, w, b)
    got = cross(tf.constant(X)).numpy()
    for row, x0 in zip(got, X.astype(np.float64), strict=True):
        x = x0
        for at in range(3):
            x = x0 * sum(x[i] * w[at, i] for i in range(4)) + b[at] + x
        np.testing.assert_allclose(row, x, rtol=1e-4, atol=1e-5)


def test_large_inputs_stay_finite():
    assert np.isfinite(Cross(5)(tf.fill([2, 4], 50.0))).all()


def test_bad_arguments():
    with pytest.raises(ValueError, match="num_layers must be 1 or more"):
        Cross(0)
    with pytest.raises(ValueError, match="x"):
        Cross(1)(tf.zeros([2, 3, 4]))
