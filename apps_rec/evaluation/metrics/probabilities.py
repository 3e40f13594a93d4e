"""Metrics of probabilities themselves, not of their order alone: log loss, normalised entropy, calibration."""

import math

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric
from apps_rec.evaluation.metrics.weighted import OfSums, mean


def log_loss(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the mean of -log of the probability that the label's class was given, summed in float64.

    Of a binary task that is -log p over positives and -log(1 - p) over negatives. Probabilities are clipped to one
    machine epsilon of their type from 0 and 1, as in scikit-learn. So a saturated sigmoid costs much, but not infinity.

    Args:
        labels: 0, 1 or bool for each row, or the number of its class, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`, or `(rows, classes)`.

    Returns:
        The mean, or None where there is no row.

    Raises:
        ValueError: as for `auc`, and where a score lies outside [0, 1] or a label is no class.

    Example:
        >>> round(log_loss(np.array([1, 0]), np.array([0.5, 0.5])), 6)
        0.693147
    """
    return _LOG_LOSS.compute(labels, scores)


def normalized_entropy(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the log loss over that of a model that gives every row the mean label: below 1 is better than that.

    Unlike the log loss it can be compared between tasks whose rates differ.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`.

    Returns:
        The ratio, or None where one class is missing: the mean label leaves nothing to know then.

    Raises:
        ValueError: as for `auc`, and where a score lies outside [0, 1].

    Example:
        >>> normalized_entropy(np.array([1, 0, 0, 0]), np.array([0.25, 0.25, 0.25, 0.25]))
        1.0

    References: He et al. 2014, Practical Lessons from Predicting Clicks on Ads at Facebook, equation 1.
    """
    return _ENTROPY.compute(labels, scores)


def calibration(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns mean prediction over mean label: 1 is right, above 1 the model promises too much.

    Args:
        labels: 0, 1 or bool for each row, or any number, `(rows,)`.
        scores: probabilities, or numbers like the labels, `(rows,)`.

    Returns:
        The ratio, or None where the labels do not sum to more than 0: where no row is positive.

    Raises:
        ValueError: a label or a score is nan, or shapes differ.

    Example:
        >>> calibration(np.array([1, 0, 0, 0]), np.array([0.5, 0.5, 0.25, 0.25]))
        1.5
    """
    return _CALIBRATION.compute(labels, scores)


def _losses(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray]:
    if arguments.have_classes(scores):
        labels, scores = arguments.class_probabilities("log_loss", labels, scores)
        clipped = _clipped(scores[np.arange(len(labels)), labels])
        return (-np.log(clipped, dtype=np.float64),)
    positive, scores = arguments.probabilities("log_loss", labels, scores)
    losses = np.empty(len(scores), np.float64)
    clipped = _clipped(scores)
    losses[positive] = np.log(clipped[positive], dtype=np.float64)
    losses[~positive] = np.log1p(-clipped[~positive], dtype=np.float64)
    return (np.negative(losses, out=losses),)


def _losses_and_labels(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    positive, scores = arguments.probabilities("normalized_entropy", labels, scores)
    return (*_losses(positive, scores), positive)


def _over_entropy(rows: float, loss: float, positives: float) -> float | None:
    if positives in (0.0, rows):
        return None
    rate = positives / rows
    return loss / rows / -(rate * math.log(rate) + (1 - rate) * math.log1p(-rate))


def _scores_and_labels(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = arguments.numbers(labels, scores)
    return scores, labels


def _ratio(_: float, predicted: float, seen: float) -> float | None:
    return predicted / seen if seen > 0 else None


def _clipped(scores: np.ndarray) -> np.ndarray:
    epsilon = np.finfo(scores.dtype).eps
    return np.clip(scores, epsilon, 1 - epsilon)


_LOG_LOSS = OfSums(_losses, mean)
_ENTROPY = OfSums(_losses_and_labels, _over_entropy)
_CALIBRATION = OfSums(_scores_and_labels, _ratio)

# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "log_loss": Metric(log_loss, of_positives=True, of_negatives=True, weigh=_LOG_LOSS.weigh),
    "normalized_entropy": Metric(normalized_entropy, weigh=_ENTROPY.weigh),
    "calibration": Metric(calibration, of_positives=True, weigh=_CALIBRATION.weigh),
}
