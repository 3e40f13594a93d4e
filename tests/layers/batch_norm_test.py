import numpy as np
import tensorflow as tf

from apps_rec.layers.batch_norm import GlobalBatchNorm

X = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 0.0], [7.0, 9.0]]], np.float32)


def test_moments_count_what_the_mask_counts():
    layer = GlobalBatchNorm(epsilon=0.0)
    mask = np.array([[True, False], [True, True]])
    got = layer(X, training=True, mask=tf.constant(mask)).numpy()
    mean, deviation = X[mask].mean(axis=0), X[mask].std(axis=0)
    np.testing.assert_allclose(got, (X - mean) / deviation, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.01 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.99 + 0.01 * deviation**2, rtol=1e-5)


def test_a_mask_that_counts_nothing_leaves_numbers_and_moving_averages():
    layer, x = GlobalBatchNorm(), tf.constant(X)
    layer.build(x.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, training=True, mask=tf.zeros([2, 2], tf.bool)) * X)
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(total, [x, layer.gamma, layer.beta]))
    assert layer.moving_mean.numpy().tolist() == [0.0, 0.0]
    assert layer.moving_variance.numpy().tolist() == [1.0, 1.0]


def test_a_replica_without_rows_moves_the_averages_with_the_others(two_replicas):
    with two_replicas.scope():
        layer = GlobalBatchNorm(axis=-1)
        layer.build([None, 2])
    rows = X.reshape(4, 2)
    alone = GlobalBatchNorm()
    alone(rows, training=True)

    @tf.function
    def step(x):
        return two_replicas.run(lambda x: layer(x, training=True), args=(x,))

    parts = [rows, rows[:0]]
    step(
        two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.constant(parts[context.replica_id_in_sync_group])
        )
    )
    np.testing.assert_allclose(layer.moving_mean.numpy(), alone.moving_mean.numpy(), atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), alone.moving_variance.numpy(), atol=1e-6)


def test_half_precision_in_and_out():
    layer = GlobalBatchNorm(dtype="mixed_bfloat16")
    outputs = layer(tf.constant(X), training=True, mask=tf.constant([[True, True], [True, False]]))
    assert outputs.dtype == tf.bfloat16
    assert layer.moving_mean.dtype == tf.float32
