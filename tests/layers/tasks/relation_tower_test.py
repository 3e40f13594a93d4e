"""Towers that read each other: their value by hand, and what every layer keeps to."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import RelationTower

RNG = np.random.default_rng(0)
X = RNG.normal(size=[6, 3]).astype(np.float32)
OTHERS = [RNG.normal(size=[6, 2]).astype(np.float32), RNG.normal(size=[6, 1]).astype(np.float32)]
DNN = {"hidden_units": [4], "activation": "tanh"}
BN = {"hidden_units": [4, 3], "use_bn": True, "dropout": 0.2}


@pytest.mark.parametrize(("dnn", "relation_dnn"), [(DNN, BN), (BN, None), (None, DNN), (None, None)])
def test_standard_checks(dnn, relation_dnn, check_layer):
    check_layer(lambda: RelationTower(dnn, relation_dnn, 2, l2=0.1, name="tower"), X, OTHERS)


def test_standard_checks_without_other_towers(check_layer):
    check_layer(lambda: RelationTower(DNN, DNN, name="tower"), X)


def test_value_against_numpy():
    tower = RelationTower(DNN, {"hidden_units": [5], "activation": "sigmoid"}, name="tower")
    tower(X, OTHERS)
    for weight in tower.weights:  # biases begin at 0
        weight.assign(RNG.normal(size=weight.shape))
    logits, features = tower(X, OTHERS)
    k0, b0, k1, b1, k2, b2 = (w.astype(np.float64) for w in tower.get_weights())
    assert [w.shape for w in (k0, k1, k2)] == [(3, 4), (4 + 2 + 1, 5), (5, 1)]
    joined = np.concatenate([np.tanh(X @ k0 + b0), *OTHERS], axis=1)
    expected = 1 / (1 + np.exp(-(joined @ k1 + b1)))
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    np.testing.assert_allclose(logits, expected @ k2 + b2, rtol=1e-4, atol=1e-6)


def test_without_networks_the_logits_are_linear_in_all_that_is_read(set_weights):
    tower = RelationTower(name="tower")
    tower(tf.zeros([1, 1]), [tf.zeros([1, 2])])
    set_weights(tower, [[2.0], [3.0], [-1.0]], [0.5])
    logits, features = tower(tf.constant([[1.0]]), [tf.constant([[10.0, 4.0]])])
    np.testing.assert_allclose(features, [[1.0, 10.0, 4.0]])
    np.testing.assert_allclose(logits, [[2.0 + 30.0 - 4.0 + 0.5]])


def test_networks_train_with_dropout_and_statistics_of_the_batch(seed):
    tower = RelationTower(BN, BN, name="tower")
    quiet, _ = tower(X, OTHERS)
    averages = [w.numpy() for w in tower.non_trainable_weights]
    active, _ = tower(X, OTHERS, training=True, seed=seed)
    assert np.abs(active - quiet).max() > 1e-3
    assert len(averages) == 8
    for old, new in zip(averages, tower.non_trainable_weights, strict=True):
        assert np.abs(new.numpy() - old).max() > 0


def test_l2_counts_all_kernels(set_weights):
    one = {"hidden_units": [1]}
    tower = RelationTower(one, one, l2=2.0, name="tower")
    tower(tf.zeros([1, 1]))
    set_weights(tower, [[3.0]], [9.0], [[4.0]], [9.0], [[5.0]], [9.0])
    assert sum(float(loss) for loss in tower.losses) == pytest.approx(9 + 16 + 25)


def test_logits_are_never_half_precision():
    logits, features = RelationTower(DNN, DNN, name="tower", dtype="mixed_bfloat16")(X, OTHERS)
    assert (logits.dtype, features.dtype) == (tf.float32, tf.bfloat16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_logits": 0}, "cvr: num_logits must be a whole number of at least 1, got 0"),
        ({"relation_dnn": {"hidden_units": [0]}}, r"cvr/relation_dnn: hidden_units\[0\] must be"),
        ({"l2": -1}, "cvr: l2 must be a number of at least 0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        RelationTower(**arguments, name="cvr")
