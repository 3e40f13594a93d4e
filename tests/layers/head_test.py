import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import MultiplicativeHead
from apps_rec.losses import log_prob_cross_entropy

LOGIT_OF_1E_6 = math.log(1e-6 / (1 - 1e-6))
EDGES = [-30.0, LOGIT_OF_1E_6, -5.5, -1.0, -1e-3, 0.0, 0.3, 1.0, 5.5, -LOGIT_OF_1E_6, 30.0]
PAIRS = np.array(list(itertools.product(EDGES, EDGES)), np.float32)


def sigmoid64(z):
    return 1 / (1 + np.exp(-z))


def reference(pairs):
    """Return log p q, log(1 - p q) and d log(1 - p q) / d both logits, in float64 from the float32 logits."""
    z_p, z_q = pairs.astype(np.float64).T
    p, q, not_p, not_q = sigmoid64(z_p), sigmoid64(z_q), sigmoid64(-z_p), sigmoid64(-z_q)
    complement = not_p + p * not_q
    log_complement = np.where(p * q < 0.5, np.log1p(-p * q), np.log(complement))
    slope = -p * q / complement
    log_prob = -np.log1p(np.exp(-z_p)) - np.log1p(np.exp(-z_q))  # log(p) itself loses its digits at p = 1
    return log_prob, log_complement, np.stack([slope * not_p, slope * not_q], axis=1)


def head(pairs, label):
    """Return outputs, losses and gradients of the summed loss, in float32."""
    ctr_logit, cvr_logit = tf.constant(pairs[:, 0]), tf.constant(pairs[:, 1])
    with tf.GradientTape() as tape:
        tape.watch([ctr_logit, cvr_logit])
        outputs = MultiplicativeHead(name="head")(ctr_logit, cvr_logit)
        labels = tf.fill([len(pairs)], label)
        loss = log_prob_cross_entropy(labels, outputs["ctcvr_log_prob"], outputs["ctcvr_log_complement"])
        total = tf.reduce_sum(loss)
    return outputs, loss.numpy(), np.stack(tape.gradient(total, [ctr_logit, cvr_logit]), axis=1)


def test_standard_checks(check_layer):
    rows = PAIRS[np.abs(PAIRS).max(axis=1) < 6]
    check_layer(lambda: MultiplicativeHead(name="head"), rows[:, 0], rows[:, 1], has_weights=False)


def test_value_by_hand():
    # p = 1/2 and q = 3/4
    outputs = MultiplicativeHead(name="head")(tf.constant([0.0]), tf.constant([math.log(3.0)]))
    assert outputs["pctcvr"].numpy() == pytest.approx(0.375, rel=1e-6)
    assert outputs["ctcvr_log_prob"].numpy() == pytest.approx(math.log(0.375), rel=1e-6)
    assert outputs["ctcvr_log_complement"].numpy() == pytest.approx(math.log(0.625), rel=1e-6)


def test_values_equal_float64_at_the_edges():
    log_prob, log_complement, _ = reference(PAIRS)
    outputs, *_ = head(PAIRS, 0.0)
    np.testing.assert_allclose(outputs["ctcvr_log_prob"], log_prob, rtol=1e-5)
    np.testing.assert_allclose(outputs["ctcvr_log_complement"], log_complement, rtol=1e-5)
    np.testing.assert_allclose(outputs["pctcvr"], np.exp(log_prob), rtol=1e-5)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_gradients_equal_float64_at_the_edges(label):
    *_, slope_of_complement = reference(PAIRS)
    _, loss, gradient = head(PAIRS, label)
    expected = -sigmoid64(-PAIRS.astype(np.float64)) if label else -slope_of_complement
    assert np.isfinite(loss).all()
    np.testing.assert_allclose(gradient, expected, rtol=1e-4)


def test_clipped_probabilities_would_lose_that_gradient():
    # The reason for the log space: Keras' cross entropy clips at 1e-7, and p q = 1e-12 here.
    z = tf.constant([LOGIT_OF_1E_6])
    with tf.GradientTape() as tape:
        tape.watch(z)
        p_q = tf.clip_by_value(tf.sigmoid(z) * tf.sigmoid(z), 1e-7, 1 - 1e-7)
        loss = -tf.math.log(p_q)
    assert tape.gradient(loss, z).numpy() == 0.0
    *_, gradient = head(np.array([[LOGIT_OF_1E_6] * 2], np.float32), 1.0)
    np.testing.assert_allclose(gradient, -1.0, rtol=1e-5)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_finite_far_outside(label):
    far = np.array(list(itertools.product([-1e4, -200.0, 0.0, 200.0, 1e4], repeat=2)), np.float32)
    outputs, loss, gradient = head(far, label)
    assert np.isfinite(loss).all()
    assert np.isfinite(gradient).all()
    assert np.all((outputs["pctcvr"].numpy() >= 0) & (outputs["pctcvr"].numpy() <= 1))


def test_no_step_where_the_formula_changes():
    # p q = 1/2 at both logits = -log(sqrt(2) - 1)
    middle = -math.log(math.sqrt(2) - 1)
    pairs = np.repeat(np.linspace(middle - 1e-3, middle + 1e-3, 201, dtype=np.float32)[:, None], 2, axis=1)
    outputs, _, gradient = head(pairs, 0.0)
    _, log_complement, slope = reference(pairs)
    np.testing.assert_allclose(outputs["ctcvr_log_complement"], log_complement, rtol=1e-6)
    np.testing.assert_allclose(gradient, -slope, rtol=1e-5)


def test_half_precision_logits_are_widened():
    outputs = MultiplicativeHead(name="head", dtype="mixed_bfloat16")(
        tf.constant([-8.0], tf.bfloat16), tf.constant([-8.0], tf.bfloat16)
    )
    assert {value.dtype for value in outputs.values()} == {tf.float32}


def test_unequal_shapes():
    with pytest.raises(ValueError, match=r"head: the logits must have one shape, got \(3,\) and \(3, 1\)"):
        MultiplicativeHead(name="head")(tf.zeros([3]), tf.zeros([3, 1]))


def test_standard_checks_of_three(check_layer):
    rows = PAIRS[np.abs(PAIRS).max(axis=1) < 6]
    check_layer(lambda: MultiplicativeHead(name="head"), rows[:, 0], rows[:, 1], rows[:, 0], has_weights=False)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_three_equal_float64_at_the_edges(label):
    triples = np.array(list(itertools.product([*EDGES[::2], 50.0, -50.0], repeat=3)), np.float32)
    logits = [tf.constant(column) for column in triples.T]
    with tf.GradientTape() as tape:
        tape.watch(logits)
        outputs = MultiplicativeHead(name="head")(*logits)
        labels = tf.fill([len(triples)], label)
        loss = log_prob_cross_entropy(labels, outputs["ctcvr_log_prob"], outputs["ctcvr_log_complement"])
        total = tf.reduce_sum(loss)
    z = triples.astype(np.float64).T
    p, not_p = sigmoid64(z), sigmoid64(-z)
    log_prob = -np.log1p(np.exp(-z)).sum(axis=0)
    # Of 1 - p q r the sum keeps the digits where the product is near 1, and log1p where it is near 0.
    complement = not_p[0] + p[0] * not_p[1] + p[0] * p[1] * not_p[2]
    product = p.prod(axis=0)
    log_complement = np.where(product < 0.5, np.log1p(-np.minimum(product, 0.5)), np.log(complement))
    np.testing.assert_allclose(outputs["pctcvr"], product, rtol=1e-5, atol=1e-37)
    np.testing.assert_allclose(loss, -log_prob if label else -log_complement, rtol=1e-5, atol=1e-37)
    expected = -not_p if label else product / complement * not_p
    got = np.stack(tape.gradient(total, logits))
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-37)
