import doctest

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from apps_rec.evaluation.metrics import distances, mean_absolute_error, mean_squared_error, root_mean_squared_error

ALL = (mean_absolute_error, mean_squared_error, root_mean_squared_error)


@pytest.mark.parametrize("kind", ["numbers", "probabilities"])
def test_equal_to_sklearn(kind):
    rng = np.random.default_rng(1)
    if kind == "numbers":
        labels, scores = (rng.lognormal(2, 2, 20_000).astype(np.float32) for _ in range(2))
    else:
        labels, scores = (rng.random(20_000) < 0.3).astype(np.uint8), rng.random(20_000).astype(np.float32)
    exact = labels.astype(np.float64), scores.astype(np.float64)
    assert mean_absolute_error(labels, scores) == pytest.approx(sklearn_metrics.mean_absolute_error(*exact), rel=1e-12)
    squared = sklearn_metrics.mean_squared_error(*exact)
    assert mean_squared_error(labels, scores) == pytest.approx(squared, rel=1e-12)
    assert root_mean_squared_error(labels, scores) == pytest.approx(squared**0.5, rel=1e-12)


def test_of_booleans_by_hand():
    labels, scores = np.array([True, False, True]), np.array([0.5, 0.25, 1.0], np.float32)
    assert mean_absolute_error(labels, scores) == 0.25
    assert mean_squared_error(labels, scores) == pytest.approx(0.3125 / 3, rel=1e-12)


def test_large_numbers_do_not_swallow_small_ones():
    # In float32 the sum stops growing at 2^24.
    labels = np.zeros(1 << 20, np.float32)
    labels[0] = 1 << 24
    assert mean_absolute_error(labels, labels + (np.arange(1 << 20) > 0).astype(np.float32)) == ((1 << 20) - 1) / (
        1 << 20
    )


def test_no_rows_have_no_value():
    for metric in ALL:
        assert metric(np.zeros(0), np.zeros(0)) is None


def test_bad_arguments_say_what_came():
    for metric in ALL:
        with pytest.raises(ValueError, match="got nan as score of 1 of 2 rows, first at row 0"):
            metric(np.zeros(2), np.array([np.nan, 1.0]))
        with pytest.raises(ValueError, match="got nan as label of 1 of 2 rows, first at row 1"):
            metric(np.array([1.0, np.nan]), np.zeros(2))
        with pytest.raises(ValueError, match=r"\(2,\) and \(2, 1\)"):
            metric(np.zeros(2), np.zeros((2, 1)))


def test_docstring_examples_run():
    tried = doctest.testmod(distances)
    assert (tried.failed, tried.attempted) == (0, 3)
