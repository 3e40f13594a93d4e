import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import AttentionPooling, TargetAttention

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


OTHERS = RNG.normal(size=[5, 4, 2]).astype(np.float32) * MASK[:, :, None]


def test_linear_transform_others_and_the_query_against_a_loop():
    wide = RNG.normal(size=[5, 4]).astype(np.float32)
    attention = TargetAttention([4], "tanh", transform="linear", with_query=True, name="attention")
    got = attention(wide, KEYS, MASK, others=[OTHERS]).numpy()
    weights = {w.name.removeprefix("attention/"): w.numpy() for w in attention.weights}
    queries = wide @ weights["transform_query/kernel:0"] + weights["transform_query/bias:0"]
    keys = KEYS @ weights["transform_keys/kernel:0"] + weights["transform_keys/bias:0"]
    inner = TargetAttention([4], "tanh", name="attention")
    inner(queries, keys, MASK)
    inner.set_weights([weights[w.name.removeprefix("attention/")] for w in inner.weights])
    shares = inner.weights_of(tf.constant(queries), tf.constant(keys), tf.constant(MASK)).numpy()
    for b in range(5):
        sums = [sum(shares[b, i] * items[b, i] for i in range(4)) for items in (keys, OTHERS)]
        np.testing.assert_allclose(got[b], np.concatenate([*sums, queries[b]]), rtol=1e-4, atol=1e-5)


def test_pad_compares_with_zeros_behind_the_query():
    padded = TargetAttention([4], transform="pad", with_query=True, name="attention")
    got = padded(QUERY[:, :2], KEYS, MASK)
    plain = TargetAttention([4], name="attention")
    plain(QUERY, KEYS, MASK)
    plain.set_weights(padded.get_weights())
    zeros = np.concatenate([QUERY[:, :2], np.zeros([5, 1], np.float32)], axis=1)
    np.testing.assert_allclose(got, np.concatenate([plain(zeros, KEYS, MASK), QUERY[:, :2]], axis=1), rtol=1e-5)


@pytest.mark.parametrize("transform", [None, "pad", "linear"])
def test_standard_checks_of_several_lists(check_layer, transform):
    check_layer(
        lambda: TargetAttention([5], "tanh", l2=0.1, transform=transform, with_query=True, name="attention"),
        QUERY if transform is None else QUERY[:, :2],
        KEYS,
        MASK,
        (OTHERS,),
    )


def test_without_hidden_layers_the_scores_are_linear():
    attention = TargetAttention([], name="attention")
    got = attention(QUERY, KEYS, MASK).numpy()
    (kernel,) = attention.get_weights()
    pairs = np.concatenate([np.repeat(QUERY[:, None], 4, 1), KEYS, QUERY[:, None] - KEYS, QUERY[:, None] * KEYS], -1)
    odds = np.exp((pairs @ kernel)[..., 0]) * MASK
    shares = odds / np.maximum(odds.sum(axis=1, keepdims=True), 1e-30)
    np.testing.assert_allclose(got, np.einsum("bl,bld->bd", shares, KEYS), rtol=1e-4, atol=1e-6)


def test_one_row_stands_for_all():
    attention = TargetAttention([4], transform="linear", with_query=True, name="attention")
    query = RNG.normal(size=[5, 2]).astype(np.float32)
    repeated = [np.repeat(x[1:2], 5, axis=0) for x in (KEYS, MASK, OTHERS)]
    np.testing.assert_allclose(
        attention(query, KEYS[1:2], MASK[1:2], others=[OTHERS[1:2]]),
        attention(query, *repeated[:2], others=repeated[2:]),
        rtol=1e-5,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        attention(query[:1], KEYS, MASK), attention(np.repeat(query[:1], 5, 0), KEYS, MASK), rtol=1e-5, atol=1e-6
    )


def test_pooling_by_scores_against_a_loop():
    pooling = AttentionPooling(0.5, name="attention")
    got = pooling(KEYS, MASK).numpy()
    kernel = pooling.get_weights()[0]
    for b in range(5):
        odds = np.exp((KEYS[b] @ kernel)[:, 0]) * MASK[b]
        np.testing.assert_allclose(got[b], (odds / max(odds.sum(), 1e-30)) @ KEYS[b], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(pooling.losses[0], 0.25 * np.square(kernel).sum(), rtol=1e-5)
    assert AttentionPooling.from_config(pooling.get_config()).get_config() == pooling.get_config()


def test_bad_arguments():
    with pytest.raises(ValueError, match="history/dnn: hidden_units"):
        TargetAttention([0], name="history")
    with pytest.raises(ValueError, match="history: transform must be one of"):
        TargetAttention(transform="deep", name="history")
    with pytest.raises(ValueError, match="history: query and keys must have one dimension, got 2 and 3"):
        TargetAttention(name="history")(QUERY[:, :2], KEYS, MASK)
    with pytest.raises(ValueError, match=r"history: keys must have shape \(batch, length, dim\), got \(5, 3\)"):
        TargetAttention(name="history")(QUERY, QUERY, MASK)
