import numpy as np
import pytest
import tensorflow as tf

from apps_rec.losses import LOSSES


@pytest.mark.parametrize("name", LOSSES)
def test_both_forms_of_a_loss_agree_and_reduce_nothing(name):
    loss = LOSSES[name]
    logits = tf.constant([-3.0, -0.5, 0.0, 2.0])
    labels = tf.constant([0.0, 1.0, 1.0, 0.0])
    of_logit = loss.of_logit(labels, logits).numpy()
    assert of_logit.shape == (4,)
    if loss.of_log_prob is not None:
        of_log_prob = loss.of_log_prob(labels, tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)).numpy()
        np.testing.assert_allclose(of_log_prob, of_logit, rtol=1e-6)
