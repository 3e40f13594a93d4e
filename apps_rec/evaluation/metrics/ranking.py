"""Metrics of the order in which scores put rows: AUC, and AUC within users or sessions."""

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric

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
    positive, scores = arguments.binary(labels, scores)
    above, below = np.sort(scores[positive]), np.sort(scores[~positive])
    if not above.size or not below.size:
        return None
    # Both sides sorted: half the memory of an argsort over all rows, and the counts are whole numbers, so exact.
    lower = int(np.searchsorted(below, above, side="left").sum(dtype=np.int64))
    lower_or_equal = int(np.searchsorted(below, above, side="right").sum(dtype=np.int64))
    return (lower + lower_or_equal) / (2 * above.size * below.size)


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
    return _grouped_auc("gauc", labels, scores, users, reduction)


def session_auc(labels: np.ndarray, scores: np.ndarray, users: np.ndarray, reduction: str = "mean") -> float | None:
    """Computes AUC within each session, and averages it over the sessions with both a positive and a negative row.

    Args:
        labels: 0, 1 or bool for each row, `(rows,)`.
        scores: a finite float for each row, `(rows,)`.
        users: an integer code of the session of each row, `(rows,)`.
        reduction: weight of a session, as of a user in `gauc`.

    Returns:
        The weighted mean, or None where no session has both classes.

    Raises:
        ValueError: as for `gauc`.

    Example:
        >>> session_auc(np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.2, 0.2]), np.array([5, 5, 7, 7]))
        0.75
    """
    return _grouped_auc("session_auc", labels, scores, users, reduction)


def _grouped_auc(name: str, labels: np.ndarray, scores: np.ndarray, users: np.ndarray, reduction: str) -> float | None:
    if reduction not in GAUC_REDUCTIONS:
        raise ValueError(f"{name}: reduction is one of {', '.join(GAUC_REDUCTIONS)}, got {reduction!r}.")
    positive, scores = arguments.binary(labels, scores)
    users = np.asarray(users)
    if users.shape != scores.shape or (users.size and users.dtype.kind not in "iu"):
        raise ValueError(
            f"{name}: expected one integer user code for each of {scores.size} scores, "
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


# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "auc": Metric(auc),
    "gauc": Metric(gauc),
    "session_auc": Metric(session_auc),
}
