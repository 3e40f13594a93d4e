"""Losses of one's own: their values are those of the function, and a wrong shape is told."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.errors import PluginError
from apps_rec.losses import Rows, Terms, loss_of
from apps_rec.plugins import CustomLoss
from apps_rec.plugins.tables import put

WEIGHTS = [1.0, 2.0, 0.0]
LOGITS = [0.5, -1.0, 2.0]


def terms(loss, options):
    """What a loss is the mean of, for three rows."""
    rows = Rows(tf.constant(WEIGHTS))
    return loss.terms(tf.constant([1.0, 0.0, 1.0]), tf.constant(LOGITS), rows, options)


@pytest.fixture
def loss(own_plugins):
    """Return what hands over a loss and finds it again."""

    def hand_over(**functions):
        put("my_team", {}, {"mine": CustomLoss(**functions)})
        return loss_of("mine")

    return hand_over


def test_a_value_a_row_with_the_weights_of_the_rows(loss):
    mine = loss(of_logit=lambda labels, logits, margin: margin - (2 * labels - 1) * logits)
    ((values, weights),) = terms(mine, {"margin": 3.0})
    np.testing.assert_allclose(values, [2.5, 2.0, 1.0])
    np.testing.assert_array_equal(weights, WEIGHTS)


def test_a_product_comes_as_its_logit_or_by_its_logarithms(loss):
    log_p, log_q = tf.constant([-1.0, -2.0]), tf.constant([-0.5, -0.25])
    labels, rows = tf.constant([1.0, 0.0]), Rows(tf.ones([2]))
    ((values, _),) = loss(of_logit=lambda labels, logits: logits).terms_of_product(labels, log_p, log_q, rows, {})
    np.testing.assert_allclose(values, [-0.5, -1.75])
    both = {"of_logit": lambda labels, logits: logits, "of_log_prob": lambda labels, p, q: p + q}
    ((values, _),) = loss(**both).terms_of_product(labels, log_p, log_q, rows, {})
    np.testing.assert_allclose(values, [-1.5, -2.25])


def test_terms_of_rows_may_be_several(loss):
    def both(labels, logits, rows):
        return Terms(logits, rows.weights), Terms(logits[:1], tf.ones([1]))

    first, second = terms(loss(of_rows=both), {})
    np.testing.assert_allclose(first.values, LOGITS)
    np.testing.assert_allclose(second.values, [0.5])


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ({"of_logit": lambda y, x: tf.reduce_mean(x)}, "the shape (); expected one value a row, (batch,): the model"),
        ({"of_logit": lambda y, x: x[:, tf.newaxis]}, "the shape (3, 1); expected one value a row"),
        ({"of_logit": lambda y, x: x[:2]}, "the shape (2,); expected one value a row"),
        ({"of_logit": lambda y, x: None}, "returns NoneType; expected one value a row"),
        ({"of_rows": lambda y, x, rows: x}, "expected apps_rec.losses.Terms"),
        ({"of_rows": lambda y, x, rows: ()}, "returns tuple; expected apps_rec.losses.Terms"),
        ({"of_rows": lambda y, x, rows: Terms(tf.reduce_sum(x), rows.weights)}, "the shape (); expected values and"),
    ],
)
def test_a_wrong_shape(loss, functions, expected):
    with pytest.raises(PluginError) as error:
        terms(loss(**functions), {})
    assert str(error.value).startswith('the loss "mine" returns ')
    assert expected in str(error.value)


def test_a_name_that_nobody_has(own_plugins):
    with pytest.raises(ValueError, match="no loss is called mine; expected one of CLASSIFICATION"):
        loss_of("mine")
