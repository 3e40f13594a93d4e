"""Losses of a conversion over all rows, by inverse propensity and doubly robust, against numpy in float64."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.losses import doubly_robust_losses, inverse_propensity_loss, sigmoid_cross_entropy

LEAST = 0.01


def twin(click, cvr_label, ctr_logit, cvr_logit, imputed):
    """Return a plain loop over rows."""
    ips, robust, imputation = [], [], []
    for o, y, z, c, i in zip(click, cvr_label, ctr_logit, cvr_logit, imputed, strict=True):
        weight = o / max(1 / (1 + np.exp(-z)), LEAST)
        error = np.log1p(np.exp(-c)) + (1 - y) * c
        ips.append(weight * error)
        robust.append(i + weight * (error - i))
        imputation.append(weight * (error - i) ** 2)
    return np.array([ips, robust, imputation])


@pytest.fixture
def rows():
    draw = np.random.default_rng(0)
    click = (draw.random(50) < 0.5).astype(float)
    label = click * (draw.random(50) < 0.5)
    return click, label, draw.normal(-3, 2, 50), draw.normal(size=50), draw.random(50)


def ours(click, label, ctr_logit, cvr_logit, imputed):
    errors = sigmoid_cross_entropy(label, cvr_logit)
    log_propensity = tf.math.log_sigmoid(ctr_logit)
    ips = inverse_propensity_loss(errors, click, log_propensity, LEAST)
    return ips, *doubly_robust_losses(errors, imputed, click, log_propensity, LEAST)


def test_a_loop_in_float64(rows):
    found = ours(*(tf.constant(column, tf.float32) for column in rows))
    np.testing.assert_allclose(np.array(found), twin(*rows), rtol=2e-5, atol=1e-6)
    assert (1 / (1 + np.exp(-rows[2])) < LEAST).any()  # the bound is met


def test_gradients_are_those_of_the_loop_with_propensities_held(rows):
    tensors = [tf.constant(column, tf.float64) for column in rows]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(tensors[2:])
        found = ours(*tensors)
    for at, loss in enumerate(found):
        assert tape.gradient(loss, tensors[2]) is None
        for place in (3, 4):
            step = 1e-6 * (np.arange(5) == place)[:, np.newaxis]
            steps = (twin(*(np.array(rows) + step))[at] - twin(*(np.array(rows) - step))[at]) / 2e-6
            gradient = tape.gradient(loss, tensors[place])
            np.testing.assert_allclose(0 if gradient is None else gradient, steps, rtol=1e-5, atol=1e-7)


def test_with_a_sure_click_it_is_the_loss_of_the_clicked_rows(rows):
    click, label, _, cvr_logit, _ = (tf.constant(column, tf.float32) for column in rows)
    errors = sigmoid_cross_entropy(label, cvr_logit)
    loss = inverse_propensity_loss(errors, click, tf.zeros([50]), LEAST)
    np.testing.assert_allclose(loss, click * errors, rtol=1e-6)
    # Where all is clicked for sure, the imputation does not count.
    robust, _ = doubly_robust_losses(errors, tf.fill([50], 7.0), tf.ones([50]), tf.zeros([50]), LEAST)
    np.testing.assert_allclose(robust, errors, rtol=1e-5, atol=1e-5)


def test_inverse_propensities_are_right_on_average():
    # Of 200,000 draws of clicks, the mean over clicked rows alone is far off; that by inverse propensity is not.
    draw = np.random.default_rng(1)
    ctr, error = draw.choice([0.05, 0.5], 200_000), draw.random(200_000)
    error += (ctr < 0.1) * 2
    click = draw.random(200_000) < ctr
    args = (tf.constant(click, tf.float64), tf.math.log(tf.constant(ctr)), LEAST)
    ips = tf.reduce_mean(inverse_propensity_loss(tf.constant(error), *args))
    # An imputation that is wrong everywhere leaves it right.
    robust = tf.reduce_mean(
        doubly_robust_losses(tf.constant(error), tf.fill([200_000], tf.constant(9.0, tf.float64)), *args)[0]
    )
    assert abs(error[click].mean() - error.mean()) > 0.5
    assert float(ips) == pytest.approx(error.mean(), abs=0.04)
    assert float(robust) == pytest.approx(error.mean(), abs=0.15)


@pytest.mark.parametrize("z", [-50.0, 50.0])
def test_extreme_logits_are_finite(z):
    logits = [tf.constant([z, z, -z, -z]), tf.constant([z, -z, z, -z])]
    labels = tf.constant([1.0, 0.0, 1.0, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        found = ours(labels, labels, *logits, tf.nn.softplus(logits[1]))
        total = tf.add_n([tf.reduce_sum(loss) for loss in found])
    assert np.isfinite(np.array(found)).all()
    assert float(tf.reduce_max(found[0])) <= 50 / LEAST * (1 + 1e-6)
    assert np.isfinite(tape.gradient(total, logits)[1]).all()
