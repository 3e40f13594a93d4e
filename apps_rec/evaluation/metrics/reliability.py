"""Calibration within bins of predictions: the bins, and the expected calibration error over them."""

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric
from apps_rec.evaluation.metrics.weighted import Units, Weighted, below_each


def bins_of(scores: np.ndarray, num_bins: int) -> np.ndarray:
    """Returns the bin of each row, from 0 to `num_bins` - 1, in the order of the scores and of as many rows each.

    A row is in bin floor(num_bins x share of the rows with a lower score), so that equal scores share a bin. Bins may
    then differ in size, and some may be empty.

    Args:
        scores: a number for each row, `(rows,)`.
        num_bins: number of bins, 1 or more.

    Example:
        >>> bins_of(np.array([0.3, 0.1, 0.4, 0.1]), 2).tolist()
        [1, 0, 1, 0]
    """
    in_order = np.sort(scores)
    return num_bins * np.searchsorted(in_order, scores, "left") // max(1, len(scores))


def expected_calibration_error(labels: np.ndarray, scores: np.ndarray, num_bins: int = 10) -> float | None:
    """Returns the mean over bins, each by its rows, of |mean prediction - mean label|.

    Bins are of as many rows each, not of one width: where 4 % of rows are positive, nearly all predictions would fall
    into the first of ten bins of one width. A model whose every probability is right still has more than 0, by chance.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`.
        num_bins: number of bins, 1 or more.

    Returns:
        The mean, or None where there is no row.

    Raises:
        ValueError: as for `auc`, and where a score lies outside [0, 1]; `num_bins` is below 1.

    Example:
        >>> expected_calibration_error(np.array([0, 1, 1, 1]), np.array([0.25, 0.25, 0.75, 0.75]), num_bins=2)
        0.25

    References: Naeini, Cooper and Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian Binning;
        Nixon et al. 2019, Measuring Calibration in Deep Learning, section 3.1 (bins of as many rows each).
    """
    positive, scores = _checked(labels, scores, num_bins)
    if not scores.size:
        return None
    gaps = np.bincount(bins_of(scores, num_bins), scores.astype(np.float64) - positive)
    return float(np.abs(gaps).sum() / scores.size)


def _weigh(labels: np.ndarray, scores: np.ndarray, units: Units, num_bins: int = 10) -> Weighted:
    positive, scores = _checked(labels, scores, num_bins)
    if not scores.size:
        return lambda weights: None
    order = np.argsort(scores)
    in_order, of_rows = scores[order], units.codes[order]
    gaps = in_order.astype(np.float64) - positive[order]
    starts = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))

    def value(weights: np.ndarray) -> float | None:
        counts = weights[of_rows]
        below = below_each(np.add.reduceat(counts, starts, dtype=np.int64))
        if not below[-1]:
            return None
        of_bins = np.bincount(num_bins * below[:-1] // below[-1], np.add.reduceat(counts * gaps, starts))
        return float(np.abs(of_bins).sum() / below[-1])

    return value


def _checked(labels: np.ndarray, scores: np.ndarray, num_bins: int) -> tuple[np.ndarray, np.ndarray]:
    if num_bins < 1:
        raise ValueError(f"expected_calibration_error: num_bins is 1 or more, got {num_bins}.")
    return arguments.probabilities("expected_calibration_error", labels, scores)


# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "expected_calibration_error": Metric(
        expected_calibration_error, of_positives=True, of_negatives=True, weigh=_weigh
    ),
}
