"""What holds for every loss of the table."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.config.tasks.losses import LOSSES as OF_CONFIG
from apps_rec.config.tasks.losses import SESSION, options_of
from apps_rec.losses import LOSSES, Rows
from apps_rec.protos.loss_pb2 import Loss, LossType

LOGITS = {"JRC_LOSS": 2, "ZILN_LOSS": 3}
OPTIONS = {
    "CLASSIFICATION": {"label_smoothing": 0.1},
    "BINARY_FOCAL_LOSS": {"gamma": 1.5, "alpha": 0.3, "label_smoothing": 0.1},
    "PAIR_WISE_LOSS": {"margin": 0.5, "temperature": 2.0},
    "PAIRWISE_FOCAL_LOSS": {"gamma": 0.5, "alpha": 0.3},
    "PAIRWISE_LOGISTIC_LOSS": {"use_label_margin": True},
    "PAIRWISE_HINGE_LOSS": {"use_label_margin": False, "margin": 2.0},
    "LISTWISE_RANK_LOSS": {"temperature": 0.7},
    "JRC_LOSS": {"alpha": 0.3},
}
# Columns and towers are looked up by the head; the others say what is made of the logits.
NOT_OF_THE_FUNCTION = (SESSION, "tower_names", "max_log_clip_value", "return_log_pred_value")
OF_LABELS = [name for name, loss in LOSSES.items() if loss.of_others is None]


def test_the_table_of_the_config_and_the_proto_have_the_same_rows():
    # A loss of one's own has the row that its plugin gave.
    assert {*LOSSES, "CUSTOM"} == set(OF_CONFIG) == set(LossType.keys())


@pytest.mark.parametrize("name", LOSSES)
def test_options_and_their_defaults_are_those_of_the_message(name):
    loss, params = LOSSES[name], OF_CONFIG[name].params
    given = options_of(getattr(Loss(), params)) if params else {}
    given = {option: value for option, value in given.items() if option not in NOT_OF_THE_FUNCTION}
    function = loss.of_rows or loss.of_logit or loss.of_others
    parameters = inspect.signature(function).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}
    absent = {option for option, value in defaults.items() if value is None}
    assert {option: value for option, value in defaults.items() if option not in absent} == pytest.approx(given)
    assert not params or absent <= set(getattr(Loss(), params).DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize("name", ["CLASSIFICATION", "BINARY_FOCAL_LOSS", "F1_REWEIGHTED_LOSS", "PAIR_WISE_LOSS"])
def test_both_forms_of_a_loss_agree(name, drawn):
    labels, logits, weights, _ = drawn()
    labels, logits = tf.constant(labels), tf.constant(logits)
    rows = Rows(tf.constant(weights))
    of_logit = LOSSES[name].terms(labels, logits, rows, {})
    logs = tf.math.log_sigmoid(logits), tf.math.log_sigmoid(-logits)
    for ours, other in zip(LOSSES[name].terms_of_product(labels, *logs, rows, {}), of_logit, strict=True):
        np.testing.assert_allclose(ours.values, other.values, rtol=1e-9)
        np.testing.assert_array_equal(ours.weights, other.weights)


@pytest.mark.parametrize("name", OF_LABELS)
def test_the_gradient_is_that_of_small_differences(name, drawn, loss_of):
    labels, logits, weights, sessions = drawn(LOGITS.get(name, 1))

    def loss(values):
        return loss_of(name, labels, values, weights, sessions, **OPTIONS.get(name, {}))

    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss(variable)
    got = tf.convert_to_tensor(tape.gradient(value, variable)).numpy()
    step, expected = 1e-6, np.zeros_like(logits)
    for place in np.ndindex(logits.shape):
        up, down = logits.copy(), logits.copy()
        up[place] += step
        down[place] -= step
        expected[place] = (loss(up) - loss(down)) / (2 * step)
    if name == "F1_REWEIGHTED_LOSS":  # the weights of negatives are held fixed: compared in its own test
        return
    np.testing.assert_allclose(got, expected, atol=1e-7)
    assert np.abs(got).max() > 1e-4


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_row_of_weight_two_counts_like_two_rows_and_one_of_weight_0_like_none(name, drawn, loss_of):
    labels, logits, weights, sessions = drawn(LOGITS.get(name, 1))
    if name in ("LISTWISE_RANK_LOSS", "JRC_LOSS"):  # weights are of the terms of a softmax, not of its rows
        weights = (weights > 0).astype(float)
    options = OPTIONS.get(name, {})
    copies = np.repeat(np.arange(len(labels)), weights.astype(int))
    repeated = loss_of(name, labels[copies], logits[copies], None, sessions[copies], **options)
    weighted = loss_of(name, labels, logits, weights, sessions, **options)
    assert float(weighted) == pytest.approx(float(repeated), rel=1e-9)


@pytest.mark.parametrize("extreme", [50.0, -50.0])
@pytest.mark.parametrize("name", OF_LABELS)
def test_nothing_is_nan_at_extreme_logits(name, extreme, drawn):
    labels, logits, weights, sessions = drawn(LOGITS.get(name, 1))
    mixed = np.where(np.abs(logits) < 1, extreme, np.sign(logits) * 50)
    for values in (np.full_like(logits, extreme), mixed):
        variable = tf.Variable(values.astype(np.float32))
        with tf.GradientTape() as tape:
            rows = Rows(tf.constant(weights, tf.float32), tf.constant(sessions))
            terms = LOSSES[name].terms(tf.constant(labels, tf.float32), variable, rows, OPTIONS.get(name, {}))
            total = tf.add_n([tf.reduce_sum(v * w) for v, w in terms])
        gradient = tape.gradient(total, variable)
        assert np.isfinite(total.numpy())
        assert gradient is None or np.isfinite(tf.convert_to_tensor(gradient).numpy()).all()


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_batch_without_rows_that_count_costs_nothing(name, drawn, loss_of):
    labels, logits, weights, sessions = drawn(LOGITS.get(name, 1))
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss_of(name, labels, variable, 0 * weights, sessions, **OPTIONS.get(name, {}))
    gradient = tape.gradient(value, variable)
    assert float(value) == 0
    assert gradient is None or not np.any(tf.convert_to_tensor(gradient).numpy())
