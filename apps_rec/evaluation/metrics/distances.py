"""Metrics of how far predictions are from labels: mean absolute, mean squared and root mean squared error."""

import math

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric
from apps_rec.evaluation.metrics.weighted import OfSums, mean


def mean_absolute_error(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the mean of |score - label|, in float64.

    Args:
        labels: a number for each row, `(rows,)`.
        scores: a number or a probability for each row, `(rows,)`.

    Returns:
        The mean, or None where there is no row.

    Raises:
        ValueError: a label or a score is nan, or shapes differ.

    Example:
        >>> mean_absolute_error(np.array([1.0, 4.0]), np.array([1.5, 3.0]))
        0.75
    """
    return _ABSOLUTE.compute(labels, scores)


def mean_squared_error(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the mean of (score - label)^2, in float64; of probabilities, that is the Brier score.

    Args:
        labels: a number for each row, `(rows,)`.
        scores: a number or a probability for each row, `(rows,)`.

    Returns:
        The mean, or None where there is no row.

    Raises:
        ValueError: a label or a score is nan, or shapes differ.

    Example:
        >>> mean_squared_error(np.array([1.0, 4.0]), np.array([1.5, 3.0]))
        0.625

    References: Brier 1950, Verification of Forecasts Expressed in Terms of Probability.
    """
    return _SQUARED.compute(labels, scores)


def root_mean_squared_error(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the square root of the mean squared error, which has the unit of the label.

    Args:
        labels: a number for each row, `(rows,)`.
        scores: a number or a probability for each row, `(rows,)`.

    Returns:
        The root, or None where there is no row.

    Raises:
        ValueError: a label or a score is nan, or shapes differ.

    Example:
        >>> root_mean_squared_error(np.array([1.0, 4.0]), np.array([1.0, 2.0])) ** 2
        2.0000000000000004
    """
    return _ROOT.compute(labels, scores)


def _errors(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    labels, scores = arguments.numbers(labels, scores)
    return np.subtract(scores, labels, dtype=np.float64)


def _absolute(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray]:
    errors = _errors(labels, scores)
    return (np.abs(errors, out=errors),)


def _squared(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray]:
    errors = _errors(labels, scores)
    return (np.square(errors, out=errors),)


def _root_of_mean(rows: float, total: float) -> float | None:
    return math.sqrt(total / rows) if rows else None


_ABSOLUTE, _SQUARED, _ROOT = OfSums(_absolute, mean), OfSums(_squared, mean), OfSums(_squared, _root_of_mean)

# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "mean_absolute_error": Metric(mean_absolute_error, of_positives=True, of_negatives=True, weigh=_ABSOLUTE.weigh),
    "mean_squared_error": Metric(mean_squared_error, of_positives=True, of_negatives=True, weigh=_SQUARED.weigh),
    "root_mean_squared_error": Metric(root_mean_squared_error, of_positives=True, of_negatives=True, weigh=_ROOT.weigh),
}
