import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import Dnn, Experts, StatelessDropout

ONES = np.ones([200, 500], np.float32)


def mask(seed=(7, 1), name="tower/dropout_0", rate=0.3):
    return StatelessDropout(rate, name=name)(ONES, training=True, seed=tf.constant(seed)).numpy()


def test_standard_checks(check_layer):
    check_layer(lambda: StatelessDropout(0.5, name="drop"), ONES[:4, :3], has_weights=False)


def test_share_dropped_and_scale():
    values = mask(rate=0.3)
    # 0.3 of 256 is 76.8: this step drops below 76 or below 77.
    kept = values.max()
    threshold = round(256 - 256 / kept)
    assert threshold in (76, 77)
    assert set(np.unique(values)) == {0.0, np.float32(256 / (256 - threshold))}
    # 100,000 draws: the share has a standard deviation of 0.0014.
    assert np.mean(values == 0) == pytest.approx(threshold / 256, abs=0.006)
    # No row or column is favoured: 5 standard deviations.
    assert np.abs((values == 0).mean(axis=0) - 0.3).max() < 5 * np.sqrt(0.21 / 200)
    assert np.abs((values == 0).mean(axis=1) - 0.3).max() < 5 * np.sqrt(0.21 / 500)


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.3, 0.5, 0.997, 0.999])
def test_the_rate_holds_over_steps(rate):
    layer = StatelessDropout(rate, name="tower/dropout_0")
    step = lambda i: layer(tf.ones([1001]), training=True, seed=tf.stack([7, i]))
    draws = tf.function(lambda: tf.map_fn(step, tf.range(1500), tf.float32))().numpy()
    # Above 255/256 the last byte is kept all the same: nothing would be left otherwise.
    expected = min(rate, 255 / 256)
    # The thresholds of 1500 steps have a deviation of 1/512 at most, the bytes one of sqrt(rate (1 - rate) / 1.5e6).
    assert np.mean(draws == 0) == pytest.approx(expected, abs=4 * (1 / 512 / np.sqrt(1500) + 0.0004))
    assert np.mean(draws) == pytest.approx(1.0, abs=4 * np.sqrt(expected / (1 - expected) / draws.size))


def test_mask_is_a_function_of_seed_step_and_name():
    np.testing.assert_array_equal(mask(), mask())
    # Neighbours in a row share a random word and nothing else.
    left, right = mask()[:, :-1] == 0, mask()[:, 1:] == 0
    assert np.mean(left == right) == pytest.approx(0.58, abs=0.01)
    for other in (mask(seed=(7, 2)), mask(seed=(8, 1)), mask(name="tower/dropout_1"), mask(name="cvr/dropout_0")):
        # Independent masks agree where both keep or both drop: 0.7^2 + 0.3^2 = 0.58.
        assert np.mean((other == 0) == (mask() == 0)) == pytest.approx(0.58, abs=0.01)


def test_graph_and_eager_draw_the_same():
    layer = StatelessDropout(0.3, name="tower/dropout_0")
    traced = tf.function(lambda x, seed: layer(x, training=True, seed=seed))
    np.testing.assert_array_equal(traced(ONES, tf.constant([7, 1])), mask())


def test_xla_draws_the_same():
    # Of a number of rows that is not known when it is traced, and not a multiple of a random word.
    layer = StatelessDropout(0.3, name="tower/dropout_0")
    draw = lambda x, seed: layer(x, training=True, seed=seed)
    signature = [tf.TensorSpec([None, 3]), tf.TensorSpec([2], tf.int32)]
    compiled = tf.function(draw, jit_compile=True, input_signature=signature)
    for rows in (1, 50):
        x = tf.ones([rows, 3])
        np.testing.assert_array_equal(compiled(x, tf.constant([7, 1])), draw(x, tf.constant([7, 1])))


def test_int64_seed_is_taken():
    layer = StatelessDropout(0.3, name="tower/dropout_0")
    first, second = (layer(ONES, training=True, seed=tf.constant([7, step], tf.int64)) for step in (1, 2))
    assert np.any(first.numpy() != second.numpy())


def test_inference_and_rate_zero_pass_inputs_on(seed):
    np.testing.assert_array_equal(StatelessDropout(0.9)(ONES, seed=seed), ONES)
    np.testing.assert_array_equal(StatelessDropout(0.0)(ONES, training=True), ONES)


def test_gradient_is_the_mask():
    layer, x = StatelessDropout(0.3, name="tower/dropout_0"), tf.constant(ONES)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, training=True, seed=tf.constant([7, 1])))
    np.testing.assert_array_equal(tape.gradient(total, x), mask())


def test_two_replicas_draw_different_masks(two_replicas):
    layer = StatelessDropout(0.3, name="tower/dropout_0")
    draw = lambda: layer(tf.constant(ONES), training=True, seed=tf.constant([7, 1]))
    run = tf.function(lambda: two_replicas.run(draw))
    first, second = (part.numpy() == 0 for part in two_replicas.experimental_local_results(run()))
    assert np.mean(first == second) == pytest.approx(0.58, abs=0.01)
    again = two_replicas.experimental_local_results(run())
    np.testing.assert_array_equal(first, again[0].numpy() == 0)
    np.testing.assert_array_equal(second, again[1].numpy() == 0)


def test_every_dropout_of_a_model_has_a_mask_of_its_own(seed):
    layers = [Dnn([3, 3], dropout=0.5, name=name) for name in ("ctr_tower", "cvr_tower")]
    layers += [Experts(2, [3], dropout=0.5, name="experts")]
    for layer in layers:
        layer(tf.ones([2, 3]), training=True, seed=seed)
    names = [m.name for layer in layers for m in layer.submodules if isinstance(m, StatelessDropout)]
    assert sorted(names) == [
        "ctr_tower/dropout_0",
        "ctr_tower/dropout_1",
        "cvr_tower/dropout_0",
        "cvr_tower/dropout_1",
        "experts/expert_0/dropout_0",
        "experts/expert_1/dropout_0",
    ]


def test_missing_seed():
    with pytest.raises(ValueError, match=r"drop: dropout of 0.5 in training needs `seed`.*train_config.seed, step"):
        StatelessDropout(0.5, name="drop")(ONES, training=True)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1, "0.5", None, float("nan")])
def test_bad_rate(rate):
    with pytest.raises(ValueError, match=r"drop: rate must be in \[0, 1\), the share of inputs to drop; got"):
        StatelessDropout(rate, name="drop")
