import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import TargetAttention

RNG = np.random.default_rng(0)
QUERY = RNG.normal(size=[5, 3]).astype(np.float32)
KEYS = RNG.normal(size=[5, 4, 3]).astype(np.float32)
MASK = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], bool)


@pytest.mark.parametrize("use_bn", [False, True])
def test_standard_checks(check_layer, use_bn):
    check_layer(
        lambda: TargetAttention([16], "leaky_relu", use_bn=use_bn, dropout=0.2, l2=0.1, name="attention"),
        QUERY,
        KEYS,
        MASK,
    )


def test_value_against_a_loop():
    attention = TargetAttention([4], "tanh", name="attention")
    got = attention(QUERY, KEYS, MASK).numpy()
    kernel, bias, last = attention.get_weights()
    for b in range(5):
        odds = np.zeros(4)
        for i in range(4):
            q, k = QUERY[b], KEYS[b, i]
            if MASK[b, i]:
                odds[i] = np.exp(np.tanh(np.concatenate([q, k, q - k, q * k]) @ kernel + bias) @ last)[0]
        shares = odds / odds.sum() if odds.sum() else odds
        np.testing.assert_allclose(got[b], sum(shares[i] * KEYS[b, i] for i in range(4)), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(got[4], 0.0)
    np.testing.assert_allclose(got[3], KEYS[3, 0], rtol=1e-6)  # the only item has all the weight


def test_padding_does_not_count():
    attention = TargetAttention([4], name="attention")
    expected = attention(QUERY, KEYS, MASK)
    other = np.where(MASK[:, :, None], KEYS, 1000.0).astype(np.float32)
    np.testing.assert_allclose(attention(QUERY, other, MASK), expected, rtol=1e-6)


def test_weights_add_up_to_one_or_to_none():
    attention = TargetAttention([4], name="attention")
    weights = attention.weights_of(tf.constant(QUERY), tf.constant(KEYS), tf.constant(MASK)).numpy()
    np.testing.assert_allclose(weights.sum(axis=1), [1, 1, 1, 1, 0], rtol=1e-6)
    assert np.all(weights[~MASK] == 0)


def test_row_without_items_has_finite_gradients():
    attention = TargetAttention([4], name="attention")
    query, keys = tf.constant(QUERY[4:]), tf.constant(KEYS[4:])
    with tf.GradientTape() as tape:
        tape.watch([query, keys])
        total = tf.reduce_sum(attention(query, keys, MASK[4:]))
    for gradient in tape.gradient(total, [query, keys, *attention.trainable_weights]):
        np.testing.assert_array_equal(gradient, 0.0)


def test_training_reaches_the_dnn_and_padding_stays_out_of_its_moments(seed):
    attention = TargetAttention([20], use_bn=True, dropout=0.5, name="attention")
    quiet = attention(QUERY, KEYS, MASK).numpy()
    start = attention.get_weights()
    active = attention(QUERY, KEYS, MASK, training=True, seed=seed).numpy()
    assert np.abs(active - quiet).max() > 1e-3
    moved = attention.get_weights()
    pairs = np.concatenate(
        [np.repeat(QUERY[:, None], 4, 1), KEYS, QUERY[:, None] - KEYS, QUERY[:, None] * KEYS], axis=-1
    )[MASK]
    hidden = pairs @ start[0]
    np.testing.assert_allclose(moved[-2], 0.01 * hidden.mean(axis=0), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(moved[-1], 0.99 + 0.01 * hidden.var(axis=0), rtol=1e-4)


def test_bad_arguments():
    with pytest.raises(ValueError, match="history/dnn: hidden_units must name at least one layer"):
        TargetAttention([], name="history")
    with pytest.raises(ValueError, match="history: query and keys must have one dimension, got 2 and 3"):
        TargetAttention(name="history")(QUERY[:, :2], KEYS, MASK)
    with pytest.raises(ValueError, match=r"history: keys must have shape \(batch, length, dim\), got \(5, 3\)"):
        TargetAttention(name="history")(QUERY, QUERY, MASK)
