import doctest

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.evaluation.metrics import calibration, log_loss, normalized_entropy, probabilities

EPS = float(np.finfo(np.float32).eps)


def drawn(rows, seed=0, digits=None, scale=1.0, rate=0.3):
    """Labels that follow their scores somewhat; `digits` makes ties, `scale` makes scores tiny."""
    rng = np.random.default_rng(seed)
    scores = rng.random(rows)
    labels = (rng.random(rows) < rate * 2 * scores).astype(np.uint8)
    scores = scores if digits is None else scores.round(digits)
    return labels, (scores * scale).astype(np.float32)


@pytest.mark.parametrize(
    "case", [{}, {"digits": 2}, {"digits": 1, "scale": 1e-6}, {"scale": 1e-30}, {"rate": 0.005}], ids=str
)
def test_equal_to_sklearn(case):
    labels, scores = drawn(20_000, **case)
    assert log_loss(labels, scores) == pytest.approx(sklearn_metrics.log_loss(labels, scores), abs=1e-6)
    assert calibration(labels, scores) == pytest.approx(scores.astype(np.float64).mean() / labels.mean(), rel=1e-12)
    known = sklearn_metrics.log_loss(labels, scores.astype(np.float64).clip(EPS, 1 - EPS))
    mean_alone = sklearn_metrics.log_loss(labels, np.full(len(labels), labels.mean()))
    assert normalized_entropy(labels, scores) == pytest.approx(known / mean_alone, rel=1e-6)


def test_a_million_rows_equal_sklearn_to_1e_6():
    labels, scores = drawn(1_000_000, scale=0.01, digits=4, rate=0.01)
    exact = sklearn_metrics.log_loss(labels, scores.astype(np.float64).clip(1.2e-7))
    assert log_loss(labels, scores) == pytest.approx(exact, abs=1e-6)
    assert calibration(labels, scores) == pytest.approx(scores.astype(np.float64).sum() / labels.sum(), rel=1e-12)


def test_log_loss_by_hand_and_saturated_scores():
    assert log_loss(np.array([1, 0]), np.array([0.25, 0.5])) == pytest.approx((np.log(4) + np.log(2)) / 2, rel=1e-12)
    wrong = np.array([0.0, 1.0], np.float32), np.array([1, 0])
    assert log_loss(wrong[1], wrong[0]) == pytest.approx(sklearn_metrics.log_loss(wrong[1], wrong[0]), abs=1e-6)
    assert log_loss(np.array([1, 1], np.uint8), np.array([0.5, 0.5])) == pytest.approx(np.log(2))  # one class is fine


def test_log_loss_of_several_classes_equals_sklearn():
    rng = np.random.default_rng(2)
    scores = rng.dirichlet(np.ones(5), 3_000)
    labels = rng.integers(0, 5, 3_000)
    assert log_loss(labels, scores) == pytest.approx(sklearn_metrics.log_loss(labels, scores), abs=1e-9)
    # Row 0: 1/2 of the right class; row 1: all of a wrong one, which costs as much as epsilon of float32.
    by_hand = log_loss(np.array([1, 0]), np.array([[0.25, 0.5, 0.25], [0, 0, 1]], np.float32))
    assert by_hand == pytest.approx((np.log(2) - np.log(np.finfo(np.float32).eps)) / 2, rel=1e-6)


def test_normalized_entropy_by_hand():
    # Rate 1/2: the mean alone costs log 2 a row.
    assert normalized_entropy(np.array([1, 0]), np.array([0.25, 0.5])) == pytest.approx((2 + 1) / 2, rel=1e-12)
    labels = np.array([1, 0, 0, 0], np.uint8)
    assert normalized_entropy(labels, np.full(4, 0.25)) == pytest.approx(1, rel=1e-12)
    assert normalized_entropy(labels, np.array([1, 0, 0, 0], np.float32)) == pytest.approx(0, abs=1e-6)
    # A model that does not know the rate is worse than the mean.
    assert normalized_entropy(labels, np.full(4, 0.5)) > 1


def test_calibration_by_hand():
    assert calibration(np.array([1, 0, 0, 0]), np.array([0.5, 0.5, 0.25, 0.25])) == 1.5
    assert calibration(np.array([True, True]), np.array([0.5, 0.5], np.float32)) == 0.5
    assert calibration(np.array([10.0, -2.0], np.float32), np.array([5.0, 7.0], np.float32)) == 1.5  # of numbers


def test_none_where_a_metric_has_no_value():
    none, scores = np.zeros(3, np.uint8), np.array([0.1, 0.2, 0.3], np.float32)
    empty = np.zeros(0, np.uint8), np.zeros(0, np.float32)
    assert calibration(none, scores) is None
    assert calibration(np.array([1.0, -1.0, 0.0]), scores) is None
    assert normalized_entropy(none, scores) is None
    assert normalized_entropy(1 - none, scores) is None
    for metric in (log_loss, calibration, normalized_entropy):
        assert metric(*empty) is None
    assert log_loss(np.zeros(0), np.zeros((0, 3))) is None


def test_bad_arguments_say_what_came():
    labels, scores = np.array([0, 1]), np.array([0.5, np.nan])
    for metric in (log_loss, calibration, normalized_entropy):
        with pytest.raises(ValueError, match=r"nan as score of 1 of 2 rows, first at row 1"):
            metric(labels, scores)
    for metric in (log_loss, normalized_entropy):
        with pytest.raises(
            ValueError, match=rf"{metric.__name__}: expected probabilities in \[0, 1\], got scores from -3"
        ):
            metric(labels, np.array([-3.0, 0.5]))
    with pytest.raises(ValueError, match="labels 0 or 1, got 2 at row 0"):
        log_loss(np.array([2, 0]), np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="labels from 0 to 2, got 3 at row 1"):
        log_loss(np.array([0, 3]), np.full((2, 3), 1 / 3))
    with pytest.raises(ValueError, match="got nan as label of 1 of 2 rows"):
        calibration(np.array([np.nan, 1.0]), np.array([0.5, 0.5]))


def test_docstring_examples_run():
    tried = doctest.testmod(probabilities)
    assert (tried.failed, tried.attempted) == (0, 3)
