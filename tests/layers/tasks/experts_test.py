import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Experts
from apps_rec.legacy_keras import keras

X = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)


@pytest.mark.parametrize("use_bn", [False, True])
def test_standard_checks(check_layer, use_bn):
    check_layer(lambda: Experts(3, [16, 4], "leaky_relu", use_bn=use_bn, dropout=0.2, l2=0.1, name="experts"), X)


def test_value_against_a_loop():
    experts = Experts(2, [4, 2], name="experts")
    got = np.stack(experts(X), axis=1)
    weights = experts.get_weights()
    assert got.shape == (6, 2, 2)
    for e in range(2):
        kernel_0, bias_0, kernel_1, bias_1 = weights[4 * e : 4 * e + 4]
        for b in range(6):
            hidden = np.maximum(X[b] @ kernel_0 + bias_0, 0)
            np.testing.assert_allclose(got[b, e], np.maximum(hidden @ kernel_1 + bias_1, 0), rtol=1e-5, atol=1e-6)


def test_experts_start_different_under_a_fixed_seed():
    keras.utils.set_random_seed(1)
    experts = Experts(3, [4], name="experts")
    experts(X)
    kernels = [w.numpy() for w in experts.weights if "kernel" in w.name]
    assert [w.name.split("/")[2] for w in experts.weights if "kernel" in w.name] == ["expert_0", "expert_1", "expert_2"]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(kernels[a] - kernels[b]).max() > 0.1


def test_training_reaches_every_expert(seed):
    experts = Experts(2, [300], "linear", use_bn=True, dropout=0.5, name="experts")
    quiet = np.stack(experts(X), axis=1)
    assert np.mean(quiet == 0) == 0
    before = {w.name: w.numpy() for w in experts.non_trainable_weights}
    active = np.stack(experts(X, training=True, seed=seed), axis=1)
    for e in range(2):
        assert np.mean(active[:, e] == 0) == pytest.approx(0.5, abs=0.06)
    assert np.mean((active[:, 0] == 0) == (active[:, 1] == 0)) == pytest.approx(0.5, abs=0.06)
    assert len(before) == 4
    for w in experts.non_trainable_weights:
        assert np.abs(w.numpy() - before[w.name]).max() > 0, w.name


def test_l2_counts_every_expert(set_weights):
    experts = Experts(2, [1], l2=2.0, name="experts")
    experts(tf.zeros([1, 1]))
    set_weights(experts, [[3.0]], [9.0], [[4.0]], [9.0])
    assert sum(float(loss) for loss in experts.losses) == pytest.approx(9 + 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_experts": 0}, "shared: num_experts must be a whole number of at least 1, got 0"),
        ({"hidden_units": []}, "shared/expert_0: hidden_units must name at least one layer"),
        ({"activation": "tahn"}, 'shared/expert_0: activation .* Did you mean "tanh"?'),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Experts(**{"num_experts": 2, "hidden_units": [4], "name": "shared", **arguments})
