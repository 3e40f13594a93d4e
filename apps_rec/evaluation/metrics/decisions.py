"""Metrics of what a model decides: the rows it takes for positive, and the classes it finds likeliest."""

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric
from apps_rec.evaluation.metrics.weighted import OfSums, Units, Weighted, below_each, by_score, mean


def max_f1(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the largest F1 of any threshold: 2 true positives / (rows above the threshold + positives).

    Every threshold that changes a decision is tried, so probabilities and logits give the same value. EasyRec tries 200
    thresholds between 0 and 1.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: a finite float for each row, `(rows,)`; only their order matters.

    Returns:
        The largest F1, or None where no row is positive.

    Raises:
        ValueError: as for `auc`.

    Example:
        >>> max_f1(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]))
        0.8
    """
    positive, scores = arguments.binary(labels, scores)
    above, below = np.sort(scores[positive]), np.sort(scores[~positive])
    if not above.size:
        return None
    # A threshold just below a positive's score is best: one farther down takes in negatives alone.
    taken = above.size - np.searchsorted(above, above, side="left")
    wrong = below.size - np.searchsorted(below, above, side="left")
    return float((2 * taken / (taken + wrong + above.size)).max())


def precision(labels: np.ndarray, scores: np.ndarray, threshold: float = 0.5) -> float | None:
    """Returns the share of positives among the rows whose probability is above the threshold.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`.
        threshold: bound between 0 and 1.

    Returns:
        The share, or None where no row is above the threshold.

    Raises:
        ValueError: as for `auc`, and where a score lies outside [0, 1].

    Example:
        >>> precision(np.array([1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.5]))
        0.6666666666666666
    """
    return _PRECISION.compute(labels, scores, threshold=threshold)


def recall(labels: np.ndarray, scores: np.ndarray, threshold: float = 0.5) -> float | None:
    """Returns the share of the positive rows whose probability is above the threshold.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`.
        threshold: bound between 0 and 1.

    Returns:
        The share, or None where no row is positive.

    Raises:
        ValueError: as for `auc`, and where a score lies outside [0, 1].

    Example:
        >>> recall(np.array([1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.5]))
        0.6666666666666666
    """
    return _RECALL.compute(labels, scores, threshold=threshold)


def accuracy(labels: np.ndarray, scores: np.ndarray, threshold: float = 0.5) -> float | None:
    """Returns the share of rows whose class is right: positive above the threshold, or the likeliest of several.

    Args:
        labels: 0, 1 or bool for each row, or the number of its class, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`, or a score of each class, `(rows, classes)`.
        threshold: bound between 0 and 1; not for several classes, of which the first of equal ones counts.

    Returns:
        The share, or None where there is no row.

    Raises:
        ValueError: as for `auc`; where a probability lies outside [0, 1], or a label is no class.

    Example:
        >>> accuracy(np.array([1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.5]))
        0.5
        >>> accuracy(np.array([2, 0]), np.array([[0.1, 0.2, 0.7], [0.2, 0.5, 0.3]]))
        0.5
    """
    return _ACCURACY.compute(labels, scores, threshold=threshold)


def recall_at_topk(labels: np.ndarray, scores: np.ndarray, topk: int = 5) -> float | None:
    """Returns the share of rows whose class is among the `topk` with the highest scores.

    Of classes with equal scores the one with the lower number comes first, as in TensorFlow.

    Args:
        labels: number of each row's class, `(rows,)`.
        scores: a score of each class, `(rows, classes)`; or of two classes the probability of class 1, `(rows,)`.
        topk: number of classes, at least 1.

    Returns:
        The share, or None where there is no row.

    Raises:
        ValueError: a label is no class, a score is nan, or shapes do not fit; a probability lies outside [0, 1];
            `topk` is below 1.

    Example:
        >>> recall_at_topk(np.array([2, 0]), np.array([[0.1, 0.2, 0.7], [0.2, 0.5, 0.3]]), topk=2)
        0.5
    """
    return _AMONG_TOP.compute(labels, scores, topk=topk)


def _weigh_max_f1(labels: np.ndarray, scores: np.ndarray, units: Units) -> Weighted:
    positive, scores = arguments.binary(labels, scores)
    above, unit_above = by_score(positive, scores, units)
    below, unit_below = by_score(~positive, scores, units)
    first_above, first_below = np.searchsorted(above, above, "left"), np.searchsorted(below, above, "left")

    def value(weights: np.ndarray) -> float | None:
        positives, negatives = below_each(weights[unit_above]), below_each(weights[unit_below])
        if not positives[-1]:
            return None
        taken = positives[-1] - positives[first_above]
        wrong = negatives[-1] - negatives[first_below]
        return float((2 * taken / (taken + wrong + positives[-1])).max())

    return value


def _right_and_taken(labels: np.ndarray, scores: np.ndarray, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    positive, scores = arguments.probabilities("precision", labels, scores)
    above = scores > threshold
    return positive & above, above


def _right_and_positive(
    labels: np.ndarray, scores: np.ndarray, threshold: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    positive, scores = arguments.probabilities("recall", labels, scores)
    return positive & (scores > threshold), positive


def _is_right(labels: np.ndarray, scores: np.ndarray, threshold: float = 0.5) -> tuple[np.ndarray]:
    if arguments.have_classes(scores):
        return _is_among_top(labels, scores, 1)
    positive, scores = arguments.probabilities("accuracy", labels, scores)
    return (positive == (scores > threshold),)


def _is_among_top(labels: np.ndarray, scores: np.ndarray, topk: int = 5) -> tuple[np.ndarray]:
    if topk < 1:
        raise ValueError(f"recall_at_topk: topk is 1 or more, got {topk}.")
    if not arguments.have_classes(scores):
        positive, scores = arguments.probabilities("recall_at_topk", labels, scores)
        labels, scores = positive.astype(np.int64), np.stack([1 - scores, scores], axis=1)
    labels, scores = arguments.classes(labels, scores)
    own = scores[np.arange(len(labels)), labels][:, None]
    before = np.arange(scores.shape[1]) < labels[:, None]
    rank = np.count_nonzero((scores > own) | ((scores == own) & before), axis=1)
    return (rank < topk,)


def _share(_: float, right: float, of: float) -> float | None:
    return right / of if of else None


_PRECISION, _RECALL = OfSums(_right_and_taken, _share), OfSums(_right_and_positive, _share)
_ACCURACY, _AMONG_TOP = OfSums(_is_right, mean), OfSums(_is_among_top, mean)

# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "max_f1": Metric(max_f1, of_positives=True, weigh=_weigh_max_f1),
    "precision": Metric(
        precision, of_positives=True, of_negatives=True, none_where="none above the threshold", weigh=_PRECISION.weigh
    ),
    "recall": Metric(recall, of_positives=True, weigh=_RECALL.weigh),
    "accuracy": Metric(accuracy, of_positives=True, of_negatives=True, weigh=_ACCURACY.weigh),
    "recall_at_topk": Metric(recall_at_topk, of_positives=True, of_negatives=True, weigh=_AMONG_TOP.weigh),
}
