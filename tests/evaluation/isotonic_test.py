import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from apps_rec.evaluation.isotonic import fit_line, line_at
from apps_rec.evaluation.metrics import auc, expected_calibration_error, log_loss
from apps_rec.evaluation.platt import fit_logit


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def bent(logits):
    """Return true logits that no scale and shift make of these: 0.2 to 1.8 for each 1."""
    return logits + 0.8 * np.sin(logits)


def draw_rows(rows, seed=1):
    draw = np.random.default_rng(seed)
    logits = draw.normal(-3, 1.3, rows).astype(np.float32).astype(np.float64)
    return (draw.random(rows) < sigmoid(bent(logits))).astype(float), logits


def test_each_point_is_what_scikit_learn_says():
    draw = np.random.default_rng(3)
    levels = np.linspace(-4, 2, 40)
    logits = np.repeat(levels, 4000)
    rates = sigmoid(levels + draw.normal(0, 0.3, 40))  # not rising, so that levels are joined
    labels = (draw.random(len(logits)) < np.repeat(rates, 4000)).astype(float)
    knots, values = fit_line(labels, logits, few=50, most=100)
    peer = IsotonicRegression().fit(sigmoid(logits), labels)
    np.testing.assert_allclose(sigmoid(np.array(values)), peer.predict(sigmoid(np.array(knots))), atol=1e-6)
    distinct = np.unique(peer.predict(sigmoid(levels)))
    assert len(knots) == len(distinct) < 40
    # Where a level is alone, the knot is the level, and its rows get their share of positives.
    alone = [at for at, level in enumerate(levels) if np.abs(np.array(knots) - level).min() < 1e-6]
    assert len(alone) > 5
    shares = labels.reshape(40, 4000).mean(axis=1)
    np.testing.assert_allclose(sigmoid(line_at(levels[alone], knots, values)), shares[alone], atol=1e-6)


def test_a_right_model_stays_nearly_as_it_is():
    draw = np.random.default_rng(0)
    logits = draw.normal(-2, 1, 200_000)
    knots, values = fit_line((draw.random(200_000) < sigmoid(logits)).astype(float), logits, 1000, 100)
    np.testing.assert_allclose(values, knots, atol=0.1)
    # Outside, the line is as far from the logit as at its ends.
    ends = line_at(np.array([-9.0, 9.0]), knots, values)
    np.testing.assert_allclose(ends - [-9, 9], [values[0] - knots[0], values[-1] - knots[-1]], atol=1e-12)


def test_held_out_rows_are_better_than_by_a_scale_and_a_shift():
    labels, logits = draw_rows(300_000)
    of_fit, held_out = slice(0, 150_000), slice(150_000, None)
    line = fit_line(labels[of_fit], logits[of_fit], 100, 100)
    scale, shift = fit_logit(labels[of_fit], logits[of_fit])
    losses, errors = [], []
    for corrected in (logits, scale * logits + shift, line_at(logits, *line), bent(logits)):
        probs = sigmoid(corrected[held_out])
        losses.append(log_loss(labels[held_out], probs))
        errors.append(expected_calibration_error(labels[held_out], probs))
    raw, platt, isotonic, truth = losses
    assert isotonic - truth < (platt - truth) / 10 < (raw - truth) / 15
    assert errors[2] < errors[1] / 3 < errors[0] / 5


@pytest.mark.parametrize(("few", "most"), [(1, 100), (100, 100), (1, 7), (1, 3)])
def test_the_line_rises_and_no_order_changes(few, most):
    labels, logits = draw_rows(20_000)
    knots, values = fit_line(labels, logits, few, most)
    assert 2 <= len(knots) == len(values) <= most
    for numbers in (knots, values):
        assert (np.diff(np.array(numbers, np.float32)) > 0).all()
        assert [np.float32(number) for number in numbers] == [np.float32(repr(number)) for number in numbers]
    slopes = np.diff(values) / np.diff(knots)
    assert slopes.min() >= 0.0099
    assert auc(labels, line_at(logits, knots, values)) == auc(labels, logits)
    np.testing.assert_allclose(line_at(line_at(logits, knots, values), values, knots), logits, atol=1e-9)
    assert labels.sum() / len(knots) >= few


@pytest.mark.parametrize(
    ("labels", "logits"),
    [
        (np.arange(4000) % 2, np.zeros(4000)),
        (np.arange(4000) < 2000, np.linspace(-3, 3, 4000)),
        (np.arange(4000) >= 2000, np.linspace(-3, 3, 4000)),
        (np.ones(4000), np.linspace(-3, 3, 4000)),
        (np.zeros(4000), np.linspace(-3, 3, 4000)),
        (np.array([0.0, 1.0]), np.array([0.0, 1.0])),
        (np.array([1.0]), np.array([800.0])),
    ],
    ids=["constant", "reversed", "parted", "all", "none", "two", "one"],
)
def test_rows_that_make_no_line(labels, logits):
    knots, values = fit_line(labels.astype(float), logits, 100, 100)
    assert len(knots) == len(values) == 1
    assert np.isfinite([*knots, *values]).all()


def test_predictions_at_both_ends_of_float32():
    probs = np.repeat([1e-7, 0.5, 1 - 1e-7], 1000)
    labels = np.tile(np.arange(1000) < 300, 3) | (np.arange(3000) >= 2500)
    knots, values = fit_line(labels.astype(float), np.log(probs) - np.log1p(-probs), 100, 100)
    assert len(knots) == 2  # the lower two have the same share
    assert sigmoid(values[0]) == pytest.approx(0.3, abs=1e-6)
    assert sigmoid(values[1]) == pytest.approx(0.8, abs=1e-6)
