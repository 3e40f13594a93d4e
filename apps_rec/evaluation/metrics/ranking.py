"""Metrics of the order in which scores put rows: AUC, and AUC within users or sessions."""

from collections.abc import Callable

import numpy as np

from apps_rec.evaluation.metrics import arguments
from apps_rec.evaluation.metrics.row import Metric
from apps_rec.evaluation.metrics.weighted import Units, Weighted, below_each, by_score, unit_of_groups

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


def _weigh_auc(labels: np.ndarray, scores: np.ndarray, units: Units) -> Weighted:
    positive, scores = arguments.binary(labels, scores)
    above, unit_above = by_score(positive, scores, units)
    below, unit_below = by_score(~positive, scores, units)
    lower, lower_or_equal = np.searchsorted(below, above, "left"), np.searchsorted(below, above, "right")

    def value(weights: np.ndarray) -> float | None:
        above, below = weights[unit_above], below_each(weights[unit_below])
        pairs = 2 * int(above.sum(dtype=np.int64)) * int(below[-1])
        return int(np.vdot(above.astype(np.int64), below[lower] + below[lower_or_equal])) / pairs if pairs else None

    return value


def _grouped_auc(name: str, labels: np.ndarray, scores: np.ndarray, users: np.ndarray, reduction: str) -> float | None:
    groups = _groups_of(name, labels, scores, users, reduction)
    return None if groups is None else _mean_of(*groups.areas(), reduction)


def _weigh_grouped(name: str) -> Callable[..., Weighted]:
    def weigh(
        labels: np.ndarray, scores: np.ndarray, units: Units, users: np.ndarray, reduction: str = "mean"
    ) -> Weighted:
        groups = _groups_of(name, labels, scores, users, reduction)
        if groups is None:
            return lambda weights: None
        of_rows = units.codes[groups.order]
        if unit_of_groups(users, units) is None:
            # Rows of one user are drawn apart from each other, so that its AUC changes too.
            return lambda weights: _mean_of(*groups.areas(weights[of_rows]), reduction)
        unit_of_group, areas = of_rows[groups.starts], groups.areas()
        return lambda weights: _mean_of(*areas, reduction, weights[unit_of_group])

    return weigh


def _groups_of(
    name: str, labels: np.ndarray, scores: np.ndarray, users: np.ndarray, reduction: str
) -> "_Groups | None":
    """Checks the arguments and sorts the rows; None: there is none."""
    if reduction not in GAUC_REDUCTIONS:
        raise ValueError(f"{name}: reduction is one of {', '.join(GAUC_REDUCTIONS)}, got {reduction!r}.")
    positive, scores = arguments.binary(labels, scores)
    users = np.asarray(users)
    if users.shape != scores.shape or (users.size and users.dtype.kind not in "iu"):
        raise ValueError(
            f"{name}: expected one integer user code for each of {scores.size} scores, "
            f"got {users.dtype} of shape {users.shape}; UserCodes turns a user column into codes."
        )
    return _Groups(positive, scores, users) if scores.size else None


class _Groups:
    """Rows sorted by group and score, with the places where groups and ties begin.

    A tie is of rows of one group with one score.
    """

    def __init__(self, positive: np.ndarray, scores: np.ndarray, users: np.ndarray) -> None:
        self.order = order = np.lexsort((scores, users))
        users, scores = users[order], scores[order]
        self.positive = positive[order]
        new_user = np.ones(users.size, bool)
        new_user[1:] = users[1:] != users[:-1]
        new_tie = new_user.copy()
        new_tie[1:] |= scores[1:] != scores[:-1]
        self.starts, self.tie_starts = np.flatnonzero(new_user), np.flatnonzero(new_tie)
        self.first_ties = np.flatnonzero(new_user[self.tie_starts])
        self.group_of_tie = np.cumsum(new_user[self.tie_starts]) - 1

    def areas(self, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns the positives of each group, its negatives, and twice its number of pairs in the right order.

        Args:
            weights: how often each of the sorted rows counts; None: once.
        """
        if weights is None:
            tie_rows = np.diff(np.append(self.tie_starts, len(self.order)))
            tie_positives = np.add.reduceat(self.positive, self.tie_starts, dtype=np.int64)
        else:
            tie_rows = np.add.reduceat(weights, self.tie_starts, dtype=np.int64)
            tie_positives = np.add.reduceat(weights * self.positive, self.tie_starts, dtype=np.int64)
        tie_negatives = tie_rows - tie_positives
        negatives_before = below_each(tie_negatives)[:-1]
        negatives_below = negatives_before - negatives_before[self.first_ties][self.group_of_tie]
        twice_area = np.add.reduceat(tie_positives * (2 * negatives_below + tie_negatives), self.first_ties)
        positives = np.add.reduceat(tie_positives, self.first_ties)
        return positives, np.add.reduceat(tie_negatives, self.first_ties), twice_area


def _mean_of(
    positives: np.ndarray,
    negatives: np.ndarray,
    twice_area: np.ndarray,
    reduction: str,
    copies: np.ndarray | None = None,
) -> float | None:
    """Returns the mean over groups with both classes; `copies` says how often each group is there, None: once."""
    both = (positives > 0) & (negatives > 0)
    if copies is not None:
        both &= copies > 0
    if not both.any():
        return None
    positives, negatives = positives[both], negatives[both]
    of_group = twice_area[both] / (2.0 * positives * negatives)
    by_reduction = {"mean": np.ones(len(of_group), np.int64), "mean_by_positive_num": positives}
    weights = by_reduction.get(reduction, positives + negatives)
    return float(np.average(of_group, weights=weights if copies is None else weights * copies[both]))


# Rows of the table, in the order of protos/eval.proto.
METRICS = {
    "auc": Metric(auc, weigh=_weigh_auc),
    "gauc": Metric(gauc, weigh=_weigh_grouped("gauc")),
    "session_auc": Metric(session_auc, weigh=_weigh_grouped("session_auc")),
}
