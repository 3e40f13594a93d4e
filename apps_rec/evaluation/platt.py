"""A logit's scale and shift that make its probabilities fit labels best: Platt scaling."""

from __future__ import annotations

import numpy as np

_MOST_STEPS = 50


def fit_logit(labels: np.ndarray, logits: np.ndarray) -> tuple[float, float]:
    """Returns the scale a and the shift b that minimise the log loss of sigmoid(a x logit + b), by Newton's method.

    Args:
        labels: 0 or 1 for each row, `(rows,)`; both must occur.
        logits: logit of each row, `(rows,)`; not all the same.

    References: Platt 1999, Probabilistic Outputs for Support Vector Machines; Lin, Lin and Weng 2007, A Note on Platt's
        Probabilistic Outputs for Support Vector Machines, algorithm 1 (its line search).
    """
    # Of centred logits the two are nearly independent, and the steps are safe.
    centre, spread = logits.mean(), logits.std()
    columns = np.stack([(logits - centre) / spread, np.ones(len(logits))], axis=1)
    weights = np.array([spread, centre])
    for _ in range(_MOST_STEPS):
        probs = np.exp(-np.logaddexp(0, -columns @ weights))
        gradient = columns.T @ (probs - labels)
        hessian = (columns * (probs * (1 - probs))[:, None]).T @ columns
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        size, before = 1.0, _loss(columns, labels, weights)
        while size > 1e-6 and _loss(columns, labels, weights - size * step) > before:
            size /= 2
        weights = weights - size * step
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0] / spread), float(weights[1] - weights[0] * centre / spread)


def _loss(columns: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    logits = columns @ weights
    return float((np.logaddexp(0, logits) - labels * logits).sum())
