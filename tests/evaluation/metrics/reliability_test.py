import numpy as np
import pytest

from apps_rec.evaluation.metrics.reliability import bins_of, expected_calibration_error


def test_bins_are_of_as_many_rows_each():
    draw = np.random.default_rng(0)
    scores = draw.permutation(1000) / 1000
    numbers = bins_of(scores, 10)
    assert np.bincount(numbers).tolist() == [100] * 10
    assert np.array_equal(numbers, (scores * 10).astype(int))


def test_equal_scores_share_a_bin():
    # Six of ten rows have .5: no row lies below them, and six below the next.
    assert bins_of(np.array([0.5] * 6 + [0.6, 0.7, 0.8, 0.9]), 5).tolist() == [0] * 6 + [3, 3, 4, 4]
    assert bins_of(np.zeros(0), 5).tolist() == []


@pytest.mark.parametrize("num_bins", [1, 3, 10])
@pytest.mark.parametrize("decimals", [1, 6])
def test_the_error_agrees_with_a_loop(num_bins, decimals):
    draw = np.random.default_rng(1)
    scores = draw.random(317).round(decimals)
    labels = draw.random(317) < scores**2
    gaps = dict.fromkeys(range(num_bins), 0.0)
    for score, label in zip(scores, labels, strict=True):
        lower = sum(other < score for other in scores)
        gaps[int(num_bins * lower / 317)] += score - label
    expected = sum(abs(gap) for gap in gaps.values()) / 317
    assert expected_calibration_error(labels, scores, num_bins=num_bins) == pytest.approx(expected, rel=1e-12)


def test_one_bin_is_the_difference_of_the_means():
    scores, labels = np.array([0.2, 0.4, 0.9]), np.array([0, 0, 1])
    assert expected_calibration_error(labels, scores, num_bins=1) == pytest.approx(0.5 - 1 / 3)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="num_bins is 1 or more, got 0"):
        expected_calibration_error(np.array([0, 1]), np.array([0.1, 0.2]), num_bins=0)
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\]"):
        expected_calibration_error(np.array([0, 1]), np.array([0.1, 1.2]))
