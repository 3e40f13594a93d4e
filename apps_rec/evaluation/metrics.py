"""Exact metrics of one task from its labels and scores, in numpy; None where a metric has no value."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

GAUC_REDUCTIONS = ("mean", "mean_by_sample_num", "mean_by_positive_num")


def auc(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the probability that a positive row scores above a negative one; a tie counts one half.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: a finite float for each row, `(rows,)`; only their order matters.

    Returns:
        The exact area under the ROC curve, or None where one class is missing.

    Raises:
        ValueError: the two differ in length, a label is neither 0 nor 1, or a score is nan.

    Example:
        >>> auc(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.2, 0.9]))
        0.875

    References: Hanley and McNeil 1982, The Meaning and Use of the Area under a ROC Curve, section III.
    """
    positive, scores = _checked(labels, scores)
    above, below = np.sort(scores[positive]), np.sort(scores[~positive])
    if not above.size or not below.size:
        return None
    # Both sides sorted: half the memory of an argsort over all rows, and the counts are whole numbers, so exact.
    lower = int(np.searchsorted(below, above, side="left").sum(dtype=np.int64))
    lower_or_equal = int(np.searchsorted(below, above, side="right").sum(dtype=np.int64))
    return (lower + lower_or_equal) / (2 * above.size * below.size)


def log_loss(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns the mean of -log p over positives and -log(1 - p) over negatives, summed in float64.

    Probabilities are clipped to one machine epsilon of their type from 0 and 1, as in scikit-learn. So a saturated
    sigmoid costs much, but not infinity.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: probabilities in [0, 1], `(rows,)`.

    Returns:
        The mean, or None where there is no row.

    Raises:
        ValueError: as for `auc`, and where a score lies outside [0, 1].

    Example:
        >>> round(log_loss(np.array([1, 0]), np.array([0.5, 0.5])), 6)
        0.693147
    """
    positive, scores = _checked(labels, scores)
    if not scores.size:
        return None
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError(
            f"log_loss: expected probabilities in [0, 1], got scores from {scores.min()} to {scores.max()}; "
            "give it a probs_ output, not logits."
        )
    epsilon = np.finfo(scores.dtype).eps
    clipped = np.clip(scores, epsilon, 1 - epsilon)
    of_positives = np.log(clipped[positive], dtype=np.float64).sum()
    of_negatives = np.log1p(-clipped[~positive], dtype=np.float64).sum()
    return float(-(of_positives + of_negatives) / scores.size)


def calibration(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Returns mean prediction over mean label: 1 is right, above 1 the model promises too much.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: probabilities, `(rows,)`.

    Returns:
        The ratio, or None where no row is positive.

    Raises:
        ValueError: as for `auc`.

    Example:
        >>> calibration(np.array([1, 0, 0, 0]), np.array([0.5, 0.5, 0.25, 0.25]))
        1.5
    """
    positive, scores = _checked(labels, scores)
    positives = int(np.count_nonzero(positive))
    return float(scores.sum(dtype=np.float64) / positives) if positives else None


def gauc(labels: np.ndarray, scores: np.ndarray, users: np.ndarray, reduction: str = "mean") -> float | None:
    """Computes AUC within each user, and averages it over the users who have both a positive and a negative row.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: a finite float for each row, `(rows,)`.
        users: an integer code for each row, `(rows,)`.
        reduction: weight of a user: `mean` 1, `mean_by_sample_num` the user's rows, `mean_by_positive_num` the user's
            positive rows.

    Returns:
        The weighted mean, or None where no user has both classes.

    Raises:
        ValueError: as for `auc`, for an unknown reduction, and for users that are no integer codes.

    Example:
        >>> gauc(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.2, 0.8]), np.array([5, 5, 7, 7]))
        0.5

    References: Zhou et al. 2018, Deep Interest Network for Click-Through Rate Prediction, equation 6.
    """
    if reduction not in GAUC_REDUCTIONS:
        raise ValueError(f"gauc: reduction is one of {', '.join(GAUC_REDUCTIONS)}, got {reduction!r}.")
    positive, scores = _checked(labels, scores)
    users = np.asarray(users)
    if users.shape != scores.shape or (users.size and users.dtype.kind not in "iu"):
        raise ValueError(
            f"gauc: expected one integer user code for each of {scores.size} scores, "
            f"got {users.dtype} of shape {users.shape}; UserCodes turns a user column into codes."
        )
    if not scores.size:
        return None

    order = np.lexsort((scores, users))
    users, scores, positive = users[order], scores[order], positive[order]
    new_user = np.ones(users.size, bool)
    new_user[1:] = users[1:] != users[:-1]
    new_tie = new_user.copy()
    new_tie[1:] |= scores[1:] != scores[:-1]

    # One entry a tie group: rows of one user with one score.
    tie_starts = np.flatnonzero(new_tie)
    tie_positives = np.add.reduceat(positive, tie_starts, dtype=np.int64)
    tie_negatives = np.diff(np.append(tie_starts, users.size)) - tie_positives
    # One entry a user, from that user's tie groups.
    user_starts = np.flatnonzero(new_user[tie_starts])
    positives = np.add.reduceat(tie_positives, user_starts)
    negatives = np.add.reduceat(tie_negatives, user_starts)
    negatives_before = np.cumsum(tie_negatives) - tie_negatives
    tie_user = np.cumsum(new_user[tie_starts]) - 1
    negatives_below = negatives_before - negatives_before[user_starts][tie_user]
    twice_area = np.add.reduceat(tie_positives * (2 * negatives_below + tie_negatives), user_starts)

    both = (positives > 0) & (negatives > 0)
    if not both.any():
        return None
    positives, negatives = positives[both], negatives[both]
    of_user = twice_area[both] / (2.0 * positives * negatives)
    if reduction == "mean":
        return float(of_user.mean())
    weights = positives if reduction == "mean_by_positive_num" else positives + negatives
    return float(np.average(of_user, weights=weights))


@dataclass(frozen=True)
class Metric:
    """A row of the table.

    Attributes:
        compute: function of labels and scores, `(rows,)`, and of the fields of its message by name. One that needs a
            column of users takes `users`, an integer code for each row.
        of_positives: true if it has a value over rows that are all positive.
        of_negatives: true if it has a value over rows that are all negative.
    """

    compute: Callable[..., float | None]
    of_positives: bool = False
    of_negatives: bool = False


# By the names in protos/eval.proto, in its order.
METRICS = {
    "auc": Metric(auc),
    "gauc": Metric(gauc),
    "log_loss": Metric(log_loss, of_positives=True, of_negatives=True),
    "calibration": Metric(calibration, of_positives=True),
}


def needs_users(name: str) -> bool:
    """Tells whether a metric groups rows by user."""
    return "users" in inspect.signature(METRICS[name].compute).parameters


def _checked(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as bool and scores as floats; refuses other labels, nan, and shapes that differ."""
    labels, scores = np.asarray(labels), np.asarray(scores)
    if labels.ndim != 1 or labels.shape != scores.shape:
        raise ValueError(
            f"metrics: expected one label a score, both of shape (rows,), got {labels.shape} and {scores.shape}."
        )
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    if scores.size:
        lowest, highest = scores.min(), scores.max()  # nan passes through both
        if np.isnan(lowest) or np.isnan(highest):
            bad = np.flatnonzero(np.isnan(scores))
            raise ValueError(
                f"metrics: expected numbers, got nan as score of {bad.size} of {scores.size} rows, first at row "
                f"{bad[0]}; the model has diverged (lower the learning rate) or an input is nan."
            )
    positive = labels.astype(bool)
    if labels.dtype.kind != "b" and not np.array_equal(labels, positive):
        bad_row = int(np.flatnonzero(labels != positive)[0])
        raise ValueError(f"metrics: expected labels 0 or 1, got {labels[bad_row]} at row {bad_row}.")
    return positive, scores
