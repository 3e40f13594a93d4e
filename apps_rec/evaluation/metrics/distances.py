"""Metrics of how far predictions are from labels: mean absolute, mean squared and root mean squared error."""

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric


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
    errors = _errors(labels, scores)
    return float(np.abs(errors, out=errors).mean()) if errors.size else None


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
    errors = _errors(labels, scores)
    return float(np.square(errors, out=errors).mean()) if errors.size else None


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
    squared = mean_squared_error(labels, scores)
    return None if squared is None else float(np.sqrt(squared))


def _errors(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    labels, scores = arguments.numbers(labels, scores)
    return np.subtract(scores, labels, dtype=np.float64)


# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "mean_absolute_error": Metric(mean_absolute_error, of_positives=True, of_negatives=True),
    "mean_squared_error": Metric(mean_squared_error, of_positives=True, of_negatives=True),
    "root_mean_squared_error": Metric(root_mean_squared_error, of_positives=True, of_negatives=True),
}
