import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Tower

X = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"hidden_units": [16, 4]}, {"hidden_units": [16], "use_bn": True, "dropout": 0.2, "l2": 0.1}],
)
def test_standard_checks(check_layer, arguments):
    check_layer(lambda: Tower(**{"activation": "leaky_relu", "name": "tower", **arguments}), X)


def test_linear_tower_by_hand(set_weights):
    tower = Tower(name="tower")
    tower(tf.zeros([1, 2]))
    set_weights(tower, [[2.0], [-1.0]], [0.5])
    np.testing.assert_allclose(tower(tf.constant([[1.0, 4.0]])), [[-1.5]])


def test_deep_tower_against_a_loop():
    tower = Tower([4], "tanh", name="tower")
    got = tower(X).numpy()
    kernel, bias, last_kernel, last_bias = tower.get_weights()
    for b in range(6):
        np.testing.assert_allclose(got[b], np.tanh(X[b] @ kernel + bias) @ last_kernel + last_bias, rtol=1e-5)


def test_training_reaches_the_dnn_and_nothing_is_dropped_after_the_logit(seed):
    tower = Tower([50], use_bn=True, dropout=0.5, name="tower")
    quiet = tower(X).numpy()
    before = [w.numpy() for w in tower.non_trainable_weights]
    active = tower(X, training=True, seed=seed).numpy()
    assert np.abs(active - quiet).max() > 1e-3
    assert np.all(active != 0)
    assert len(before) == 2
    for old, new in zip(before, tower.non_trainable_weights, strict=True):
        assert np.abs(new.numpy() - old).max() > 0
    other = tower(X, training=True, seed=seed + 1).numpy()
    assert np.abs(active - other).max() > 1e-3


def test_l2_counts_all_kernels(set_weights):
    tower = Tower([1], l2=2.0, name="tower")
    tower(tf.zeros([1, 1]))
    set_weights(tower, [[3.0]], [9.0], [[4.0]], [9.0])
    assert sum(float(loss) for loss in tower.losses) == pytest.approx(9 + 16)


def test_logit_is_never_half_precision():
    tower = Tower([4], name="tower", dtype="mixed_bfloat16")
    assert tower(X).dtype == tf.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_units": [0]}, r"ctr_tower: hidden_units\[0\] must be a whole number of at least 1, got 0"),
        ({"use_bn": True}, "ctr_tower: use_bn and dropout need hidden_units, and hidden_units is empty"),
        ({"dropout": 0.1}, "ctr_tower: use_bn and dropout need hidden_units, and hidden_units is empty"),
        ({"activation": "relu6"}, 'ctr_tower: activation must be one of .* Did you mean "relu"?'),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Tower(**{"name": "ctr_tower", **arguments})
