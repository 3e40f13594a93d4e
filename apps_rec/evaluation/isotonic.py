"""A rising line that makes a logit's probabilities fit labels: isotonic regression, its steps joined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Logits of two points differ by as much at least, what they become too, and that by a share of it: the order of rows
# stays in float32.
_LEAST_STEP, _LEAST_SLOPE = 1e-3, 1e-2
_SMALLEST = 1e-7


def fit_line(labels: np.ndarray, logits: np.ndarray, few: int, most: int) -> tuple[list[float], list[float]]:
    """Returns the points of a rising line from logits to calibrated ones: the logits, and what each becomes.

    Isotonic regression parts the rows, in the order of their logits, into groups whose shares of positives rise. Its
    function has a step at each, and would make rows alike that were not. Here a group is one point, from the logit of
    its mean probability to the logit of its share of positives, and the points are joined in a line.

    Args:
        labels: 0 or 1 for each row, `(rows,)`.
        logits: logit of each row, `(rows,)` float64.
        few: a group with fewer positives or fewer negatives is joined with the next one.
        most: largest number of points.

    Returns:
        Float32 numbers. Fewer than two points: there are no two groups of which the higher has more positives.

    References: Zadrozny and Elkan 2002, Transforming Classifier Scores into Accurate Multiclass Probability Estimates;
        Oron and Flournoy 2017, Centered Isotonic Regression (a point for each step, joined in a line).
    """
    from scipy.optimize import isotonic_regression

    # Rows with one logit are one point, which may not be parted.
    distinct, of_row = np.unique(logits, return_inverse=True)
    rows, positives = np.bincount(of_row), np.bincount(of_row, labels)
    predicted = rows * np.exp(-np.logaddexp(0, -distinct))
    steps = isotonic_regression(positives / rows, weights=rows).blocks[:-1]
    groups = np.stack([np.add.reduceat(sums, steps) for sums in (rows, positives, predicted)], axis=1)
    groups = _large(groups, few)
    while len(groups) > most:
        few += max(1, few // 4)
        groups = _large(groups, few)
    groups = _apart(groups)
    knots, values = (_as_float32(numbers) for numbers in _points(groups))
    return knots, values


def line_at(x: np.ndarray, knots: Sequence[float], values: Sequence[float]) -> np.ndarray:
    """Reads numbers off a line through points, with slope 1 outside of them; with knots and values exchanged, back.

    Example:
        >>> line_at(np.array([-1.0, 0.5, 3.0]), [0.0, 1.0], [5.0, 7.0]).tolist()
        [4.0, 6.0, 9.0]
    """
    return np.interp(x, knots, values) + np.minimum(x - knots[0], 0) + np.maximum(x - knots[-1], 0)


def _large(groups: np.ndarray, few: int) -> np.ndarray:
    """Joins groups from the lowest on until each has `few` positives and negatives; what is left joins the last."""
    joined, open_group = [], np.zeros(groups.shape[1])
    for group in groups:
        open_group = open_group + group
        if min(open_group[1], open_group[0] - open_group[1]) >= few:
            joined.append(open_group)
            open_group = np.zeros(groups.shape[1])
    if joined:
        joined[-1] = joined[-1] + open_group
    return np.array(joined or [groups.sum(axis=0)])


def _apart(groups: np.ndarray) -> np.ndarray:
    """Joins neighbours between which the line would be too flat, or too short, for float32."""
    while len(groups) > 1:
        x, y = np.diff(_points(groups), axis=1)
        close = (x < _LEAST_STEP) | (y < np.maximum(_LEAST_STEP, _LEAST_SLOPE * x))
        if not close.any():
            break
        at = int(np.argmax(close))
        groups = np.concatenate([groups[:at], groups[at : at + 2].sum(axis=0, keepdims=True), groups[at + 2 :]])
    return groups


def _points(groups: np.ndarray) -> np.ndarray:
    """Returns the logits of mean probabilities and of shares of positives, `(2, groups)`."""
    rows, positives, predicted = groups.T
    probs = np.clip(np.stack([predicted, positives]) / rows, _SMALLEST, 1 - _SMALLEST)
    return np.log(probs) - np.log1p(-probs)


def _as_float32(numbers: np.ndarray) -> list[float]:
    """Returns the float32 nearest to each, in as few digits as say it."""
    return [float(str(number)) for number in numbers.astype(np.float32)]
