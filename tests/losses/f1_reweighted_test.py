import numpy as np
import pytest
import tensorflow as tf

from apps_rec.losses import LOSSES, Rows


def weights_and_losses(labels, logits, row_weights, beta_square):
    probs = 1 / (1 + np.exp(-logits))
    positive = labels == 1
    found = (row_weights * probs)[positive].sum()  # TP
    alarms = (row_weights * probs)[~positive].sum()  # N - TN
    of_negative = found / (beta_square * row_weights[positive].sum() + alarms)
    return np.where(positive, 1.0, of_negative), -np.log(np.where(positive, probs, 1 - probs))


@pytest.mark.parametrize("beta_square", [1.0, 2.25])
def test_against_numpy(beta_square, drawn, loss_of):
    labels, logits, weights, _ = drawn()
    scale, entropy = weights_and_losses(labels, logits, weights, beta_square)
    got = loss_of("F1_REWEIGHTED_LOSS", labels, logits, weights, f1_beta_square=beta_square)
    assert float(got) == pytest.approx((weights * scale * entropy).sum() / weights.sum(), rel=1e-10)


def test_the_gradient_is_that_of_cross_entropy_with_fixed_weights(drawn):
    labels, logits, weights, _ = drawn()
    scale, _ = weights_and_losses(labels, logits, weights, 1.0)
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        (terms,) = LOSSES["F1_REWEIGHTED_LOSS"].terms(tf.constant(labels), variable, Rows(tf.constant(weights)), {})
        total = tf.reduce_sum(terms.values * terms.weights)
    expected = weights * scale * (1 / (1 + np.exp(-logits)) - labels)
    np.testing.assert_allclose(tape.gradient(total, variable), expected, rtol=1e-9, atol=1e-12)


def test_a_batch_without_positives_trains_nothing(drawn, loss_of):
    labels, logits, weights, _ = drawn()
    assert float(loss_of("F1_REWEIGHTED_LOSS", 0 * labels, logits, weights)) == 0
